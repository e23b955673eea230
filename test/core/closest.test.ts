import { suite } from "uvu";
import * as assert from "uvu/assert";
import { closest, similar } from "../../lib/core/closest.js";

const Closest = suite("core/closest");

Closest("the fewest changes win, of equally near names the first, and case does not count", () => {
  const names = ["boolq", "cb", "copa", "rte", "LoRA"];
  const cases: readonly (readonly [string, string])[] = [
    ["cbb", "cb"],
    ["RTE", "rte"],
    ["boolean", "boolq"],
    ["lora", "LoRA"],
    ["", "cb"],
  ];
  for (const [name, want] of cases) assert.is(closest(name, names), want, name);
  assert.is(closest("xx", ["ab", "cd"]), "ab");
});

Closest("a name is similar unless more than two thirds of it would change", () => {
  assert.is(similar("keepdims", ["axis", "keepDims"]), "keepDims");
  assert.is(similar("static_argnums", ["donate", "static"]), "static");
  assert.is(similar("lr", ["learningRate", "mask"]), undefined);
});

Closest.run();
