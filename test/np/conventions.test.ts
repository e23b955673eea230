/** @file The tables of docs/conventions.md, line by line. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as scipy from "../../lib/scipy/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { onReference } from "./oracle.js";

const Conventions = suite("np/conventions");
const check = onReference(Conventions);

const f64 = (value: number): Tensor => np.scalar(value, "float64");
const f64s = (...values: number[]): Tensor => np.array(values, { dtype: "float64" });
const i32 = (value: number): Tensor => np.scalar(value, "int32");
const at = (x: number, f: (x: Tensor) => Tensor) => (): Tensor => grad(f)(f64(x));

/** By what stands in the first column: how it is computed. */
const LINES: Readonly<Record<string, () => Tensor>> = {
  "`np.abs(x)` at 0": at(0, (x) => np.abs(x)),
  "`np.sign(x)` at 0": at(0, (x) => np.sign(x)),
  "`nn.relu(x)` at 0": at(0, (x) => nn.relu(x)),
  "`nn.relu(x)` at NaN": at(np.nan, (x) => nn.relu(x)),
  "`nn.relu6(x)` at 0": at(0, (x) => nn.relu6(x)),
  "`nn.relu6(x)` at 6": at(6, (x) => nn.relu6(x)),
  "`np.logaddexp(x, 0)` at NaN": at(np.nan, (x) => np.logaddexp(x, 0)),
  "`nn.klDivergence(0, x)` at 0": at(0, (x) => np.squeeze(nn.klDivergence(f64s(0), np.reshape(x, [1])))),
  "`np.maximum(x, 0)` at 0": at(0, (x) => np.maximum(x, 0)),
  "`np.minimum(x, 0)` at 0": at(0, (x) => np.minimum(x, 0)),
  "`np.clip(x, -1, 1)` at 1": at(1, (x) => np.clip(x, -1, 1)),
  "`lax.clamp(-1, x, 1)` at 1": at(1, (x) => lax.clamp(f64(-1), x, f64(1))),
  "`np.max([x, 1, 0])` at 1": at(1, (x) => np.max(np.stack([x, 1, 0]))),
  "`np.where(x > 0, x, 0)` at 0": at(0, (x) => np.where(np.greater(x, 0), x, 0)),
  "`np.floor(x)` at 0.5": at(0.5, (x) => np.floor(x)),
  "`np.round(x)` at 0.5": at(0.5, (x) => np.round(x)),
  "`np.mod(x, 1)` at 0.5": at(0.5, (x) => np.mod(x, 1)),
  "`np.sqrt(x)` at 0": at(0, (x) => np.sqrt(x)),
  "`np.power(x, 0)` at 0": at(0, (x) => np.power(x, 0)),
  "`np.power(0, x)` at 1": at(1, (x) => np.power(0, x)),
  "`np.prod([x, 2, 3])` at 0": at(0, (x) => np.prod(np.stack([x, 2, 3]))),
  "`np.logaddexp(x, 1)` at 1": at(1, (x) => np.logaddexp(x, 1)),
  "`np.logsumexp([x, -inf])` at 1": at(1, (x) => np.logsumexp(np.stack([x, -np.inf]))),
  "`np.sinc(x)` at 0": at(0, (x) => np.sinc(x)),
  "second derivative of `np.sinc(x)` at 0": at(
    0,
    grad((x: Tensor) => np.sinc(x)),
  ),
  "`np.arctan2(x, 0)` at 0": at(0, (x) => np.arctan2(x, 0)),
  "`np.hypot(x, 0)` at 0": at(0, (x) => np.hypot(x, 0)),
  "`scipy.special.xlogy(x, e)` at 0": at(0, (x) => scipy.special.xlogy(x, np.e)),

  "`np.maximum(nan, 1)`": () => np.maximum(f64(np.nan), 1),
  "`np.fmax(nan, 1)`": () => np.fmax(f64(np.nan), 1),
  "`np.max([1, nan])`": () => np.max(f64s(1, np.nan)),
  "`np.argmax([1, nan])`": () => np.argmax(f64s(1, np.nan)),
  "`np.nanargmax([nan, nan])`": () => np.nanargmax(f64s(np.nan, np.nan)),
  "`np.sort([nan, 1])[0]`": () => np.slice(np.sort(f64s(np.nan, 1)), [0]),
  "`np.sum([])`": () => np.sum(f64s()),
  "`np.prod([])`": () => np.prod(f64s()),
  "`np.mean([])`": () => np.mean(f64s()),
  "`np.round(0.5)`": () => np.round(f64(0.5)),
  "`np.round(2.5)`": () => np.round(f64(2.5)),
  "`lax.round(2.5)`": () => lax.round(f64(2.5)),
  "`np.floorDivide(-7, 2)`": () => np.floorDivide(i32(-7), 2),
  "`np.mod(-7, 2)`": () => np.mod(i32(-7), 2),
  "`np.fmod(-7, 2)`": () => np.fmod(i32(-7), 2),
  "`lax.div(-7, 2)` of int32": () => lax.div(i32(-7), i32(2)),
  "`lax.div(7, 0)` of int32": () => lax.div(i32(7), i32(0)),
  "`lax.rem(7, 0)` of int32": () => lax.rem(i32(7), i32(0)),
  "`np.divide(1, 2)` of int32": () => np.divide(i32(1), i32(2)),
  "`np.add(2147483647, 1)` of int32": () => np.add(i32(2147483647), i32(1)),
  "`np.add(true, true)`": () => np.add(np.scalar(true), true),
  "`np.multiply(true, false)`": () => np.multiply(np.scalar(true), false),
  "`np.sum([true, true])`": () => np.sum(np.array([true, true])),
  "`np.power(2, -1)` of int32 tensors": () => np.power(i32(2), i32(-1)),
  '`np.astype(2.9, "int32")`': () => np.astype(f64(2.9), "int32"),
  '`np.astype(nan, "int32")`': () => np.astype(f64(np.nan), "int32"),
  '`np.astype(3e9, "int32")`': () => np.astype(f64(3e9), "int32"),
  "`np.signbit(-0)`": () => np.signbit(f64(-0)),
  "`scipy.special.digamma(0)`": () => scipy.special.digamma(f64(0)),
  "`scipy.special.xlogy(0, 0)`": () => scipy.special.xlogy(f64(0), 0),
};

const page = readFileSync(new URL("../../docs/conventions.md", import.meta.url), "utf8");
const lines = page
  .split("\n")
  .filter((line) => /^\|.*`/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, what, value]) => [what, Number(value)] as const);

check("every line of docs/conventions.md has the value that it says", () => {
  assert.equal(
    lines.map(([what]) => what),
    Object.keys(LINES),
  );
  for (const [what, value] of lines) {
    const got = LINES[what]().item();
    const close = Object.is(got, value) || Math.abs(got - value) <= 1e-12 * Math.abs(value);
    assert.ok(close, `${what} is ${got}, the page says ${value}`);
  }
});

Conventions.run();
