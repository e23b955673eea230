/** Printing, held to texts that NumPy 2.4.6 printed (`test/golden/make/np-print.py`). */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import type { DType } from "../../lib/core/aval.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { allocate, type TypedArray } from "../../lib/core/host.js";
import { printArray, printValues } from "../../lib/core/print.js";
import { setRuntime } from "../../lib/core/runtime.js";
import { Literal, literalOf, type Tensor } from "../../lib/core/tensor.js";
import { square } from "../../lib/np/elementwise.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { bool, f32, i32 } from "../helpers/runtime.js";

interface Case {
  readonly shape: number[];
  readonly dtype: DType;
  readonly values?: (number | "nan" | "inf" | "-inf" | "-0")[];
  /** The first element, and the distance to the next. */
  readonly span?: [number, number];
  readonly text: string;
}
const SPELLED = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity, "-0": -0 };
const cases = JSON.parse(readFileSync(new URL("../golden/data/np-print.json", import.meta.url), "utf8")) as Case[];

const dataOf = ({ shape, dtype, values, span }: Case): TypedArray => {
  const data = allocate(
    dtype,
    shape.reduce((a, b) => a * b, 1),
  );
  values?.forEach((x, i) => {
    data[i] = typeof x === "number" ? x : SPELLED[x];
  });
  if (span !== undefined) data.set(data.map((_, i) => span[0] + i * span[1]));
  return data;
};

const Print = suite("core/print");
let before: ReturnType<typeof setRuntime>;
Print.before(() => {
  before = setRuntime(runtimeOn(referenceExecutor()));
});
Print.after(() => void setRuntime(before));

Print("values are printed as by NumPy", () => {
  assert.ok(cases.length > 50);
  for (const { shape, dtype, text, ...rest } of cases) {
    assert.is(printValues({ shape, dtype, data: dataOf({ shape, dtype, text, ...rest }) }, 7), text);
  }
});

Print("shape and dtype follow, on the next line where the last one is full", () => {
  const data = Float32Array.from({ length: 7 }, (_, i) => 100 + i + 0.125);
  assert.is(printArray("Tensor", { shape: [1], dtype: "float32", data: data.subarray(0, 1) }).split("\n").length, 1);
  const long = printArray("Tensor", { shape: [7], dtype: "float32", data }).split("\n");
  assert.is(long.at(-1), "       shape=[7], dtype=float32)");
  assert.ok(long.every((line) => line.length <= 75));
});

Print("String, console.log and JSON show a tensor's values, inside of trees too", () => {
  using x = i32([1, 2, 3, 4], [2, 2]);
  using mask = bool([true, false]);
  const text = "Tensor([[1, 2],\n        [3, 4]], shape=[2, 2], dtype=int32)";
  assert.is(String(x), text);
  assert.is(`${x}`, text);
  assert.is(inspect(x), text);
  assert.is(String(mask), "Tensor([ true, false], shape=[2], dtype=bool)");
  assert.is(inspect({ w: { b: mask } }), "{ w: { b: Tensor([ true, false], shape=[2], dtype=bool) } }");
  assert.is(JSON.stringify({ x, mask, half: literalOf(0.5) }), '{"x":[[1,2],[3,4]],"mask":[true,false],"half":0.5}');
  assert.is(String(literalOf(2)), "Tensor(2., shape=[], dtype=float32, weak=true)");
  assert.is(String(new Literal(2, "int32")), "Tensor(2, shape=[], dtype=int32)");
});

Print("a disposed tensor says so, and does not throw", () => {
  const x = f32([1, 2]);
  x.dispose();
  assert.is(String(x), "Tensor(<it was disposed>, shape=[2], dtype=float32)");
});

Print("a tracer shows its aval, and the transformation it lives in", () => {
  const seen: string[] = [];
  const look = (x: Tensor): Tensor => {
    seen.push(String(x), inspect([x]), JSON.stringify({ x }));
    return square(x);
  };
  const loss = Object.defineProperty((x: Tensor) => look(x), "name", { value: "loss" });
  grad(loss)(literalOf(3));
  using xs = f32([1, 2]);
  vmap(loss)(xs).dispose();
  jit(loss)(xs).dispose();
  for (const [i, name] of ["grad", "vmap", "jit"].entries()) {
    const own = seen.slice(3 * i, 3 * i + 3);
    for (const text of own) assert.match(text, new RegExp(`Traced<f32\\*?\\[2?\\] given as [^>]* in ${name} of loss>`));
  }
});

Print("a jaxpr prints as a program", () => {
  using program = makeJaxpr(square)(literalOf(3));
  assert.is(inspect(program), String(program));
  assert.is(inspect(program.jaxpr), String(program));
});

Print("JavaScript's operators are refused, with the hint", () => {
  using x = f32([1]);
  const refused = (e: unknown) =>
    isFluxionError(e, "UnsupportedError") && /np\.multiply[\s\S]*item\(\)/.test(e.message);
  const times2 = (t: Tensor): number => (t as unknown as number) * 2;
  for (const t of [x, literalOf(3), new Literal(3, "int32")]) {
    assert.throws(() => times2(t), refused);
    assert.throws(() => (t as unknown as number) > 1, refused);
    assert.throws(() => (t as unknown as string) + (t as unknown as string), refused);
    assert.throws(() => Math.sqrt(t as unknown as number), refused);
  }
  assert.throws(() => grad((t: Tensor) => square(times2(t)))(literalOf(3)), refused);
  assert.throws(() => jit((t: Tensor) => square(times2(t)))(literalOf(3)), refused);
});

Print.run();
