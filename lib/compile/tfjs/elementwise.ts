/** @file Elementwise primitives by generated loops on the WebAssembly heap. */
import { itemBytes, type Shape, stridesOf } from "../../core/aval.js";
import { elementwiseLoop, type Operand } from "../wasm/elementwise.js";
import { laneFunction } from "../wasm/functions.js";
import { joinAxes, offsetsOf } from "./axes.js";
import type { Lowering } from "./context.js";

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

/** A loop for any elementwise primitive that has a function on lanes. */
export const elementwise: Lowering = ({ device, loops }, { prim, params, inAvals, outAvals }) => {
  const { heap } = device.backend;
  const [out] = outAvals;
  const dtypes = inAvals.map((a) => a.dtype);
  const f = heap === undefined ? undefined : laneFunction(prim.name, params, dtypes);
  if (heap === undefined || f === undefined) return undefined;
  if (out.size === 0) return () => [device.make(out.shape, out.dtype)];

  const plan = planOf(
    out.shape,
    inAvals.map((a) => a.shape),
  );
  const operands: Operand[] = dtypes.map((dtype, i) => ({ dtype, repeated: plan.repeated[i] }));
  const reading = operands.map(({ dtype, repeated }) => `${dtype}${repeated ? "*" : ""}`).join(",");
  const run = loops(f, `${reading} ${out.dtype}`, () => elementwiseLoop(heap.memory, f, operands, out.dtype));
  const bytes = dtypes.map(itemBytes);
  const [{ length: calls }] = plan.starts;
  const outBytes = (out.size / calls) * itemBytes(out.dtype);
  const args = [0, plan.rows, plan.length, ...bytes.flatMap((size, i) => [0, plan.rowStrides[i] * size])];
  return (inputs) => {
    const result = device.make(out.shape, out.dtype);
    const to = device.address(result);
    for (let c = 0; c < calls; c++) {
      args[0] = to + c * outBytes;
      for (let i = 0; i < bytes.length; i++) {
        args[3 + 2 * i] = device.address(inputs[i]) + plan.starts[i][c] * bytes[i];
      }
      run(...args);
    }
    return [result];
  };
};
