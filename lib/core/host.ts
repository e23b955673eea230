/**
 * @file Host arrays: plain typed arrays with a shape, the form in which data enters and leaves, and in which every
 * primitive's `impl` states its meaning. A bool is stored as 0 or 1 in a byte.
 */
import { Aval, type DType, printShape, type Shape, sameShape, sizeBetween, sizeOf, stridesOf } from "./aval.js";
import { DTypeError, ShapeError } from "./errors.js";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Row-major data with its shape and dtype. */
export interface HostArray {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** Whether a value has the form of an array of the host; its data may be of another size. */
export const isHostArray = (x: unknown): x is HostArray => {
  if (typeof x !== "object" || x === null || !("data" in x) || !("shape" in x) || !("dtype" in x)) return false;
  return ArrayBuffer.isView(x.data) && Array.isArray(x.shape);
};

/** The hint for a name or a value that is not a dtype. */
const dtypeHint = (given: unknown): string | undefined => {
  if (typeof given === "number") return "sizes go in one list: [3, 4]";
  if (typeof given !== "string") return undefined;
  const name = given.toLowerCase().replace(/_$/, "");
  if (/^(f|float|bf|bfloat)(16|8)|^half/.test(name)) return 'halves are float32 here: "float32"';
  const known = Object.entries({ float32: /^f(loat)?(32)?$|^single/, float64: /^f(loat)?64$|^double/, bool: /^bool/ });
  const integers = Object.entries({ uint32: /^u(int)?\d*$/, int32: /^i(nt)?\d*$|^long$|^short$/ });
  const meant = [...known, ...integers].find(([, names]) => names.test(name));
  return meant === undefined ? undefined : `did you mean "${meant[0]}"?`;
};

/** A zero-filled typed array of `n` elements of `dtype`. @throws {DTypeError} for a name that is none, which plain JavaScript can give */
export const allocate = (dtype: DType, n: number): TypedArray => {
  switch (dtype) {
    case "float32":
      return new Float32Array(n);
    case "float64":
      return new Float64Array(n);
    case "int32":
      return new Int32Array(n);
    case "uint32":
      return new Uint32Array(n);
    case "bool":
      return new Uint8Array(n);
    default:
      throw new DTypeError({
        where: "dtype",
        what: "there is no such dtype",
        expected: "float32, float64, int32, uint32 or bool",
        got: typeof dtype === "string" ? JSON.stringify(dtype) : String(dtype),
        hint: dtypeHint(dtype),
      });
  }
};

/** Wraps `data` with a shape. @throws {ShapeError} when the number of elements differs. */
export const hostArray = (shape: Shape, dtype: DType, data: TypedArray): HostArray => {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError({
      where: "hostArray",
      what: "the data do not fill the shape",
      expected: `${sizeOf(shape)} elements for ${printShape(shape)}`,
      got: `${data.length} elements`,
    });
  }
  return { shape, dtype, data };
};

/** A host array of `aval`, all zero. */
export const zerosHost = (aval: { readonly shape: Shape; readonly dtype: DType }): HostArray => ({
  shape: aval.shape,
  dtype: aval.dtype,
  data: allocate(aval.dtype, sizeOf(aval.shape)),
});

/** The dtype a typed array holds; a `Uint8Array` holds bool. */
export const dtypeOf = (data: TypedArray): DType => {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint32Array) return "uint32";
  return "bool";
};

export const avalOfHost = (x: HostArray): Aval => new Aval(x.shape, x.dtype);

/** Reads `x` through a view of `shape` with strides and an offset (in elements), into new data. */
export const stridedCopy = (x: HostArray, shape: Shape, strides: readonly number[], offset = 0): HostArray => {
  const n = sizeOf(shape);
  const data = allocate(x.dtype, n);
  const last = shape.length - 1;
  const length = last < 0 ? 1 : shape[last];
  const step = last < 0 ? 0 : strides[last];
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  // One row of the last axis at a time; then the axes before it count on.
  for (let row = 0; row < n; row += length) {
    if (step === 1 && length > 32) data.set(x.data.subarray(from, from + length), row);
    else if (step === 0) data.fill(x.data[from], row, row + length);
    else for (let i = 0, at = from; i < length; i++, at += step) data[row + i] = x.data[at];
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { shape, dtype: x.dtype, data };
};

/** `x` broadcast to `shape` (equal rank, or a scalar): the elements repeated. */
export const broadcastHost = (x: HostArray, shape: Shape): HostArray => {
  if (sameShape(x.shape, shape)) return x;
  const own = stridesOf(x.shape);
  const strides = shape.map((d, i) => (x.shape.length === 0 || (x.shape[i] === 1 && d !== 1) ? 0 : (own[i] as number)));
  return stridedCopy(x, shape, strides);
};

/** Applies `f` to the elements of `xs` (one to three), broadcast to `shape`. */
export const mapHost = (
  f: (...values: number[]) => number,
  xs: readonly HostArray[],
  shape: Shape,
  dtype: DType,
): HostArray => {
  const n = sizeOf(shape);
  const out = allocate(dtype, n);
  // A single element is read again and again in place; other broadcasts are made first.
  const operands = xs.map((x) => (x.data.length === 1 ? x : broadcastHost(x, shape)).data);
  const [a, b, c] = operands;
  const [p, q, r] = operands.map((data) => (data.length === 1 ? 0 : 1));
  if (c !== undefined) for (let i = 0; i < n; i++) out[i] = f(a[i * p], b[i * q], c[i * r]);
  else if (b !== undefined) for (let i = 0; i < n; i++) out[i] = f(a[i * p], b[i * q]);
  else for (let i = 0; i < n; i++) out[i] = f(a[i * p]);
  return { shape, dtype, data: out };
};

/** A view of `x` as `[outer, axis, inner]`: how reductions and scans along one axis walk through data. */
export const axisView = (shape: Shape, axis: number): { outer: number; length: number; inner: number } => ({
  outer: sizeBetween(shape, 0, axis),
  length: shape[axis] as number,
  inner: sizeBetween(shape, axis + 1, shape.length),
});
