/** @file Padding by name, as convolutions and pooling take it. */
import { takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { dilated, type Pads } from "../primitives/window.js";

/**
 * By name, or as pairs of numbers, one for each axis. `SAME`: as many windows as strides fit on the axis, the odd place of padding
 * behind (`SAME_LOWER`: before); `VALID`: none.
 */
export type Padding = "SAME" | "SAME_LOWER" | "VALID" | readonly Pads[];

/**
 * Places of padding before and behind each axis.
 *
 * - `windowShape`: the sizes of the window, dilation included
 * @throws {ArgumentError} for a name that is none; {ShapeError} when the lists have different lengths
 * @see `jax.lax.padtype_to_pads`
 * @example lax.padtypeToPads([5], [3], [2], "SAME") // [[1, 1]]
 */
export const padtypeToPads = takes(
  "lax.padtypeToPads(inShape, windowShape, windowStrides, padding)",
  (
    inShape: readonly number[],
    windowShape: readonly number[],
    windowStrides: readonly number[],
    padding: Padding,
  ): readonly Pads[] => {
    const lengths = [
      windowShape.length,
      windowStrides.length,
      ...(typeof padding === "string" ? [] : [padding.length]),
    ];
    if (lengths.some((n) => n !== inShape.length)) {
      throw new ShapeError({
        where: "lax.padtypeToPads",
        what: "the window has another number of axes",
        expected: `${inShape.length} sizes, strides and pairs of padding`,
        got: `${windowShape.length} sizes, ${windowStrides.length} strides, padding ${JSON.stringify(padding)}`,
      });
    }
    if (typeof padding !== "string") return padding;
    if (padding === "VALID") return inShape.map(() => [0, 0]);
    if (padding !== "SAME" && padding !== "SAME_LOWER") {
      throw new ArgumentError({
        where: "lax.padtypeToPads",
        what: "no padding has this name",
        expected: "SAME, SAME_LOWER, VALID, or pairs of numbers",
        got: padding,
      });
    }
    return inShape.map((n, i) => {
      const last = (Math.ceil(n / windowStrides[i]) - 1) * windowStrides[i];
      const total = Math.max(last + windowShape[i] - n, 0);
      const less = Math.floor(total / 2);
      return padding === "SAME" ? [less, total - less] : [total - less, less];
    });
  },
);

/** The sizes of a window with its dilation. */
export const dilatedSizes = (sizes: readonly number[], dilation: readonly number[]): number[] =>
  sizes.map((n, i) => dilated(n, dilation[i]));
