/** @file Host arrays of every dtype for round trips, compared bit by bit. */
import fc from "fast-check";
import type { DType } from "../../lib/core/aval.js";
import { allocate, type HostArray, hostArray } from "../../lib/core/host.js";

const DTYPES: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool"];

/** Arrays of rank 0 to 3, some with an empty axis; the bits are random, so floats include NaN, infinities and -0. */
export const anyHostArray: fc.Arbitrary<HostArray> = fc
  .tuple(fc.constantFrom(...DTYPES), fc.array(fc.nat(4), { maxLength: 3 }), fc.infiniteStream(fc.nat(255)))
  .map(([dtype, shape, stream]) => {
    const data = allocate(
      dtype,
      shape.reduce((n, d) => n * d, 1),
    );
    const bytes = new Uint8Array(data.buffer);
    for (let i = 0; i < bytes.length; i++) {
      const byte = stream.next().value as number;
      bytes[i] = dtype === "bool" ? byte & 1 : byte;
    }
    return hostArray(shape, dtype, data);
  });
