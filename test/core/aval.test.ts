import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  Aval,
  broadcastShapes,
  checkShape,
  type DType,
  keepDims,
  normalizeAxes,
  normalizeAxis,
  promoteDTypes,
  stridesOf,
} from "../../lib/core/aval.js";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";

const AvalSuite = suite("core/aval");
const fails = (tag: ErrorTag, words: RegExp) => (e: unknown) => isFluxionError(e, tag) && words.test(e.message);

AvalSuite("equality includes shape, dtype and weakness", () => {
  const x = new Aval([8, 512], "float32");
  assert.ok(x.equals(new Aval([8, 512], "float32")));
  for (const y of [new Aval([512, 8], "float32"), new Aval([8, 512], "int32"), new Aval([8, 512], "float32", true)]) {
    assert.not.ok(x.equals(y), String(y));
  }
});

AvalSuite("it prints as in the style guide", () => {
  assert.is(String(new Aval([8, 512], "float32")), "f32[8,512]");
  assert.is(String(new Aval([], "float32", true)), "f32*[]");
  assert.equal(
    (["float64", "int32", "uint32", "bool"] as const).map((d) => String(new Aval([2], d))),
    ["f64[2]", "i32[2]", "u32[2]", "bool[2]"],
  );
});

AvalSuite("a shape cannot be changed behind an aval's back", () => {
  const shape = [2, 3];
  const x = new Aval(shape, "float32");
  shape[0] = 9;
  assert.equal([...x.shape], [2, 3]);
  assert.throws(() => (x.shape as number[]).push(1));
});

const of = (dtype: DType, weak = false): Aval => new Aval([], dtype, weak);
const common = (a: Aval, b: Aval): string => String(promoteDTypes("f", a, b));

AvalSuite("promotion: bool yields, floats widen, weak yields to strong floats", () => {
  assert.is(common(of("bool"), of("int32")), "i32[]");
  assert.is(common(of("uint32"), of("bool")), "u32[]");
  assert.is(common(of("float32"), of("float64")), "f64[]");
  assert.is(common(of("int32"), of("float32")), "f32[]");
  assert.is(common(of("float32", true), of("float64")), "f64[]");
  assert.is(common(of("float64"), of("float32", true)), "f64[]");
  assert.is(common(of("float32"), of("float64", true)), "f32[]");
  assert.is(common(of("float32", true), of("float32", true)), "f32*[]");
  assert.is(common(of("float32", true), of("float32")), "f32[]");
  assert.is(common(of("int32", true), of("uint32")), "u32[]");
  assert.is(common(of("int32", true), of("float32", true)), "f32*[]");
  assert.is(common(of("float32"), of("int32", true)), "f32[]");
});

AvalSuite("two kinds of integers, and an integer with a number that may have a fraction, are errors", () => {
  assert.throws(() => common(of("int32"), of("uint32")), fails("DTypeError", /^f: int32 and uint32/));
  assert.throws(
    () => common(of("int32"), of("float32", true)),
    fails("DTypeError", /i32\[\] and a plain number \(f32\*\[\]\)/),
  );
});

AvalSuite("shapes broadcast from the last axis on; a size of 0 is a size like others", () => {
  assert.equal(broadcastShapes("f", [2, 1], [3], []), [2, 3]);
  assert.equal(broadcastShapes("f", [0, 1], [1, 3]), [0, 3]);
  assert.throws(() => broadcastShapes("add", [2, 3], [2]), fails("ShapeError", /add: [\s\S]*\[2,3\] and \[2\]/));
  assert.throws(() => broadcastShapes("add", [0], [2]), fails("ShapeError", /\[0\] and \[2\]/));
});

AvalSuite("axes count from either end, are sorted, and must exist once", () => {
  assert.is(normalizeAxis("sum", -1, 3), 2);
  assert.equal(normalizeAxes("sum", 3, [-1, 0]), [0, 2]);
  assert.equal(normalizeAxes("sum", 2), [0, 1]);
  assert.throws(() => normalizeAxis("sum", 2, 2), fails("ShapeError", /axis 2 .*out of range[\s\S]*-2 to 1/));
  assert.throws(() => normalizeAxis("sum", 0, 0), fails("ShapeError", /scalar/));
  assert.throws(() => normalizeAxis("sum", 0.5, 2), fails("ArgumentError", /integer/));
  assert.throws(() => normalizeAxes("sum", 2, [1, -1]), fails("ShapeError", /twice/));
});

AvalSuite("strides are row-major, kept axes have size 1, sizes are natural numbers", () => {
  assert.equal(stridesOf([2, 3, 4]), [12, 4, 1]);
  assert.equal(keepDims([2, 3, 4], [0, 2]), [1, 3, 1]);
  assert.throws(() => checkShape("zeros", [2, -1]), fails("ShapeError", /zeros: [\s\S]*\[2,-1\]/));
  assert.throws(() => checkShape("zeros", [1.5]), fails("ShapeError", /\[1.5\]/));
});

AvalSuite.run();
