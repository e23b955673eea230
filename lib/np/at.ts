/**
 * @file `np.at(x, ...index)`: reading `x[index]`, and `x` with that part replaced, added to, and so on; NumPy's basic and advanced
 * indexing, with JAX's modes for what is out of range.
 */

import { type DType, promoteDTypes } from "../core/aval.js";
import { composite, takes } from "../core/composite.js";
import { DTypeError } from "../core/errors.js";
import { asTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { gather, scatterAdd } from "../primitives/gather.js";
import type { ScatterParams } from "../primitives/gather-dims.js";
import { checkMode, type IndexMode, readMode, writeMode } from "../primitives/index-mode.js";
import * as sc from "../primitives/scatter.js";
import { divide, negative, power } from "./elementwise.js";
import { type Index, isEmpty, partsOf } from "./index-items.js";
import { planOf, sliced } from "./index-plan.js";
import { cast } from "./promote.js";

export interface GetOptions {
  /** Default `promise_in_bounds`. */
  readonly mode?: IndexMode;
  /** In place of NaN and so on, with the mode `fill`. */
  readonly fillValue?: number;
}
export interface SetOptions {
  /** Default `drop`. */
  readonly mode?: IndexMode;
  /** A promise that no place is named twice; `multiply`, `divide` and `power` need it for derivatives by the values. */
  readonly uniqueIndices?: boolean;
}

/** `value` in the dtype of `x`, if nothing is lost. @throws {DTypeError} */
export const fitted = (where: string, value: TensorLike, x: Tensor): Tensor => {
  const v = asTensor(value, where);
  const dtype: DType =
    v instanceof Literal || v.dtype === x.dtype ? x.dtype : promoteDTypes(where, x.aval, v.aval).dtype;
  if (dtype === x.dtype) return cast(where, v, x.dtype);
  throw new DTypeError({
    where,
    what: "the values do not fit into the tensor",
    expected: x.dtype,
    got: `${v.aval}`,
    hint: "convert them, or the tensor, with np.astype",
  });
};

/**
 * `x[index]`.
 *
 * - `index`: see `np.at`; an index out of range takes the nearest
 * @example np.get(x, ":", null, "::-1", ids) // x[:, None, ::-1, ids]
 */
export const get = composite(
  "np.get(x, ...index)",
  (x: TensorLike, ...index: readonly Index[]): Tensor => read(x, index, {}),
);

const read = (
  x: TensorLike,
  index: readonly Index[],
  { mode = "promise_in_bounds", fillValue }: GetOptions,
): Tensor => {
  const where = "np.at";
  checkMode(where, mode);
  const t = asTensor(x, where);
  const parts = partsOf(where, t.aval, index);
  const cut = sliced(t, parts);
  if (cut !== undefined) return cut;
  const { dims, indices, shape } = planOf(where, t.aval, parts);
  if (isEmpty(shape)) return b.fullOf(t.aval.strong().withShape(shape), 0);
  const fill = fillValue === undefined ? {} : { fillValue };
  return b.reshape(gather(t, indices, { ...dims, mode: readMode(mode), ...fill }), shape);
};

type Scatter = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams) => Tensor;

/** `x` with the values combined into the part that the index names. */
const write = (
  where: string,
  x: Tensor,
  index: readonly Index[],
  value: TensorLike,
  { mode = "drop", uniqueIndices }: SetOptions,
  scatter: Scatter,
): Tensor => {
  checkMode(where, mode);
  const v = fitted(where, value, x);
  const { dims, indices, windowShape, shape, unique } = planOf(where, x.aval, partsOf(where, x.aval, index));
  const updates = b.reshape(b.broadcastTo(v, shape), windowShape);
  if (isEmpty(shape)) return x;
  const params = { ...dims, mode: writeMode(mode), uniqueIndices: uniqueIndices ?? unique };
  return scatter(x, indices, updates, params);
};

