/** @file gather and the scatters with XLA's dimension numbers under JAX's names. */

import { range } from "../core/aval.js";
import { composite, named } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import { reshape } from "../primitives/broadcast.js";
import { neg } from "../primitives/elementwise.js";
import * as g from "../primitives/gather.js";
import { wrapIndices } from "../primitives/gather.js";
import type { GatherDims as Dims, ScatterParams } from "../primitives/gather-dims.js";
import { checkMode, type IndexMode, readMode, writeMode } from "../primitives/index-mode.js";
import { concatenate } from "../primitives/movement.js";
import * as sc from "../primitives/scatter.js";

/** Which axis plays which part in a gather; JAX's `GatherDimensionNumbers`. The index vector is in the last axis of the indices. */
export interface GatherDims {
  /** Axes of the result along which one slice lies. */
  readonly offsetDims: readonly number[];
  /** Axes of the operand, of slice size 1, that the result does not have. */
  readonly collapsedSliceDims: readonly number[];
  /** The operand's axis that each component of an index vector counts along. */
  readonly startIndexMap: readonly number[];
  /** Axes of the operand that are walked together with those of the indices. */
  readonly operandBatchingDims?: readonly number[];
  readonly startIndicesBatchingDims?: readonly number[];
}
/** The same for a scatter; JAX's `ScatterDimensionNumbers`. */
export interface ScatterDims {
  /** Axes of the updates along which one window lies. */
  readonly updateWindowDims: readonly number[];
  /** Axes of the operand, of window size 1, that the updates do not have. */
  readonly insertedWindowDims: readonly number[];
  /** The operand's axis that each component of an index vector counts along. */
  readonly scatterDimsToOperandDims: readonly number[];
  readonly operandBatchingDims?: readonly number[];
  readonly scatterIndicesBatchingDims?: readonly number[];
}
export interface GatherOptions {
  /** Default `promise_in_bounds`, which takes the nearest. */
  readonly mode?: IndexMode;
  /** In place of NaN and so on, with the mode `fill`. */
  readonly fillValue?: number;
}
export interface ScatterOptions {
  /** Default `drop`. */
  readonly mode?: IndexMode;
  /** A promise that no two updates fall on one place. */
  readonly uniqueIndices?: boolean;
}

/**
 * Slices of `x` that begin at `indices`, which do not count from the end.
 *
 * - `indices`: int32 `[..., n]`
 * - `sliceSizes`: for each axis of `x`
 * @throws {ShapeError} when the dimension numbers do not fit
 * @see JAX, `jax.lax.gather`; StableHLO `gather`
 */
export const gather = named(
  "lax.gather(x, indices, dims, sliceSizes, { mode, fillValue })",
  (
    x: Tensor,
    indices: Tensor,
    dims: GatherDims,
    sliceSizes: readonly number[],
    { mode = "promise_in_bounds", fillValue }: GatherOptions = {},
  ): Tensor =>
    g.gather(x, g.toIndices(indices), {
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
      ...dims,
      sliceSizes,
      mode: readMode(checkMode("lax.gather", mode)),
      ...(fillValue === undefined ? {} : { fillValue }),
    }),
);

/** The windows' sizes are those of the updates. */
const gatherDims = (x: Tensor, updates: Tensor, dims: ScatterDims): Dims => {
  const batching = dims.operandBatchingDims ?? [];
  const single = [...dims.insertedWindowDims, ...batching];
  let next = 0;
  return {
    offsetDims: dims.updateWindowDims,
    collapsedSliceDims: dims.insertedWindowDims,
    startIndexMap: dims.scatterDimsToOperandDims,
    operandBatchingDims: batching,
    startIndicesBatchingDims: dims.scatterIndicesBatchingDims ?? [],
    sliceSizes: range(x.ndim).map((axis) => (single.includes(axis) ? 1 : updates.shape[dims.updateWindowDims[next++]])),
  };
};

const scattering = (name: string, f: (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams) => Tensor) =>
  composite(
    `${name}(x, indices, updates, dims, { mode, uniqueIndices })`,
    (
      x: Tensor,
      indices: Tensor,
      updates: TensorLike,
      dims: ScatterDims,
      { mode = "drop", uniqueIndices }: ScatterOptions = {},
    ): Tensor => {
      const u = asTensor(updates, name);
      return f(x, g.toIndices(indices), u, {
        ...gatherDims(x, u, dims),
        mode: writeMode(checkMode(name, mode)),
        ...(uniqueIndices === undefined ? {} : { uniqueIndices }),
      });
    },
  );
/** `x` with windows replaced by the updates; of several for one place the last one stays. @see JAX, `jax.lax.scatter` */
export const scatter = scattering("lax.scatter", sc.scatter);
/** `x` with the updates added to windows; what falls on one place adds up. @see JAX, `jax.lax.scatter_add` */
export const scatterAdd = scattering("lax.scatterAdd", g.scatterAdd);
/** `x` with the updates subtracted from windows. @see JAX, `jax.lax.scatter_sub` */
export const scatterSub = scattering("lax.scatterSub", (x, indices, updates, params) =>
  g.scatterAdd(x, indices, neg(updates), params),
);
/** `x` with windows multiplied by the updates; derivatives by them need `uniqueIndices`. @see JAX, `jax.lax.scatter_mul` */
export const scatterMul = scattering("lax.scatterMul", sc.scatterMul);
/** `x` with the smaller of its elements and the updates. @see JAX, `jax.lax.scatter_min` */
export const scatterMin = scattering("lax.scatterMin", sc.scatterMin);
/** `x` with the larger of its elements and the updates. @see JAX, `jax.lax.scatter_max` */
export const scatterMax = scattering("lax.scatterMax", sc.scatterMax);

/**
 * The entries of `x` at places along several axes: `[n, ...the other axes]`.
 *
 * - `indices`: a vector `[n]` for each of `axes`; negative ones count from the end
 * @see JAX, `jax.lax.index_take`
 */
export const indexTake = composite(
  "lax.indexTake(x, indices, axes)",
  (x: Tensor, indices: readonly Tensor[], axes: readonly number[]): Tensor => {
    const columns = indices.map((i, k) => reshape(wrapIndices(i, x.shape[axes[k]]), [i.size, 1]));
    return g.gather(x, concatenate(columns, 1), {
      offsetDims: range(x.ndim - axes.length).map((i) => i + 1),
      collapsedSliceDims: [...axes].sort((p, q) => p - q),
      startIndexMap: axes,
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
      sliceSizes: x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
      mode: "clip",
    });
  },
);
