/**
 * @file Host arrays: plain typed arrays with a shape, the form in which data enters and leaves, and in which every
 * primitive's `impl` states its meaning. A bool is stored as 0 or 1 in a byte.
 */
import { Aval, type DType, printShape, type Shape, sizeOf } from "./aval.js";
import { ShapeError } from "./errors.js";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Row-major data with its shape and dtype. */
export interface HostArray {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** A zero-filled typed array of `n` elements of `dtype`. */
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
