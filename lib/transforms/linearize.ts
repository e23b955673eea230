/**
 * @file Reverse mode is linearize, then transpose.
 *
 * The function runs once: what depends on primals alone is computed by the trace outside (so it stays concrete under `grad`
 * without `jit`), what depends on tangents is staged into a linear jaxpr whose constants are the residuals. The transposition
 * walks that jaxpr backwards and accumulates cotangents. A value without a tangent never enters the linear jaxpr.
 */
import type { Aval } from "../core/aval.js";
import { InvariantError } from "../core/errors.js";
import { type Atom, type Eqn, type Jaxpr, Var } from "../core/jaxpr.js";
import {
  type AnyPrimitive,
  isZero,
  Linear,
  type MaybeLinear,
  type Params,
  type Tangent,
  Zero,
} from "../core/primitive.js";
import { StageTrace, type StageTracer } from "../core/stage.js";
import { type DeviceArray, Literal, type Tensor, Tracer } from "../core/tensor.js";
import { bind, currentTrace, Trace, traceCall, withTrace } from "../core/trace.js";
import { fullOf } from "../primitives/broadcast.js";
import { add } from "../primitives/elementwise.js";

/** Stages what depends on tangents; everything else goes to the trace outside. */
class TangentTrace extends StageTrace {
  readonly #parent = currentTrace();
  override process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[] {
    if (args.some((x) => this.owns(x))) return super.process(prim, args, params);
    return withTrace(this.#parent, () => bind(prim, args, params));
  }
}

class LinearizeTracer extends Tracer {
  constructor(
    trace: LinearizeTrace,
    madeBy: string,
    readonly primal: Tensor,
    readonly tangent: StageTracer,
  ) {
    super(trace, madeBy);
  }
  get aval(): Aval {
    return this.primal.aval;
  }
  override concrete(where: string): Literal | DeviceArray {
    return this.primal.concrete(where);
  }
}

class LinearizeTrace extends Trace {
  constructor(
    name: string,
    readonly tangents: TangentTrace,
  ) {
    super(name);
  }
  split(x: Tensor): [Tensor, Tangent] {
    return x instanceof LinearizeTracer && x.owner === this ? [x.primal, x.tangent] : [x, new Zero(x.aval.strong())];
  }
  join(primal: Tensor, tangent: Tangent, madeBy: string): Tensor {
    if (isZero(tangent)) return primal;
    if (!this.tangents.owns(tangent)) {
      throw new InvariantError({ where: madeBy, what: "the derivative rule is not linear in the tangents" });
    }
    return new LinearizeTracer(this, madeBy, primal, tangent);
  }
  process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[] {
    const pairs = args.map((x) => this.split(x));
    const xs = pairs.map(([x]) => x);
    const dxs = pairs.map(([, dx]) => dx);
    return withTrace(this.tangents, () => {
      if (dxs.every(isZero)) return bind(prim, xs, params);
      const [outs, douts] = (prim.linearize ?? prim.jvp)(xs, dxs, params);
      return outs.map((y, i) => this.join(y, douts[i], prim.name));
    });
  }
}

/** A function's value at a point, and its derivative there as a linear program. */
export interface Linearized {
  readonly outs: readonly Tensor[];
  /** Constants are the residuals; inputs are the tangents of the inputs that have one; outputs those that are not zero. */
  readonly jaxpr: Jaxpr;
  readonly residuals: readonly Tensor[];
  /** For each output its place among the outputs of `jaxpr`, or null where the tangent is zero. */
  readonly outPlaces: readonly (number | null)[];
}

/** Linearizes `f` at `primals`, with respect to those for which `active` is true; a `forced` output's tangent is never a symbolic zero. */
export const linearizeFlat = (
  name: string,
  f: (...xs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  active: readonly boolean[],
  forced: readonly boolean[] = [],
): Linearized => {
  const tangents = new TangentTrace(name);
  const trace = new LinearizeTrace(name, tangents);
  const tangentInputs: StageTracer[] = [];
  const inputs = primals.map((x, i) => {
    if (!active[i]) return x;
    const dx = tangents.input(x.aval.strong());
    tangentInputs.push(dx);
    return trace.join(x, dx, "its arguments");
  });
  try {
    const pairs = traceCall(trace, () => f(...inputs)).map((y) => trace.split(y));
    const linearOuts: Atom[] = [];
    const outPlaces = pairs.map(([, dy], i) => {
      if (isZero(dy) && forced[i] !== true) return null;
      return linearOuts.push(tangents.atomOf(isZero(dy) ? withTrace(tangents, () => fullOf(dy.aval, 0)) : dy)) - 1;
    });
    const { jaxpr, consts } = tangents.finish(tangentInputs, linearOuts);
    return { outs: pairs.map(([y]) => y), jaxpr, residuals: consts, outPlaces };
  } finally {
    tangents.ended = true;
  }
};

/**
 * Pulls cotangents back through a jaxpr that is linear in some of its inputs.
 *
 * @param consts  values of the constants
 * @param args    values of the known inputs, `Linear` for the others
 * @param cts     cotangents of the outputs
 * @returns cotangents of the inputs; null for the known ones
 */
export const transposeJaxpr = (
  jaxpr: Jaxpr,
  consts: readonly Tensor[],
  args: readonly MaybeLinear[],
  cts: readonly Tangent[],
): (Tangent | null)[] => {
  const values = new Map<Var, Tensor>();
  const cotangents = new Map<Var, Tensor>();
  jaxpr.constVars.forEach((v, i) => {
    values.set(v, consts[i]);
  });
  jaxpr.inVars.forEach((v, i) => {
    const arg = args[i];
    if (!(arg instanceof Linear)) values.set(v, arg);
  });
  const read = (a: Atom): MaybeLinear => (a instanceof Literal ? a : (values.get(a) ?? new Linear(a.aval)));
  const accumulate = (a: Atom, ct: Tangent | null | undefined): void => {
    if (ct === null || ct === undefined || isZero(ct) || !(a instanceof Var)) return;
    const before = cotangents.get(a);
    cotangents.set(a, before === undefined ? ct : add(before, ct));
  };

  const linear: Eqn[] = [];
  for (const eqn of jaxpr.eqns) {
    const inputs = eqn.inputs.map(read);
    if (inputs.some((x) => x instanceof Linear)) {
      linear.push(eqn);
      continue;
    }
    const outs = bind(eqn.prim, inputs as Tensor[], eqn.params);
    eqn.outputs.forEach((v, i) => {
      values.set(v, outs[i]);
    });
  }
  jaxpr.outs.forEach((a, i) => {
    accumulate(a, cts[i]);
  });
  for (const eqn of linear.reverse()) {
    const outCts: Tangent[] = eqn.outputs.map((v) => cotangents.get(v) ?? new Zero(v.aval.strong()));
    if (outCts.every(isZero)) continue;
    for (const v of eqn.outputs) cotangents.delete(v);
    const pulled = eqn.prim.transpose(outCts, eqn.inputs.map(read), eqn.params);
    eqn.inputs.forEach((a, i) => {
      accumulate(a, pulled[i]);
    });
  }
  return jaxpr.inVars.map((v, i) =>
    args[i] instanceof Linear ? (cotangents.get(v) ?? new Zero(v.aval.strong())) : null,
  );
};

/** Pulls the cotangents of all outputs back through what `linearizeFlat` gave. */
export const pullBack = (lin: Linearized, cts: readonly Tangent[]): Tangent[] => {
  const active: Tangent[] = [];
  lin.outPlaces.forEach((place, i) => {
    if (place !== null) active[place] = cts[i];
  });
  const linearArgs = lin.jaxpr.inVars.map((v) => new Linear(v.aval));
  return transposeJaxpr(lin.jaxpr, lin.residuals, linearArgs, active) as Tangent[];
};
