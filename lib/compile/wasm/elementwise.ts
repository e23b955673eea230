/** @file Elementwise primitives, alone and in groups, by generated loops on the WebAssembly heap. */
import { type Aval, itemBytes, type Shape, sizeOf, stridesOf } from "../../core/aval.js";
import type { Atom, Eqn, Jaxpr } from "../../core/jaxpr.js";
import { Literal } from "../../core/tensor.js";
import { type PrimitiveName, primitives } from "../../primitives/index.js";
import { joinAxes, offsetsOf } from "../blocks/axes.js";
import type { BlockKernel } from "../blocks/context.js";
import { type Code, f32x4, i32x4, type Local } from "./code/assembler.js";
import { type LanesOf, lanesLoop, type Operand, single } from "./code/elementwise.js";
import { type LaneFunction, laneFunction } from "./code/functions.js";
import type { HeapContext, HeapLowering } from "./context.js";
import { fusedP, type Worth } from "./fuse.js";

/** How the operands are walked through: calls of a loop over rows. */
interface Plan {
  readonly repeated: readonly boolean[];
  readonly rows: number;
  readonly length: number;
  /** In elements, by operand. */
  readonly rowStrides: readonly number[];
  /** In elements, by operand and call. */
  readonly starts: readonly Int32Array[];
}

/** Operands have the rank of the result, or are scalars. */
const planOf = (shape: Shape, operands: readonly Shape[]): Plan => {
  const strides = operands.map((own) => {
    const real = stridesOf(own);
    return shape.map((n, i) => (own.length === 0 || (own[i] === 1 && n !== 1) ? 0 : real[i]));
  });
  const walk = joinAxes(shape, strides);
  const depth = walk.sizes.length;
  const outer = Math.max(depth - 2, 0);
  return {
    repeated: walk.strides.map((s) => depth > 0 && s[depth - 1] === 0),
    rows: walk.sizes[depth - 2] ?? 1,
    length: walk.sizes[depth - 1] ?? 1,
    rowStrides: walk.strides.map((s) => s[depth - 2] ?? 0),
    starts: walk.strides.map((s) => offsetsOf(walk.sizes.slice(0, outer), s.slice(0, outer))),
  };
};

/** A loop over such operands, ready to run: `make` compiles it for a way of reading. */
const walking = (
  { device, heap, loops }: HeapContext,
  inAvals: readonly Aval[],
  outAvals: readonly Aval[],
  computation: { readonly owner: unknown; readonly form: string; readonly lanes: LanesOf },
): BlockKernel => {
  const [{ shape, size }] = outAvals;
  const plan = planOf(
    shape,
    inAvals.map((a) => a.shape),
  );
  const operands: Operand[] = inAvals.map(({ dtype }, i) => ({
    dtype,
    repeated: plan.repeated[i],
    scalar: plan.repeated[i] && plan.rowStrides[i] === 0,
  }));
  const results = outAvals.map((a) => a.dtype);
  const reading = operands.map(({ dtype, repeated, scalar }) => `${dtype}${repeated ? "*" : ""}${scalar ? "*" : ""}`);
  const run = loops(computation.owner, `${reading} ${results} ${computation.form}`, () =>
    lanesLoop(heap.memory, computation.lanes, operands, results),
  );
  const bytes = inAvals.map(({ dtype }) => itemBytes(dtype));
  const [{ length: calls }] = [...plan.starts, [0]];
  const outBytes = results.map((dtype) => (size / calls) * itemBytes(dtype));
  const outs = results.length;
  const args = [
    ...results.map(() => 0),
    plan.rows,
    plan.length,
    ...bytes.flatMap((n, i) => [0, plan.rowStrides[i] * n]),
  ];
  return (inputs) => {
    const made = outAvals.map((aval) => device.make(aval.shape, aval.dtype));
    for (let c = 0; c < calls; c++) {
      for (let k = 0; k < outs; k++) args[k] = device.address(made[k]) + c * outBytes[k];
      for (let i = 0; i < bytes.length; i++) {
        args[outs + 2 + 2 * i] = device.address(inputs[i]) + plan.starts[i][c] * bytes[i];
      }
      run(...args);
    }
    return made;
  };
};

