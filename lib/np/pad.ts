/** @file Padding in all of NumPy's modes. */
import { checkShape, isFloat } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/reduce.js";
import { fromHost } from "./array.js";
import { take } from "./indexing.js";
import { cast, convertTo, promoteFloat } from "./promote.js";
import { median } from "./quantile.js";
import { mean } from "./reduce.js";

export interface PadOptions {
  /**
   * What the new places hold: a constant; the nearest element (`edge`); the elements mirrored without (`reflect`) or with
   * (`symmetric`) the one at the edge; those of the other end (`wrap`); a ramp to `endValues`; the `maximum`, `mean`, `median` or `minimum`
   * of the elements beside them; anything (`empty`).
   */
  readonly mode?:
    | "constant"
    | "edge"
    | "reflect"
    | "symmetric"
    | "wrap"
    | "linear_ramp"
    | "maximum"
    | "mean"
    | "median"
    | "minimum"
    | "empty";
  /** For `constant`: a scalar; default 0. */
  readonly constantValues?: TensorLike;
  /** For `linear_ramp`: where the ramps end; default 0. */
  readonly endValues?: number;
  /** For `maximum`, `mean`, `median`, `minimum`: of how many elements beside the edge; default all. */
  readonly statLength?: number;
}
/** Before and behind each axis, or one pair (or number) for all. */
export type PadWidths = number | readonly [number, number] | readonly (readonly [number, number])[];

const pairsOf = (widths: PadWidths, t: Tensor): readonly (readonly [number, number])[] => {
  const each = (pair: readonly [number, number]): (readonly [number, number])[] => t.shape.map(() => pair);
  if (typeof widths === "number") return each([widths, widths]);
  if (typeof widths[0] === "number") return each(widths as readonly [number, number]);
  const pairs = widths as readonly (readonly [number, number])[];
  if (pairs.length === t.ndim) return pairs;
  if (pairs.length === 1) return each(pairs[0]);
  throw new ShapeError({
    where: "np.pad",
    what: "the widths do not fit",
    expected: `${t.ndim} pairs, as in ${t.aval}, or one pair or number for all axes`,
    got: `${pairs.length} pairs`,
  });
};

/** Which element of `n` stands at place `i`, counted from the first; places may be negative or beyond the end. */
const SOURCES: Record<string, (i: number, n: number) => number> = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  wrap: (i, n) => modulo(i, n),
  reflect: (i, n) => (n === 1 ? 0 : n - 1 - Math.abs(modulo(i, 2 * n - 2) - (n - 1))),
  symmetric: (i, n) => Math.min(modulo(i, 2 * n), 2 * n - 1 - modulo(i, 2 * n)),
};
const MODES = [
  ...["constant", "empty", "linear_ramp", "maximum", "mean", "median", "minimum"],
  ...Object.keys(SOURCES),
];
const modulo = (i: number, n: number): number => ((i % n) + n) % n;

const bySource = (t: Tensor, axis: number, [low, high]: readonly [number, number], mode: string): Tensor => {
  const n = t.shape[axis];
  const from = Int32Array.from({ length: low + n + high }, (_, i) => SOURCES[mode](i - low, n));
  return take(t, fromHost({ shape: [from.length], dtype: "int32", data: from }), axis);
};

/** The new places before and behind, each from the elements on its side. */
const beside = (t: Tensor, axis: number, widths: readonly [number, number], options: PadOptions): Tensor => {
  const n = t.shape[axis];
  const sized = (width: number): number[] => t.shape.map((k, i) => (i === axis ? width : k));
  const part = (start: number, limit: number): Tensor => mv.sliceAxis(t, axis, start, limit);
  const count = Math.min(options.statLength ?? n, n);
  const statistic = (x: Tensor): Tensor => {
    const one = (y: Tensor): Tensor => b.reshape(y, sized(1));
    if (options.mode === "maximum") return one(r.reduceMax(x, [axis]));
    if (options.mode === "minimum") return one(r.reduceMin(x, [axis]));
    const middle = (options.mode === "median" ? median : mean)(x, { axis });
    return one(isFloat(t.dtype) ? middle : convertTo(m.round(middle), t.dtype));
  };
  const ramp = (edge: Tensor, width: number): Tensor => {
    const [float] = promoteFloat("np.pad", edge);
    const number = (v: number): Tensor => scalarOf(float.aval.strong(), v);
    const steps = mv.iota(
      t.shape.map((_, i) => (i === axis ? width : 1)),
      float.dtype,
      axis,
    );
    const end = number(options.endValues ?? 0);
    const rising = e.add(end, e.mul(e.sub(float, end), e.div(steps, number(width))));
    return convertTo(rising, t.dtype);
  };
  const [low, high] = widths;
  const fill = (width: number, first: boolean): Tensor[] => {
    if (width === 0) return [];
    if (options.mode !== "linear_ramp") {
      return [b.broadcastTo(statistic(first ? part(0, count) : part(n - count, n)), sized(width))];
    }
    return [first ? ramp(part(0, 1), width) : mv.reverse(ramp(part(n - 1, n), width), [axis])];
  };
  return mv.concatenate([...fill(low, true), t, ...fill(high, false)], axis);
};

/**
 * New elements around a tensor.
 *
 * - `widths`: how many before and behind each axis: `[[1, 2], [0, 3]]`, or one pair or number for all
 * @throws {ShapeError} when the widths do not fit or are negative, or an empty axis has nothing to repeat
 * @throws {DTypeError} when the dtype cannot hold the constant; {ArgumentError} for an unknown mode
 * @see numpy.pad (all modes but a function, and the reflect type "odd")
 * @example np.pad(x, [[1, 1]], { mode: "edge" })
 */
export const pad = composite(
  "np.pad(x, widths, { mode, constantValues, endValues, statLength })",
  (x: TensorLike, widths: PadWidths, options: PadOptions = {}): Tensor => {
    const t = asTensor(x, "np.pad");
    const { mode = "constant", constantValues = 0 } = options;
    if (!MODES.includes(mode)) {
      throw new ArgumentError({
        where: "np.pad",
        what: "there is no such mode",
        expected: MODES.join(", "),
        got: mode,
      });
    }
    const pairs = pairsOf(widths, t);
    checkShape("np.pad", pairs.flat());
    if (mode === "constant" || mode === "empty") {
      return mv.pad(t, cast("np.pad", asTensor(mode === "empty" ? 0 : constantValues, "np.pad"), t.dtype), {
        low: pairs.map(([low]) => low),
        high: pairs.map(([, high]) => high),
        interior: pairs.map(() => 0),
      });
    }
    if (t.dtype === "bool" && !(mode in SOURCES)) {
      throw new ArgumentError({
        where: "np.pad",
        what: `bools have no ${mode}`,
        expected: "a mode that repeats elements",
        got: mode,
      });
    }
    return pairs.reduce((y, pair, axis) => {
      if (pair[0] === 0 && pair[1] === 0) return y;
      if (y.shape[axis] === 0) {
        throw new ShapeError({
          where: "np.pad",
          what: `axis ${axis} is empty, so nothing can be repeated`,
          expected: "elements along it, or a constant",
          got: `${t.aval}`,
        });
      }
      return mode in SOURCES ? bySource(y, axis, pair, mode) : beside(y, axis, pair, { ...options, mode });
    }, t);
  },
);
