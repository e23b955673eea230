/** @file Examples with their answers as a text. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { demonstrations } from "../../lib/data/demonstrations.js";

const Demonstrations = suite("data/demonstrations");

const examples = ["a?", "b?", "c?", "d?"].map((inputs, i) => ({
  id: `${i}`,
  inputs,
  targets: inputs[0].toUpperCase(),
  truth: i,
}));
const tokenizer = { encode: (text: string): number[] => [...text].map((c) => c.charCodeAt(0)) };
const text = (options: Parameters<typeof demonstrations>[2]): string =>
  String.fromCharCode(...demonstrations(examples, tokenizer, options));
const throws = (options: Parameters<typeof demonstrations>[2], message: RegExp): void =>
  assert.throws(
    () => text(options),
    (e: unknown) => isFluxionError(e, "ArgumentError") && message.test(e.message),
  );

Demonstrations("each example stands once, with its own answer behind it, and no end of sequence", () => {
  const all = text({ count: 4 });
  assert.equal(all.match(/[a-d]\? [A-D]/g)?.sort(), ["a? A", "b? B", "c? C", "d? D"]);
  assert.is(all.length, "a? A b? B c? C d? D".length);
});

Demonstrations("fewer are the first of the same order, which the seed draws", () => {
  const all = text({ count: 4, seed: 3 });
  assert.is(text({ count: 2, seed: 3 }), all.slice(0, 9));
  const orders = new Set(Array.from({ length: 20 }, (_, seed) => text({ count: 4, seed })));
  assert.ok(orders.size > 5, `${orders.size} orders`);
});

Demonstrations("the task's name stands in front of each", () => {
  assert.match(text({ count: 2, name: "cb" }), /^cb .\? . cb .\? .$/);
});

Demonstrations("too long a text and too few examples are errors that name the remedy", () => {
  assert.is(text({ count: 2, length: 9 }).length, 9);
  throws({ count: 2, length: 8 }, /at most 8 ids[\s\S]*9[\s\S]*fewer than 2 examples/);
  for (const count of [0, 5, 1.5]) throws({ count }, /from 1 to 4/);
});

Demonstrations.run();
