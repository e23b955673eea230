import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import {
  elementsOf,
  fromBfloat16,
  fromFloat16,
  fromInt64,
  notBool,
  sameBits,
  transposed,
} from "../../lib/io/elements.js";

const Elements = suite("io/elements");

const u16 = (...bits: number[]): Uint8Array => new Uint8Array(new Uint16Array(bits).buffer);

Elements("bfloat16 is the upper half of a float32", () => {
  const out = fromBfloat16(u16(0x3f80, 0xc000, 0x3dcd, 0x7f80, 0xff80, 0x8000, 0x0001, 0x7fc0));
  const expected = [1, -2, 0.10009765625, Infinity, -Infinity, -0, 2 ** -133, NaN];
  for (const [i, value] of expected.entries()) assert.ok(Object.is(out[i], value), `${i}: ${out[i]}`);
});

Elements("float16: all 65,536 patterns agree with the definition", () => {
  const out = fromFloat16(u16(...Array.from({ length: 65536 }, (_, i) => i)));
  for (let bits = 0; bits < 65536; bits++) {
    const [sign, exponent, mantissa] = [bits >> 15 === 1 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    const finite = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    const value = sign * (exponent < 31 ? finite : mantissa === 0 ? Infinity : NaN);
    if (!Object.is(out[bits], value)) assert.is(out[bits], value, `pattern ${bits.toString(16)}`);
  }
});

Elements("int64 narrows to int32, or tells the first element that is too large", () => {
  const bytes = (...values: bigint[]): Uint8Array => new Uint8Array(new BigInt64Array(values).buffer);
  assert.equal(fromInt64(bytes(-(2n ** 31n), 0n, 2n ** 31n - 1n)), new Int32Array([-(2 ** 31), 0, 2 ** 31 - 1]));
  assert.equal(fromInt64(bytes(0n, 2n ** 31n)), { index: 1, value: 2n ** 31n });
  assert.equal(fromInt64(bytes(-(2n ** 63n))), { index: 0, value: -(2n ** 63n) });
});

Elements("bytes that are not aligned are copied first, also when they are a Node Buffer", () => {
  const whole = Buffer.from([9, ...new Uint8Array(new Float32Array([1.5, -2]).buffer)]);
  assert.equal([...elementsOf("float32", whole.subarray(1))], [1.5, -2]);
  assert.equal([...fromBfloat16(Buffer.from([9, 0x80, 0x3f]).subarray(1))], [1]);
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

Elements("arrays with the same bits are the same; -0 is not 0, and NaN is itself", () => {
  const f = (...values: number[]) => hostArray([values.length], "float32", new Float32Array(values));
  assert.ok(sameBits(f(1, NaN), f(1, NaN)));
  assert.not.ok(sameBits(f(0), f(-0)));
  assert.not.ok(sameBits(f(0, 0), hostArray([1, 2], "float32", new Float32Array(2))));
  assert.not.ok(sameBits(f(0), hostArray([1], "int32", new Int32Array(1))));
});

Elements.run();
