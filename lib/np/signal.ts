/** @file Functions of sampled functions: convolution, interpolation, differences, areas and phases. */
import { Aval, normalizeAxis, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { cumSum } from "../primitives/cumulative.js";
import { dotGeneral } from "../primitives/dot.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { fromHost } from "./array.js";
import { mod, multiply } from "./elementwise.js";
import { take } from "./indexing.js";
import { cast, promoteDType, promoteFloat } from "./promote.js";

/** All overlaps, as many as the longer operand has elements, or only where the shorter one lies within. */
export type Overlap = "full" | "same" | "valid";

const vectors = (name: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] => {
  const [p, q] = promoteDType(name, [x, y]).map((t) => promoteFloat(name, t)[0]);
  if (p.ndim === 1 && q.ndim === 1 && p.size > 0 && q.size > 0) return [p, q];
  throw new ShapeError({
    where: name,
    what: p.ndim === 1 && q.ndim === 1 ? "a vector has no elements" : "not vectors",
    expected: "two vectors of one element or more",
    got: `${p.aval}, ${q.aval}`,
  });
};
/** `Σ_j long[i + j] · short[j]` over the windows of the longer one, with so many zeros before and behind it. */
const slide = (long: Tensor, short: Tensor, low: number, high: number): Tensor => {
  const [n, m] = [long.size, short.size];
  const padded = mv.pad(long, scalarOf(long.aval.strong(), 0), { low: [low], high: [high], interior: [0] });
  const count = n + low + high - m + 1;
  const places = Int32Array.from({ length: count * m }, (_, i) => Math.floor(i / m) + (i % m));
  const windows = take(padded, fromHost({ shape: [count, m], dtype: "int32", data: places }), 0);
  return dotGeneral(windows, short, { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
};
/** `Σ_j x[j] · y[i - j]`, the product of two polynomials or a filter run over a signal. */
export const convolve = composite(
  "np.convolve(x, y, mode)",
  (x: TensorLike, y: TensorLike, mode: Overlap = "full"): Tensor => {
    const [p, q] = vectors("np.convolve", x, y);
    const [long, short] = p.size >= q.size ? [p, q] : [q, p];
    const most = short.size - 1;
    const behind = Math.floor(most / 2);
    const [low, high] = { full: [most, most], same: [most - behind, behind], valid: [0, 0] }[mode];
    return slide(long, mv.reverse(short, [0]), low, high);
  },
);
/** `Σ_j x[i + j] · y[j]`, how much of `y` is in `x` at each shift. */
export const correlate = composite(
  "np.correlate(x, y, mode)",
  (x: TensorLike, y: TensorLike, mode: Overlap = "valid"): Tensor => {
    const [p, q] = vectors("np.correlate", x, y);
    const reversed = mv.reverse(q, [0]);
    return p.size >= q.size ? convolve(p, reversed, mode) : convolve(reversed, p, mode);
  },
);

export interface InterpOptions {
  /** What lies before the first place and beyond the last; by default the first and the last value. */
  readonly left?: TensorLike;
  readonly right?: TensorLike;
}
/**
 * The piecewise linear function through the points `(xp, fp)`, at `x`.
 *
 * - `xp`: ascending
 * @throws {ShapeError} when the points are not two vectors of one length
 * @see jax.numpy.interp; without periods
 */
export const interp = composite(
  "np.interp(x, xp, fp, { left, right })",
  (x: TensorLike, xp: TensorLike, fp: TensorLike, options: InterpOptions = {}): Tensor => {
    const [at, places, values] = [x, xp, fp].map((v) => promoteFloat("np.interp", v)[0]);
    const n = places.size;
    if (places.ndim !== 1 || values.ndim !== 1 || n !== values.size || n === 0) {
      throw new ShapeError({
        where: "np.interp",
        what: "not points",
        expected: "two vectors of one length",
        got: `${places.aval}, ${values.aval}`,
      });
    }
    if (n === 1) return b.broadcastTo(b.reshape(values, []), at.shape);
    const column = b.reshape(at, [...at.shape, 1]);
    const row = b.reshape(places, [...at.shape.map(() => 1), n]);
    // How many places lie at or before x, which is the number of the segment's end.
    const before = b.reduceSum(e.convert(e.ge(column, row), "int32"), [at.ndim]);
    const end = e.max(e.min(before, int(n - 1)), int(1));
    const of = (points: Tensor, i: Tensor): Tensor => take(points, i, 0);
    const start = e.sub(end, int(1));
    const width = e.sub(of(places, end), of(places, start));
    const rise = e.sub(of(values, end), of(values, start));
    const flat = e.eq(width, e.zeroLike(width));
    const share = e.div(e.sub(at, of(places, start)), e.select(flat, scalarOf(width.aval.strong(), 1), width));
    const inside = e.add(of(values, start), e.mul(e.select(flat, e.zeroLike(share), share), rise));
    const edge = (given: TensorLike | undefined, i: number): Tensor =>
      given === undefined
        ? b.reshape(mv.sliceAxis(values, 0, i, i + 1), [])
        : cast("np.interp", asTensor(given, "np.interp"), values.dtype);
    const bound = (i: number): Tensor => b.reshape(mv.sliceAxis(places, 0, i, i + 1), []);
    const fromLeft = e.select(e.lt(at, bound(0)), edge(options.left, 0), inside);
    return e.select(e.gt(at, bound(n - 1)), edge(options.right, n - 1), fromLeft);
  },
);
const INT = new Aval([], "int32");
const int = (v: number): Tensor => scalarOf(INT, v);

const gradientAlong = (t: Tensor, axis: number, spacing: TensorLike): Tensor => {
  const n = t.shape[axis];
  if (n < 2) {
    throw new ShapeError({
      where: "np.gradient",
      what: `axis ${axis} is too short for differences`,
      expected: "two elements or more",
      got: `${t.aval}`,
    });
  }
  const part = (y: Tensor, start: number, limit: number): Tensor =>
    mv.sliceAxis(y, y.ndim === 1 ? 0 : axis, start, limit);
  const step = cast("np.gradient", asTensor(spacing, "np.gradient"), t.dtype);
  const differences = e.sub(part(t, 1, n), part(t, 0, n - 1));
  const steps =
    step.ndim === 0
      ? b.broadcastTo(step, [n - 1])
      : e.sub(mv.sliceAxis(step, 0, 1, n), mv.sliceAxis(step, 0, 0, n - 1));
  const wide = b.reshape(
    steps,
    t.shape.map((_, i) => (i === axis ? n - 1 : 1)),
  );
  const slopes = e.div(differences, wide);
  const along = (y: Tensor, start: number, limit: number): Tensor => mv.sliceAxis(y, axis, start, limit);
  const ends = [along(slopes, 0, 1), along(slopes, n - 2, n - 1)];
  if (n === 2) return mv.concatenate(ends, axis);
  // The slopes on both sides, each weighted with the step on the other.
  const [before, behind] = [along(wide, 0, n - 2), along(wide, 1, n - 1)];
  const sum = e.add(e.mul(along(slopes, 0, n - 2), behind), e.mul(along(slopes, 1, n - 1), before));
  return mv.concatenate([ends[0], e.div(sum, e.add(before, behind)), ends[1]], axis);
};
export interface GradientOptions {
  /** The distance of the samples (1), or their places along the axis. */
  readonly spacing?: TensorLike;
}
export interface Gradient {
  (x: TensorLike, options: GradientOptions & { readonly axis: number }): Tensor;
  (x: TensorLike, options?: GradientOptions): Tensor[];
}
/**
 * Slopes of a sampled function: central differences inside, one-sided ones at the ends.
 *
 * @returns one tensor along the given axis; without an axis a list with one for each
 * @throws {ShapeError} when an axis has fewer than two elements
 */
export const gradient: Gradient = composite(
  "np.gradient(x, { spacing, axis })",
  (x: TensorLike, options: GradientOptions & { readonly axis?: number | null } = {}) => {
    const [t] = promoteFloat("np.gradient", x);
    const { axis, spacing = 1 } = options;
    if (axis !== undefined && axis !== null)
      return gradientAlong(t, normalizeAxis("np.gradient", axis, t.ndim), spacing);
    return range(t.ndim).map((a) => gradientAlong(t, a, spacing));
  },
) as Gradient;

/**
 * The area under samples along an axis, by trapezoids; `x` are their places, or `dx` their distance (1).
 *
 * - `x`: a vector, or a tensor with the axis whose other axes broadcast against those of `y`; no area under less than two samples
 * @throws {ShapeError} when the places do not fit
 * @see JAX, `jax.numpy.trapezoid`
 */
export const trapezoid = composite(
  "np.trapezoid(y, { x, dx, axis })",
  (y: TensorLike, options: { readonly x?: TensorLike; readonly dx?: number; readonly axis?: number } = {}): Tensor => {
    const where = "np.trapezoid";
    const axis = options.axis ?? -1;
    /** With the axis last. */
    const samples = (v: Tensor, of: number): Tensor => b.moveAxis(v, normalizeAxis(where, of, v.ndim), v.ndim - 1);
    /** Each sample but the first, or but the last. */
    const part = (v: Tensor, first: 0 | 1): Tensor => {
      const n = v.shape[v.ndim - 1];
      return n === 0 ? v : mv.sliceAxis(v, v.ndim - 1, first, n - 1 + first);
    };
    const [t] = promoteFloat(where, y);
    const number = (v: number): Tensor => scalarOf(t.aval.strong(), v);
    const values = samples(t, axis);
    const heights = e.add(part(values, 1), part(values, 0));
    const sum = (v: Tensor): Tensor => b.reduceSum(v, [v.ndim - 1]);
    if (options.x === undefined) return e.mul(sum(heights), number(0.5 * (options.dx ?? 1)));
    const x = cast(where, promoteFloat(where, options.x)[0], t.dtype);
    const places = samples(x, x.ndim === 1 ? 0 : axis);
    if (places.shape[places.ndim - 1] !== values.shape[values.ndim - 1]) {
      const [expected, got] = [`one place for each sample of ${t.aval}`, `${x.aval}`];
      throw new ShapeError({ where, what: "places and samples do not pair", expected, got });
    }
    return e.mul(sum(multiply(heights, e.sub(part(places, 1), part(places, 0)))), number(0.5));
  },
);
/** Phases without jumps: whole periods (2π) are added so that neighbours differ by at most half a period, or by `discont`. */
export const unwrap = composite(
  "np.unwrap(x, { discont, axis, period })",
  (
    x: TensorLike,
    options: { readonly discont?: number; readonly axis?: number; readonly period?: number } = {},
  ): Tensor => {
    const [t] = promoteFloat("np.unwrap", x);
    const { period = 2 * Math.PI, discont = period / 2 } = options;
    if (!(period > 0)) {
      throw new ArgumentError({
        where: "np.unwrap",
        what: "not a period",
        expected: "more than 0",
        got: `${period}`,
      });
    }
    const axis = normalizeAxis("np.unwrap", options.axis ?? -1, t.ndim);
    const n = t.shape[axis];
    if (n < 2) return t;
    const number = (v: number): Tensor => scalarOf(t.aval.strong(), v);
    const steps = e.sub(mv.sliceAxis(t, axis, 1, n), mv.sliceAxis(t, axis, 0, n - 1));
    const centred = e.sub(mod(e.add(steps, number(period / 2)), number(period)), number(period / 2));
    // A step of exactly half a period upwards stays upwards.
    const half = e.and(e.eq(centred, number(-period / 2)), e.gt(steps, number(0)));
    const wrapped = e.select(half, number(period / 2), centred);
    const correction = e.select(e.lt(e.abs(steps), number(discont)), number(0), e.sub(wrapped, steps));
    const total = cumSum(correction, axis);
    const rest = mv.sliceAxis(t, axis, 1, n);
    return mv.concatenate([mv.sliceAxis(t, axis, 0, 1), e.add(rest, total)], axis);
  },
);
