/** @file Reading and writing at computed places. */
import { scope } from "../../../lib/core/composite.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { golden, type Row } from "./row.js";

const row = golden("np-indexing");
const flags = [true, false, true];

const along: readonly Row[] = [
  row("np.take", "take: flat", (x, i) => np.take(x, i), "differences"),
  row("np.take", "take: axis 1", (x, i) => np.take(x, i, 1), "differences"),
  row("np.take", "take: fill", (x, i) => np.take(x, i, 0), "special values"),
  row("np.take", "take: fill 7", (x, i) => np.take(x, i, 0, "fill", 7), "differences"),
  row("np.take", "take: fill of integers", (x, i) => np.take(x, i, 1), "no floats"),
  row("np.take", "take: fill of unsigned", (x, i) => np.take(x, i, 0), "no floats"),
  row("np.take", "take: fill of bools", (x, i) => np.take(x, i, 0), "no floats"),
  row("np.take", "take: clip", (x, i) => np.take(x, i, 0, "clip"), "differences"),
  row("np.take", "take: clip", (x, i) => np.take(x, i, 0, "promise_in_bounds"), "differences"),
  row("np.take", "take: wrap", (x, i) => np.take(x, i, 0, "wrap"), "differences"),
  row("np.takeAlongAxis", "takeAlongAxis", (x, i) => np.takeAlongAxis(x, i, 1), "differences"),
  row("np.takeAlongAxis", "takeAlongAxis: broadcast", (x, i) => np.takeAlongAxis(x, i), "differences"),
  row("np.takeAlongAxis", "takeAlongAxis: flat", (x, i) => np.takeAlongAxis(x, i, null), "differences"),
  row("np.takeAlongAxis", "takeAlongAxis: fill", (x, i) => np.takeAlongAxis(x, i, 0), "special values"),
  row("np.takeAlongAxis", "takeAlongAxis: clip", (x, i) => np.takeAlongAxis(x, i, 0, "clip"), "differences"),
  row("np.putAlongAxis", "putAlongAxis", (x, i, v) => np.putAlongAxis(x, i, v, 1), "differences"),
  row("np.putAlongAxis", "putAlongAxis: broadcast", (x, i, v) => np.putAlongAxis(x, i, v, 1), "differences"),
  row("np.put", "put", (x, i, v) => np.put(x, i, v), "differences"),
  row("np.put", "put: repeated values", (x, i, v) => np.put(x, i, v), "differences"),
  row("np.put", "put: wrap", (x, i, v) => np.put(x, i, v, "wrap"), "differences"),
  row("np.put", "put: drop", (x, i, v) => np.put(x, i, v), "differences"),
];

const get = (key: string, ...index: readonly (np.Index | ((xs: readonly Tensor[]) => np.Index))[]): Row[] => {
  const items = (xs: readonly Tensor[]): np.Index[] =>
    index.map((item) => (typeof item === "function" ? item(xs) : item));
  const gradient = key === "integers" ? "no floats" : "differences";
  return [
    row("np.at", `get: ${key}`, (...xs) => scope(() => np.at(xs[0], ...items(xs)).get()), gradient),
    row("np.get", `get: ${key}`, (...xs) => scope(() => np.get(xs[0], ...items(xs))), gradient),
  ];
};
const [first, second] = [1, 2].map((k) => (xs: readonly Tensor[]) => xs[k]);

