import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { elementsOf, fromInt64, notBool, sameBits, transposed, transposeInto } from "../../lib/edge/elements.js";

const Elements = suite("edge/elements");

Elements("int64 narrows to int32, or tells the first element that is too large", () => {
  const bytes = (...values: bigint[]): Uint8Array => new Uint8Array(new BigInt64Array(values).buffer);
  assert.equal(fromInt64(bytes(-(2n ** 31n), 0n, 2n ** 31n - 1n)), new Int32Array([-(2 ** 31), 0, 2 ** 31 - 1]));
  assert.equal(fromInt64(bytes(0n, 2n ** 31n)), { index: 1, value: 2n ** 31n });
  assert.equal(fromInt64(bytes(-(2n ** 63n))), { index: 0, value: -(2n ** 63n) });
});

Elements("bytes that are not aligned are copied first, also when they are a Node Buffer", () => {
  const whole = Buffer.from([9, ...new Uint8Array(new Float32Array([1.5, -2]).buffer)]);
  assert.equal([...elementsOf("float32", whole.subarray(1))], [1.5, -2]);
});

Elements("only 0 and 1 are truth values", () => {
  assert.is(notBool(new Uint8Array([0, 1, 2])), 2);
  assert.is(notBool(new Uint8Array([0, 1])), -1);
});

Elements("element [i, j] of a matrix is element [j, i] of its transpose", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 70 }), (rows, columns) => {
      const data = Int32Array.from({ length: rows * columns }, (_, i) => i);
      const out = transposed(hostArray([rows, columns], "int32", data));
      assert.equal(out.shape, [columns, rows]);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) if (out.data[j * rows + i] !== i * columns + j) return false;
      }
      return out.data.length === data.length;
    }),
    { numRuns: 30 },
  );
});

Elements("a transpose is made of pieces that begin and end anywhere in a row", () => {
  const size = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 1, max: 300 }), (rows, columns, length) => {
      const data = Int32Array.from({ length: rows * columns }, (_, i) => i + 1);
      const out = new Int32Array(rows * columns);
      // From the last piece to the first, so that none mends what another wrote outside of its own places.
      for (let at = Math.floor((data.length - 1) / length) * length; at >= 0; at -= length) {
        transposeInto(out, [rows, columns], data.subarray(at, at + length), at);
      }
      assert.equal(out, transposed(hostArray([rows, columns], "int32", data)).data);
    }),
    { numRuns: 200 },
  );
});

Elements("transposing keeps the payload of a NaN that signals", () => {
  const bits = new Uint32Array([0x7fa00001, 0xff812345]);
  const { data } = transposed(hostArray([2, 1], "float32", new Float32Array(bits.buffer)));
  assert.equal(new Uint32Array(data.buffer), bits);
});

Elements("arrays with the same bits are the same; -0 is not 0, and NaN is itself", () => {
  const f = (...values: number[]) => hostArray([values.length], "float32", new Float32Array(values));
  assert.ok(sameBits(f(1, NaN), f(1, NaN)));
  assert.not.ok(sameBits(f(0), f(-0)));
  assert.not.ok(sameBits(f(0, 0), hostArray([1, 2], "float32", new Float32Array(2))));
  assert.not.ok(sameBits(f(0), hostArray([1], "int32", new Int32Array(1))));
});

Elements.run();