/** A part of a tensor: what it is, and the tensor with it changed. The tensor itself stays as it is. */
export interface At {
  /** `x[index]`. */
  get(options?: GetOptions): Tensor;
  /** `x[index] = values`; of several values for one place the last one stays (JAX leaves open which). */
  set(values: TensorLike, options?: SetOptions): Tensor;
  /** `x[index] += values`, every value counting, also where a place is named several times. */
  add(values: TensorLike, options?: SetOptions): Tensor;
  subtract(values: TensorLike, options?: SetOptions): Tensor;
  multiply(values: TensorLike, options?: SetOptions): Tensor;
  /** Another name of `multiply`, as on tensors. */
  mul(values: TensorLike, options?: SetOptions): Tensor;
  divide(values: TensorLike, options?: SetOptions): Tensor;
  power(values: TensorLike, options?: SetOptions): Tensor;
  /** `x[index] = minimum(x[index], values)`; the derivative is shared among ties. */
  min(values: TensorLike, options?: SetOptions): Tensor;
  max(values: TensorLike, options?: SetOptions): Tensor;
  /** `x[index] = f(x[index])`, once for a place that is named several times. */
  apply(f: (part: Tensor) => Tensor, options?: SetOptions): Tensor;
}

type Args = readonly [x: TensorLike, index: readonly Index[], values: TensorLike, options?: SetOptions];
/** What the functions take, as messages show it. */
const taking = (name: string): string => `${name}(x, index, values, { mode, uniqueIndices })`;
const updating = (method: string, scatter: Scatter): ((...args: Args) => Tensor) => {
  const name = `np.at.${method}`;
  return composite(taking(name), (...[x, index, values, options = {}]: Args) =>
    write(name, asTensor(x, name), index, values, options, scatter),
  );
};
/** By a product of the values for each place, one where there is none. */
const byProduct = (name: string, f: (x: Tensor, product: Tensor) => Tensor): ((...args: Args) => Tensor) =>
  composite(taking(name), (...[x, index, values, options = {}]: Args) => {
    const t = asTensor(x, name);
    return f(t, write(name, b.fullOf(t.aval.strong(), 1), index, values, options, sc.scatterMul));
  });

const set = updating("set", sc.scatter);
const add = updating("add", scatterAdd);
const multiply = updating("multiply", sc.scatterMul);
const min = updating("min", sc.scatterMin);
const max = updating("max", sc.scatterMax);
const divideBy = byProduct("np.at.divide", divide);
const powerOf = byProduct("np.at.power", power);
const getPart = composite(
  "np.at.get(x, index, { mode, fillValue })",
  (x: TensorLike, index: readonly Index[], options: GetOptions = {}) => read(x, index, options),
);
const subtract = composite(taking("np.at.subtract"), (...[x, index, values, options]: Args) =>
  add(x, index, negative(fitted("np.at.subtract", values, asTensor(x, "np.at.subtract"))), options),
);
const apply = composite(
  "np.at.apply(x, index, f, { mode, uniqueIndices })",
  (x: TensorLike, index: readonly Index[], f: (part: Tensor) => Tensor, options?: SetOptions) =>
    set(x, index, f(read(x, index, { mode: "clip" })), options),
);

/**
 * A part of a tensor, `x[index]` in NumPy, to be read or changed; the tensor itself stays as it is.
 *
 * Items of the index, one an axis: an integer (the axis goes), a tensor of integers (all of them broadcast together; their axes
 * come where they stand, or in front when something stands between them), a slice (`":"`, `"1:3"`, `"::-1"`, or `np.s(start, stop, step)`),
 * `null` for a new axis, `"..."` for all axes that are not named, and, outside of `jit`, a bool tensor of one or more axes.
 * Negative integers count from the end.
 *
 * @throws {ShapeError} for too many items, or tensors that do not broadcast; {ArgumentError} for what is not an index or mode;
 *   {DTypeError} for values that do not fit; {TracerError} for a mask that is traced (use `np.where`)
 * @see JAX, `jax.numpy.ndarray.at`
 * @example np.at(x, ids, "1:").add(1) // x[ids, 1:] += 1, as a new tensor
 */
export const at = takes(
  "np.at(x, ...index)",
  (x: TensorLike, ...index: readonly Index[]): At => ({
    get: (...rest) => getPart(x, index, ...rest),
    set: (...rest) => set(x, index, ...rest),
    add: (...rest) => add(x, index, ...rest),
    subtract: (...rest) => subtract(x, index, ...rest),
    multiply: (...rest) => multiply(x, index, ...rest),
    mul: (...rest) => multiply(x, index, ...rest),
    divide: (...rest) => divideBy(x, index, ...rest),
    power: (...rest) => powerOf(x, index, ...rest),
    min: (...rest) => min(x, index, ...rest),
    max: (...rest) => max(x, index, ...rest),
    apply: (...rest) => apply(x, index, ...rest),
  }),
);