/** A loop for any elementwise primitive that has a function on lanes. */
export const elementwise: HeapLowering = (context, { prim, params, inAvals, outAvals }) => {
  const { device } = context;
  const [out] = outAvals;
  const dtypes = inAvals.map((a) => a.dtype);
  const f = laneFunction(prim.name, params, dtypes);
  if (f === undefined) return undefined;
  if (out.size === 0) return () => [device.make(out.shape, out.dtype)];
  return walking(context, inAvals, outAvals, { owner: f, form: "", lanes: single(f) });
};

/** The function on lanes of an equation, where it is one that a group can have. */
const functionOf = ({ prim, params, inputs }: Eqn): LaneFunction | undefined =>
  laneFunction(
    prim.name,
    params,
    inputs.map((a) => a.aval.dtype),
  );

/** Whether an equation can be part of a group: a built-in one (a user's own may have the same name) with code for its lanes. */
export const fuses = (eqn: Eqn): boolean =>
  eqn.prim.elementwise === true &&
  primitives[eqn.prim.name as PrimitiveName] === eqn.prim &&
  eqn.outputs[0].aval.size > 0 &&
  functionOf(eqn) !== undefined;

/** Elements of a call below which calls, and not elements, take the time. */
const LEAST_OF_CALL = 1024;

/** Whether operands of a group can be walked through in few calls. */
export const worthOneLoop: Worth = (shape, operands) => {
  const { starts } = planOf(shape, operands);
  const calls = starts[0]?.length ?? 1;
  return calls === 1 || sizeOf(shape) >= LEAST_OF_CALL * calls;
};

const constantLanes = ({ value, aval }: Literal): Code => {
  if (aval.dtype === "float32") return f32x4.const(value);
  return i32x4.const(aval.dtype === "bool" ? -Number(value !== 0) : value);
};

/** Code of a group: a local for each value, computed in order. */
const lanesOf =
  ({ inVars, eqns, outs }: Jaxpr): LanesOf =>
  (fn, operands) => {
    const locals = new Map<Atom, Local>(inVars.map((v, i) => [v, operands[i]]));
    const before: Code[] = [];
    const localOf = (a: Atom): Local => {
      const known = locals.get(a);
      if (known !== undefined) return known;
      const local = fn.local("v128");
      locals.set(a, local);
      before.push(local.set(constantLanes(a as Literal)));
      return local;
    };
    const code = eqns.map((eqn) => {
      const value = (functionOf(eqn) as LaneFunction)(fn, eqn.inputs.map(localOf));
      const result = fn.local("v128");
      locals.set(eqn.outputs[0], result);
      return result.set(value);
    });
    return { before, code, results: outs.map((a) => locals.get(a) as Local) };
  };

/** What a group computes, as text: groups of equal text share their loop, whatever their shapes. */
const textOf = ({ inVars, eqns, outs }: Jaxpr): string => {
  const names = new Map<Atom, string>();
  const give = (v: Atom): void => void names.set(v, `${names.size}`);
  const name = (a: Atom): string =>
    a instanceof Literal ? `${a.aval.dtype} ${Object.is(a.value, -0) ? "-0" : a.value}` : (names.get(a) as string);
  inVars.forEach(give);
  const lines = eqns.map(({ prim, params, inputs, outputs }) => {
    give(outputs[0]);
    return `${prim.name}${JSON.stringify(params)}(${inputs.map(name)})`;
  });
  return [...lines, outs.map(name)].join(";");
};

/** The loop of a group. */
export const fusedLoop: HeapLowering = (context, { params, inAvals, outAvals }) => {
  const { jaxpr } = params as unknown as { readonly jaxpr: Jaxpr };
  return walking(context, inAvals, outAvals, { owner: fusedP, form: textOf(jaxpr), lanes: lanesOf(jaxpr) });
};
