import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differencesOf, misfitError, type TensorInfo } from "../../lib/edge/fit.js";

const Fit = suite("edge/fit");

const f32 = (...shape: number[]): TensorInfo => ({ shape, dtype: "float32" });
const want = (name: string, info: TensorInfo, ...aliases: string[]) => ({ ...info, names: [name, ...aliases] });
const present = (tensors: Record<string, TensorInfo>) => new Map(Object.entries(tensors));

Fit("no differences are no error", () => {
  const differences = differencesOf([want("a", f32(2)), want("b", f32(1), "c")], present({ a: f32(2), c: f32(1) }));
  assert.is(misfitError("load", "m", 2, differences), undefined);
});

Fit("all kinds are told together", () => {
  const wanted = [want("a", f32(2)), want("b", f32(3)), want("c", f32())];
  const there = present({ b: f32(4), c: { shape: [], dtype: "int32" }, d: f32(1), old: f32(1) });
  const error = misfitError("load", "m.safetensors", 3, differencesOf(wanted, there, new Set(["old"])), {
    hint: "a hint",
  });
  assert.is(
    error?.message,
    [
      "load: the tensors of the file do not fit",
      "  expected  3 tensors",
      "  got       1 missing: a",
      "            1 unexpected: d",
      "            2 mis-shaped: b is f32[4], not f32[3], c is i32[], not f32[]",
      "  at        m.safetensors",
      "  hint      a hint",
    ].join("\n"),
  );
});

Fit("many of a kind are counted, and the first four are named", () => {
  const wanted = Array.from({ length: 7 }, (_, i) => want(`t${i}`, f32(1)));
  assert.match(
    misfitError("load", "m", 7, differencesOf(wanted, new Map()))?.message ?? "",
    "7 missing: t0, t1, t2, t3, and 3 more",
  );
});

Fit("a copy under another name has to fit as well", () => {
  const { misfits, unexpected } = differencesOf([want("a", f32(2), "b")], present({ a: f32(2), b: f32(3) }));
  assert.equal([misfits.map(({ name }) => name), unexpected], [["b"], []]);
});

Fit.run();
