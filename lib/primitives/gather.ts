/** @file gather and scatterAdd: reading and adding at computed places, each the transpose of the other. */
import { range, without } from "../core/aval.js";
import { zerosHost } from "../core/host.js";
import { definePrimitive, isLinear, isZero, type Primitive } from "../core/primitive.js";
import { known, one, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { fullOf, reshape } from "./broadcast.js";
import { add, convert, lt, min, select } from "./elementwise.js";
import {
  batchedDims,
  checkDims,
  fillOf,
  type GatherDims,
  type GatherMode,
  type GatherParams,
  gatherShape,
  operandStart,
  type ScatterParams,
  windowsOf,
} from "./gather-dims.js";
import { instantiate, mappedFront } from "./movement.js";
import { scatterPrimitive } from "./scatter-rule.js";

/** The same places, with zeros where a slice is outside: how tangents and cotangents are read. */
export const zeroOutside = (params: GatherParams | ScatterParams): GatherParams =>
  params.mode === "clip" ? { ...params, mode: "clip" } : { ...params, mode: "fill", fillValue: 0 };

/** Inputs: the operand of any dtype, and int32 `indices[..., n]`. */
export const gatherP: Primitive<GatherParams> = definePrimitive<GatherParams>({
  name: "gather",
  abstractEval: ([operand, indices], dims) => {
    checkDims("gather", operand, indices, dims);
    return [operand.withShape(gatherShape(operand.shape, indices.shape, dims))];
  },
  impl: ([operand, indices], { mode, ...dims }) => {
    const out = zerosHost({ shape: gatherShape(operand.shape, indices.shape, dims), dtype: operand.dtype });
    out.data.fill(fillOf(operand.dtype, { mode, ...dims }));
    const w = windowsOf(operand.shape, indices.shape, dims);
    for (let at = 0; at < w.resultStarts.length; at++) {
      const from = operandStart(w, indices.data, at, mode === "clip");
      if (from < 0) continue;
      const to = w.resultStarts[at];
      for (let k = 0; k < w.resultOffsets.length; k++) {
        out.data[to + w.resultOffsets[k]] = operand.data[from + w.operandOffsets[k]];
      }
    }
    return [out];
  },
  // What is outside has no tangent, so there the tangent is zero and not the filling.
  jvp: ([operand, indices], [dx], params) => [
    [bind1(gatherP, [operand, indices], params)],
    [gather(instantiate(dx), indices, zeroOutside(params))],
  ],
  transpose: (cts, [operand, indices], params) => {
    const zeros = fullOf(operand.aval, 0);
    const mode = params.mode === "clip" ? "clip" : "drop";
    return [scatterAdd(zeros, known(indices, "gather"), one(cts), { ...params, mode }), null];
  },
  batch: (size, [operand, indices], [d, dIndices], params) => {
    const x = d === null ? operand : mappedFront(operand, d, size);
    const i = dIndices === null ? indices : mappedFront(indices, dIndices, size);
    const own = dIndices !== null;
    const batched = batchedDims(params, d === null ? null : own ? 1 : size, own);
    return [[bind1(gatherP, [x, i], { ...params, ...batched })], [0]];
  },
});

/**
 * Slices of `x` that begin at `indices`.
 *
 * @param x        the operand, any shape and dtype
 * @param indices  `[..., n]`, int32; component `k` counts along axis `startIndexMap[k]` of `x`
 * @returns        the axes of `indices` but the last, with the axes of one slice put in at `offsetDims`
 * @throws {ShapeError} when the dimension numbers do not fit
 * @see StableHLO specification, `gather`
 */
export const gather = (x: Tensor, indices: Tensor, params: GatherParams): Tensor =>
  bind1(gatherP, [x, indices], params);

// --- scatterAdd ----------------------------------------------------------------------------------------------------------

export const scatterAddP: Primitive<ScatterParams> = scatterPrimitive({
  name: "scatter_add",
  number: true,
  combine: () => (x, u) => x + u,
  jvp: ([operand, indices, updates], [dx, , du], params) => {
    const y = bind1(scatterAddP, [operand, indices, updates], params);
    return [[y], [isZero(du) ? dx : scatterAdd(instantiate(dx), indices, du, params)]];
  },
  transpose: (cts, [operand, indices, updates], params) => {
    const ct = one(cts);
    const back = (): Tensor => gather(ct, known(indices, "scatterAdd"), zeroOutside(params));
    return [isLinear(operand) ? ct : null, null, isLinear(updates) ? back() : null];
  },
});

/**
 * `x` with `updates` added to the slices that begin at `indices`; what falls on one place adds up.
 *
 * The parameters are those of the `gather` that would read the updates back.
 */
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams): Tensor =>
  bind1(scatterAddP, [x, indices, updates], params);

// --- what is said with gather --------------------------------------------------------------------------------------------

const modeOf = (mode: GatherMode, fillValue?: number): Pick<GatherParams, "mode" | "fillValue"> =>
  fillValue === undefined ? { mode } : { mode, fillValue };

const NO_BATCHING = { operandBatchingDims: [], startIndicesBatchingDims: [] };

/** Integers as int32 indices: a uint32 beyond the largest int32 is the largest, so that it stays outside. */
export const toIndices = (x: Tensor): Tensor =>
  x.dtype === "uint32" ? convert(min(x, scalarOf(x.aval.strong(), 2 ** 31 - 1)), "int32") : x;

/** Negative indices count from the end of an axis of `size`, as in NumPy. */
export const wrapIndices = (indices: Tensor, size: number): Tensor => {
  const number = (value: number): Tensor => scalarOf(indices.aval.strong(), value);
  return select(lt(indices, number(0)), add(indices, number(size)), indices);
};

/**
 * The entries of `x` at `indices` along `axis`: shape `[...before axis, ...indices, ...behind axis]`.
 *
 * Negative indices are outside; see `wrapIndices`.
 */
export const take = (
  x: Tensor,
  indices: Tensor,
  axis: number,
  mode: GatherMode = "fill",
  fillValue?: number,
): Tensor => {
  const k = indices.ndim;
  return gather(x, reshape(indices, [...indices.shape, 1]), {
    ...NO_BATCHING,
    offsetDims: [...range(axis), ...range(x.ndim - axis - 1).map((i) => axis + k + i)],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
    sliceSizes: x.shape.map((n, i) => (i === axis ? 1 : n)),
    ...modeOf(mode, fillValue),
  });
};

/** One element a place along `axis`; the other axes of the operand and the indices are walked together. */
export const alongAxis = (rank: number, axis: number): GatherDims => {
  const others = without(range(rank), [axis]);
  return {
    offsetDims: [],
    collapsedSliceDims: [axis],
    operandBatchingDims: others,
    startIndicesBatchingDims: others,
    startIndexMap: [axis],
    sliceSizes: new Array<number>(rank).fill(1),
  };
};

/** `y[..., i, ...] = x[..., indices[..., i, ...], ...]` along `axis`; the other sizes of `x` and `indices` are equal. */
export const takeAlongAxis = (
  x: Tensor,
  indices: Tensor,
  axis: number,
  mode: GatherMode = "fill",
  fillValue?: number,
): Tensor =>
  gather(x, reshape(indices, [...indices.shape, 1]), { ...alongAxis(x.ndim, axis), ...modeOf(mode, fillValue) });
