/** @file What can be written to a file: an array on the host, or a tensor, which is read back when it is its turn. */
import { printShape, sizeOf } from "../core/aval.js";
import { ArgumentError, TreeError } from "../core/errors.js";
import { dtypeOf, type HostArray } from "../core/host.js";
import { isTensor, type Tensor } from "../core/tensor.js";

export type Value = Tensor | HostArray;

export const isValue = (x: unknown): x is Value =>
  isTensor(x) ||
  (typeof x === "object" && x !== null && "shape" in x && "dtype" in x && "data" in x && ArrayBuffer.isView(x.data));

/**
 * A leaf of a tree, if it can be written as what it says it is: a file of other bytes could not be read again.
 *
 * @throws {TreeError} for what is not an array; {ArgumentError} for an array whose elements are of another kind or number
 */
export const checkValue = (where: string, x: unknown, at: string): Value => {
  if (!isValue(x)) {
    const [what, expected] = ["a leaf is not an array", "a tensor or a host array"];
    throw new TreeError({ where, what, expected, got: x === null ? "null" : typeof x, at });
  }
  if (isTensor(x) || (dtypeOf(x.data) === x.dtype && x.data.length === sizeOf(x.shape))) return x;
  throw new ArgumentError({
    where,
    what: "the data of an array do not fit its dtype and shape",
    expected: `${sizeOf(x.shape)} elements of ${x.dtype} for ${printShape(x.shape)}`,
    got: `${x.data.length} elements in a ${x.data.constructor.name}`,
    at,
  });
};

/** The elements on the host. @throws {TracerError} for a tensor under a transformation */
export const hostOf = (where: string, x: Value): HostArray => (isTensor(x) ? x.concrete(where).host() : x);
