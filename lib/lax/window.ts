/** @file Reductions of windows. */
import { range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as e from "../primitives/elementwise.js";
import { pad, slice } from "../primitives/movement.js";
import * as w from "../primitives/reduce-window.js";
import { dilated, windowCount } from "../primitives/window.js";
import { dilatedSizes, type Padding, padtypeToPads } from "./padding.js";

export interface WindowOptions {
  /** For each axis of the operand, as the sizes; by default 1. */
  readonly windowStrides?: readonly number[];
  readonly padding?: Padding;
  readonly baseDilation?: readonly number[];
  readonly windowDilation?: readonly number[];
}

/** The product of the elements of each window: the places of the window one after the other, as slices. */
const products = (x: Tensor, p: w.ReduceWindow): Tensor => {
  const one = scalarOf(x.aval.strong(), 1);
  const counts = x.shape.map((n, i) =>
    windowCount(n, {
      size: p.windowDimensions[i],
      stride: p.windowStrides[i],
      pads: p.padding[i],
      baseDilation: p.baseDilation[i],
      dilation: p.windowDilation[i],
    }),
  );
  const padded = pad(x, one, {
    low: p.padding.map(([low]) => low),
    high: p.padding.map(([, high]) => high),
    interior: p.baseDilation.map((d) => d - 1),
  });
  let places: number[][] = [[]];
  for (const n of p.windowDimensions) places = places.flatMap((place) => range(n).map((k) => [...place, k]));
  const at = (place: readonly number[]): Tensor => {
    const start = place.map((k, i) => k * p.windowDilation[i]);
    const limit = start.map((s, i) => s + dilated(counts[i], p.windowStrides[i]));
    return slice(padded, start, limit, p.windowStrides);
  };
  return places.map(at).reduce((a, b) => e.mul(a, b));
};

const COMPUTATIONS = {
  add: { reduce: w.reduceWindowSum, combine: e.add },
  max: { reduce: w.reduceWindowMax, combine: e.max },
  min: { reduce: w.reduceWindowMin, combine: e.min },
  mul: { reduce: products, combine: e.mul },
} as const;

/**
 * Reduces each window of `x` to one element.
 *
 * - `initValue`: a scalar of the dtype of `x`, combined with every window: 0 for sums, `-Infinity` for maxima
 * - `computation`: `"add"`, `"max"`, `"min"` or `"mul"`, where JAX takes a function
 * - `windowDimensions`: a size for each axis of `x`
 * - derivatives of extrema go to the first of equal elements
 * @throws {ShapeError} when the window does not fit `x`
 * @see `jax.lax.reduce_window`
 * @example lax.reduceWindow(np.array([1, 5, 2, 4]), -Infinity, "max", [2], { windowStrides: [2] }) // [5, 4]
 */
export const reduceWindow = composite(
  "lax.reduceWindow(x, initValue, computation, windowDimensions, { windowStrides, padding, baseDilation, windowDilation })",
  (
    x: Tensor,
    initValue: TensorLike,
    computation: keyof typeof COMPUTATIONS,
    windowDimensions: readonly number[],
    options: WindowOptions = {},
  ): Tensor => {
    const ones = windowDimensions.map(() => 1);
    const { windowStrides = ones, padding = "VALID", baseDilation = ones, windowDilation = ones } = options;
    const sizes = dilatedSizes(windowDimensions, windowDilation);
    const shape = dilatedSizes(x.shape, baseDilation);
    const { reduce, combine } = COMPUTATIONS[computation];
    const y = reduce(x, {
      windowDimensions,
      windowStrides,
      padding: padtypeToPads(shape, sizes, windowStrides, padding),
      baseDilation,
      windowDilation,
    });
    const init =
      typeof initValue === "number"
        ? literal("lax.reduceWindow", initValue, x.dtype)
        : asTensor(initValue, "lax.reduceWindow");
    return combine(y, init);
  },
);
