/** @file What can be written to a file: an array on the host, or a tensor, which is read back when it is its turn. */
import type { HostArray } from "../core/host.js";
import { isTensor, type Tensor } from "../core/tensor.js";

export type Value = Tensor | HostArray;

export const isValue = (x: unknown): x is Value =>
  isTensor(x) ||
  (typeof x === "object" && x !== null && "shape" in x && "dtype" in x && "data" in x && ArrayBuffer.isView(x.data));

/** The elements on the host. @throws {TracerError} for a tensor under a transformation */
export const hostOf = (where: string, x: Value): HostArray => (isTensor(x) ? x.concrete(where).host() : x);
