/** @file Running sums, products and extrema, and differences of neighbours. */
import { normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { asTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as r from "../primitives/cumulative.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { noBool, promoteDType } from "./promote.js";

/** Along which axis (default: of the whole, flattened), and whether from its end. */
export interface CumulativeOptions {
  readonly axis?: number | null | undefined;
  readonly reverse?: boolean;
}

const running = (name: string, f: (x: Tensor, axis: number, reverse: boolean) => Tensor) =>
  composite(
    `${name}(x, { axis, reverse })`,
    (x: TensorLike, { axis, reverse = false }: CumulativeOptions = {}): Tensor => {
      const t = noBool(name, asTensor(x, name));
      return axis === undefined || axis === null || typeof x === "number"
        ? f(b.reshape(t, [t.size]), 0, reverse)
        : f(t, normalizeAxis(name, axis, t.ndim), reverse);
    },
  );

/** Running sums. */
export const cumsum = running("np.cumsum", r.cumSum);
/** Running products; the derivatives are right also where elements are zero. */
export const cumprod = running("np.cumprod", r.cumProd);
/** The largest so far. */
export const cummax = running("np.cummax", r.cumMax);
/** The smallest so far. */
export const cummin = running("np.cummin", r.cumMin);

/** Running operations of the array API: an axis is needed for more than one, and the neutral element may come first. */
const withInitial = (name: string, neutral: number, f: (x: Tensor, axis: number) => Tensor) =>
  composite(
    `${name}(x, { axis, includeInitial })`,
    (
      x: TensorLike,
      { axis, includeInitial = false }: { axis?: number | null; includeInitial?: boolean } = {},
    ): Tensor => {
      const t = noBool(name, asTensor(x, name));
      if ((axis ?? undefined) === undefined && t.ndim !== 1) {
        throw new ArgumentError({ where: name, what: "the axis is missing", expected: "an axis", got: `${t.aval}` });
      }
      const at = normalizeAxis(name, axis ?? 0, t.ndim);
      const y = f(t, at);
      if (!includeInitial) return y;
      const first = b.broadcastTo(
        new Literal(neutral, y.dtype),
        y.shape.map((n, a) => (a === at ? 1 : n)),
      );
      return mv.concatenate([first, y], at);
    },
  );
/** Running sums along an axis, after a zero with `includeInitial`. @see JAX, `jax.numpy.cumulative_sum` */
export const cumulativeSum = withInitial("np.cumulativeSum", 0, r.cumSum);
/** Running products along an axis, after a one with `includeInitial`. @see JAX, `jax.numpy.cumulative_prod` */
export const cumulativeProd = withInitial("np.cumulativeProd", 1, r.cumProd);

export interface DiffOptions {
  /** How many times; default 1. */
  readonly n?: number;
  /** Default the last. */
  readonly axis?: number;
  /** Put before and behind `x` first; scalars are repeated. */
  readonly prepend?: TensorLike;
  readonly append?: TensorLike;
}

/** Differences of neighbours along an axis: `x[i+1] - x[i]`, of bools whether they differ. @see JAX, `jax.numpy.diff` */
export const diff = composite(
  "np.diff(x, { n, axis, prepend, append })",
  (x: TensorLike, { n = 1, axis = -1, prepend, append }: DiffOptions = {}): Tensor => {
    const where = "np.diff";
    const own = asTensor(x, where);
    const at = normalizeAxis(where, axis, own.ndim);
    if (!Number.isInteger(n) || n < 0) {
      throw new ArgumentError({ where, what: "not a number of times", expected: "0, 1, 2, …", got: String(n) });
    }
    if (n === 0) return own;
    const around = [prepend, own, append].filter((v) => v !== undefined);
    const same = promoteDType(where, around).map((v) =>
      v.ndim > 0
        ? v
        : b.broadcastTo(
            v,
            own.shape.map((size, a) => (a === at ? 1 : size)),
          ),
    );
    let y = mv.concatenate(same, at);
    for (let k = 0; k < n && y.shape[at] > 0; k++) {
      const size = y.shape[at];
      const [low, high] = [mv.sliceAxis(y, at, 0, size - 1), mv.sliceAxis(y, at, 1, size)];
      y = y.dtype === "bool" ? e.ne(high, low) : e.sub(high, low);
    }
    return y;
  },
);
/** Differences of neighbours of the flattened tensor, with values put before and behind them. @see JAX, `jax.numpy.ediff1d` */
export const ediff1d = composite(
  "np.ediff1d(x, { toBegin, toEnd })",
  (x: TensorLike, { toBegin, toEnd }: { readonly toBegin?: TensorLike; readonly toEnd?: TensorLike } = {}): Tensor => {
    const t = asTensor(x, "np.ediff1d");
    const parts = [toBegin, diff(b.reshape(t, [t.size])), toEnd].filter((v) => v !== undefined);
    const same = promoteDType("np.ediff1d", parts);
    return mv.concatenate(
      same.map((v) => b.reshape(v, [v.size])),
      0,
    );
  },
);