const reading: readonly Row[] = [
  ...get("integers and slices", 1, "::-2", "1:4"),
  ...get("negative integer, ellipsis", -1, "...", 2),
  ...get("new axes", ":", null, np.s(1, 3), "...", null),
  ...get("slices outside", "-9:2", "9:", "-2::-1"),
  ...get("backwards", np.s(null, null, -1), "-2:0:-1"),
  ...get("nothing", "..."),
  ...get("one tensor", ":", first),
  ...get("two tensors side by side", first, second),
  ...get("two tensors apart", first, ":", second),
  ...get(
    "tensors broadcast",
    (xs) => np.expandDims(xs[1], 1),
    (xs) => np.expandDims(xs[2], 0),
  ),
  ...get("tensor and integer apart", 0, "1:3", first),
  ...get("tensor and integer side by side", ":", 1, first),
  ...get("tensor, slice with a step, new axis", first, null, "::-2"),
  ...get("tensor behind slices", "1:", "1::2", first),
  ...get("new axis between tensors", first, null, second),
  ...get("scalar tensor", ":", first),
  ...get("integers", first, ":", second),
  ...get("mask", () => np.array(flags)),
  row("np.s", "get: backwards", (x) => np.get(x, np.s(null, null, -1), np.s(-2, 0, -1)), "differences"),
  row("np.at", "get: mask of two axes", (x, m) => np.at(x, m).get(), "differences", { eagerOnly: true }),
  row("np.at", "get: mask and slice", (x, m) => np.at(x, "1:", m, "::2").get(), "differences", { eagerOnly: true }),
  row("np.at", "get: fill", (x, i) => np.at(x, ":", i).get({ mode: "fill" }), "special values"),
  row("np.at", "get: clip", (x, i) => np.at(x, ":", i).get({ mode: "clip" }), "differences"),
  row("np.at", "get: clip", (x, i) => np.at(x, ":", i).get(), "differences"),
  row(
    "np.at",
    "get: fill of the mask of both",
    (x, i) => np.at(x, i, i).get({ mode: "fill", fillValue: 5.5 }),
    "differences",
  ),
];

const OPERATIONS = ["set", "add", "subtract", "multiply", "divide", "min", "max"] as const;
/** By repeated values a product has no derivative. */
const repeats = (op: (typeof OPERATIONS)[number]): boolean => op === "multiply" || op === "divide";

const writing: readonly Row[] = [
  ...OPERATIONS.flatMap((op) => [
    row("np.at", `${op}: repeated places`, (x, i, v) => np.at(x, i)[op](v), repeats(op) ? "a kink" : "differences"),
    row("np.at", `${op}: apart`, (x, i, j, v) => np.at(x, i, ":", j)[op](v, { uniqueIndices: true }), "differences"),
    row("np.at", `${op}: slices`, (x, v) => np.at(x, "::-1", "1:3")[op](v), "differences"),
    row("np.at", `${op}: integer`, (x, v) => np.at(x, 1, "...", -1)[op](v), "differences"),
  ]),
  row("np.at", "set: new axis", (x, v) => np.at(x, 0, null, "1:3").set(v), "differences"),
  row("np.at", "set: step", (x, i, v) => np.at(x, i, "::-3").set(v), "differences"),
  row("np.at", "set: mask", (x, m, v) => np.at(x, m).set(v), "differences", { eagerOnly: true }),
  row("np.at", "set: mask, values in order", (x, m, v) => np.at(x, m).set(v), "differences", { eagerOnly: true }),
  row("np.at", "set: bools", (x, i, v) => np.at(x, i).set(v), "no floats"),
  row("np.at", "add: integers", (x, i, v) => np.at(x, ":", i).add(v), "no floats"),
  row("np.at", "power: repeated places", (x, i, v) => np.at(x, i).power(v), "a kink"),
  row("np.at", "apply", (x) => np.at(x, ":", ":2").apply(np.sin), "differences"),
  row("np.at", "set: dropped outside", (x, i, v) => np.at(x, i).set(v), "differences"),
  row("np.at", "set: dropped outside", (x, i, v) => np.at(x, i).set(v, { mode: "promise_in_bounds" }), "differences"),
  row("np.at", "set: clipped outside", (x, i, v) => np.at(x, i).set(v, { mode: "clip" }), "differences"),
];

export const rows: readonly Row[] = [...along, ...reading, ...writing];
