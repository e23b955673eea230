import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromBfloat16, fromFloat16 } from "../../lib/io/half.js";

const Half = suite("io/half");

const u16 = (...bits: number[]): Uint8Array => new Uint8Array(new Uint16Array(bits).buffer);

Half("bfloat16 is the upper half of a float32", () => {
  const out = fromBfloat16(u16(0x3f80, 0xc000, 0x3dcd, 0x7f80, 0xff80, 0x8000, 0x0001, 0x7fc0));
  const expected = [1, -2, 0.10009765625, Infinity, -Infinity, -0, 2 ** -133, NaN];
  for (const [i, value] of expected.entries()) assert.ok(Object.is(out[i], value), `${i}: ${out[i]}`);
});

Half("float16: all 65,536 patterns agree with the definition", () => {
  const out = fromFloat16(u16(...Array.from({ length: 65536 }, (_, i) => i)));
  for (let bits = 0; bits < 65536; bits++) {
    const [sign, exponent, mantissa] = [bits >> 15 === 1 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    const finite = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    const value = sign * (exponent < 31 ? finite : mantissa === 0 ? Infinity : NaN);
    if (!Object.is(out[bits], value)) assert.is(out[bits], value, `pattern ${bits.toString(16)}`);
  }
});

Half("bytes that are not aligned are read too, also in a Node Buffer", () => {
  assert.equal([...fromBfloat16(Buffer.from([9, 0x80, 0x3f]).subarray(1))], [1]);
});

Half.run();
