/** @file Typed arrays as data of tensors: which have a dtype, and what the elements of others become. */
import type { DType, Shape } from "../core/aval.js";
import { DTypeError } from "../core/errors.js";
import { dtypeOf, type HostArray, hostArray, type TypedArray } from "../core/host.js";
import { convertP } from "../primitives/elementwise.js";

/** Typed arrays whose elements are of a dtype; the bytes of a `Uint8Array` are, where all are 0 or 1. */
const OF_DTYPES = [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array];

const isNotBool = (byte: number): boolean => byte > 1;

/** @throws {DTypeError} for elements that are of no dtype, where none is given */
const refuse = (data: TypedArray): never => {
  const { name } = data.constructor;
  const isBytes = data instanceof Uint8Array;
  const converted = `say what they become: np.array(${isBytes ? "bytes" : "data"}, "int32"), or "float32"`;
  const other =
    name === "DataView" ? "make a typed array of its buffer" : "make numbers of them: Int32Array.from(data, Number)";
  throw new DTypeError({
    where: "np.array",
    what: isBytes ? "bytes that are not 0 or 1 cannot be bools" : `a ${name} has elements without a dtype`,
    expected: "a Float32Array, Float64Array, Int32Array, Uint32Array, a Uint8Array of zeros and ones, or a dtype",
    got: isBytes ? `a Uint8Array with ${data.find(isNotBool)}` : `a ${name}`,
    hint: /^Big|^Data/.test(name) ? other : converted,
  });
};

/** The data of a typed array as they are, or as elements of `dtype`. */
export const ofTyped = (
  data: TypedArray,
  { dtype, shape }: { readonly dtype?: DType; readonly shape?: Shape },
): HostArray => {
  const hasDType = OF_DTYPES.some((type) => data instanceof type);
  const isOdd = data instanceof Uint8Array ? data.some(isNotBool) : !hasDType;
  // Neither big integers nor bytes without a type are numbers.
  if (isOdd && (dtype === undefined || /^Big|^Data/.test(data.constructor.name))) refuse(data);
  // Of bytes that cannot be bools, and of other widths, only the numbers count: converted from float64, which holds them all.
  const host = isOdd
    ? hostArray(shape ?? [data.length], "float64", Float64Array.from(data))
    : hostArray(shape ?? [data.length], dtypeOf(data), data);
  return dtype === undefined || dtype === host.dtype ? host : convertP.impl([host], { dtype })[0];
};

/** What to do about an element that is not a number. */
export const elementHint = (x: unknown): string | undefined => {
  if (typeof x === "string" || typeof x === "bigint") return "convert it: Number(x)";
  if (x === null || x === undefined) return "NaN stands for what is missing";
  if (x instanceof ArrayBuffer) return "make a typed array of it: new Float32Array(buffer)";
  return typeof x === "object" && Symbol.iterator in x ? "make a list of it: [...x]" : undefined;
};
