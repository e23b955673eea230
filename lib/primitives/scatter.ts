/** @file Replacing, multiplying and taking extrema at computed places. */
import { Aval, isInteger, sizeOf } from "../core/aval.js";
import { UnsupportedError } from "../core/errors.js";
import { isLinear, isZero, notLinear, type Primitive } from "../core/primitive.js";
import { known, one } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { fullOf, reshape } from "./broadcast.js";
import { add, convert, div, eq, mul, select } from "./elementwise.js";
import { alongAxis, gather, scatterAdd, zeroOutside } from "./gather.js";
import type { ScatterParams } from "./gather-dims.js";
import { instantiate, iota } from "./movement.js";
import { scatterPrimitive } from "./scatter-rule.js";

// --- scatter -------------------------------------------------------------------------------------------------------------

/** For each element of the updates, whether it is the last one that falls on its place. */
const isLast = (x: Aval, indices: Tensor, updates: Aval, params: ScatterParams): Tensor => {
  const ids = reshape(iota([sizeOf(updates.shape)], "int32"), updates.shape);
  const owners = scatter(fullOf(new Aval(x.shape, "int32"), -1), indices, ids, params);
  return eq(gather(owners, indices, zeroOutside(params)), ids);
};

export const scatterP: Primitive<ScatterParams> = scatterPrimitive({
  name: "scatter",
  number: false,
  combine: () => (_x, u) => u,
  jvp: ([x, indices, updates], [dx, , du], params) => [
    [scatter(x, indices, updates, params)],
    [scatter(instantiate(dx), indices, instantiate(du), params)],
  ],
  transpose: (cts, [x, i, updates], params) => {
    const ct = one(cts);
    const indices = known(i, "scatter");
    const back = (): Tensor => {
      const read = gather(ct, indices, zeroOutside(params));
      if (params.uniqueIndices === true) return read;
      return select(isLast(x.aval, indices, updates.aval, params), read, fullOf(read.aval, 0));
    };
    return [
      isLinear(x) ? scatter(ct, indices, fullOf(updates.aval.strong(), 0), params) : null,
      null,
      isLinear(updates) ? back() : null,
    ];
  },
});

/**
 * `x` with the slices that begin at `indices` replaced by `updates`; of several that fall on one place the last in row-major
 * order stays, here on every executor (JAX leaves it open).
 *
 * The parameters are those of the `gather` that would read the updates back.
 */
export const scatter = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams): Tensor =>
  bind1(scatterP, [x, indices, updates], params);

/** `x` with `x[..., indices[..., i, ...], ...] = updates[..., i, ...]` along `axis`; the other sizes are equal. */
export const putAlongAxis = (
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  axis: number,
  mode: ScatterParams["mode"],
): Tensor => scatter(x, reshape(indices, [...indices.shape, 1]), updates, { ...alongAxis(x.ndim, axis), mode });

// --- scatterMul ----------------------------------------------------------------------------------------------------------

export const scatterMulP: Primitive<ScatterParams> = scatterPrimitive({
  name: "scatter_mul",
  number: true,
  combine: (dtype) => (isInteger(dtype) ? Math.imul : (x, u) => x * u),
  jvp: ([x, indices, updates], [dx, , du], params) => {
    const y = scatterMul(x, indices, updates, params);
    const byOperand = scatterMul(instantiate(dx), indices, updates, params);
    if (isZero(du)) return [[y], [byOperand]];
    if (params.uniqueIndices !== true) {
      throw new UnsupportedError({
        where: "scatterMul",
        what: "updates that may share a place have no derivative",
        expected: "uniqueIndices: true, as a promise that none do",
        got: `updates ${updates.aval} without it`,
      });
    }
    const zeros = fullOf(x.aval.strong(), 0);
    const byUpdates = scatterAdd(zeros, indices, mul(du, gather(x, indices, zeroOutside(params))), params);
    return [[y], [add(byOperand, byUpdates)]];
  },
  transpose: (cts, [, indices, updates], params) => [
    scatterMul(one(cts), known(indices, "scatterMul"), known(updates, "scatterMul"), params),
    null,
    null,
  ],
});

/**
 * `x` with the slices that begin at `indices` multiplied by `updates`; what falls on one place is multiplied together.
 *
 * @throws {UnsupportedError} for a derivative by `updates` without `uniqueIndices`, as in JAX
 */
export const scatterMul = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams): Tensor =>
  bind1(scatterMulP, [x, indices, updates], params);

// --- scatterMin and scatterMax -------------------------------------------------------------------------------------------

/** The derivative is shared evenly among the element and the updates that attain the extremum. */
const extremum = (name: string, combine: (x: number, u: number) => number): Primitive<ScatterParams> => {
  const prim: Primitive<ScatterParams> = scatterPrimitive({
    name,
    number: true,
    combine: () => combine,
    jvp: ([x, indices, updates], [dx, , du], params) => {
      const y = bind1(prim, [x, indices, updates], params);
      const here = convert(eq(x, y), x.dtype);
      const there = convert(eq(updates, gather(y, indices, zeroOutside(params))), x.dtype);
      const ties = scatterAdd(here, indices, there, params);
      const moved = scatterAdd(mul(instantiate(dx), here), indices, mul(instantiate(du), there), params);
      return [[y], [div(moved, ties)]];
    },
    transpose: notLinear(name),
  });
  return prim;
};
export const scatterMinP = extremum("scatter_min", Math.min);
export const scatterMaxP = extremum("scatter_max", Math.max);

/** `x` with the smaller of its elements and the `updates` at the slices that begin at `indices`. NaN wins. */
export const scatterMin = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams): Tensor =>
  bind1(scatterMinP, [x, indices, updates], params);
/** `x` with the larger of its elements and the `updates` at the slices that begin at `indices`. NaN wins. */
export const scatterMax = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams): Tensor =>
  bind1(scatterMaxP, [x, indices, updates], params);
