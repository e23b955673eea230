import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../lib/io/half.js";

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

const golden = JSON.parse(readFileSync(new URL("../golden/data/half.json", import.meta.url), "utf8")) as {
  readonly [dtype in "float32" | "float16" | "bfloat16"]: readonly number[];
};

Half("narrowing rounds to the nearest and ties to even, as NumPy and PyTorch do", () => {
  const values = new Float32Array(new Uint32Array(golden.float32).buffer);
  for (const [dtype, narrow] of [
    ["float16", toFloat16],
    ["bfloat16", toBfloat16],
  ] as const) {
    const bits = narrow(values);
    for (const [i, expected] of golden[dtype].entries()) {
      if (bits[i] !== expected) assert.is(bits[i], expected, `${dtype} of ${values[i]}`);
    }
    assert.is(bits.length, golden[dtype].length);
  }
});

Half("all 65,536 patterns of both types come back from float32 as they were; a NaN that signals becomes quiet", () => {
  const patterns = u16(...Array.from({ length: 65536 }, (_, i) => i));
  for (const [to, from, infinity, quiet] of [
    [toFloat16, fromFloat16, 0x7c00, 0x200],
    [toBfloat16, fromBfloat16, 0x7f80, 0x40],
  ] as const) {
    const bits = to(from(patterns));
    for (let i = 0; i < 65536; i++) {
      const expected = (i & 0x7fff) > infinity ? i | quiet : i;
      if (bits[i] !== expected) assert.is(bits[i], expected, i.toString(16));
    }
  }
});

Half.run();
