/** @file The language against JAX: all cases on the reference executor, one in ten compiled natively; jax.long.ts has the other executors. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { GROUPS, readCases, readFloat32 } from "./cases.js";
import { check, checkOn, noFaults, unseen } from "./check.js";
import { DIFFERING } from "./differing.js";

const Jax = suite("jax/jax");

const seen = new Set<string>();
for (const group of GROUPS) {
  withShared(Jax, `${group}, on the reference executor`, (root) => {
    onReference(() => noFaults(check(readCases(root, group), ["eager", "jit"], seen)));
  });
}

withShared(Jax, "what is meant to differ does", () => {
  assert.equal(unseen(seen), []);
});

Jax("the conventions tell why", () => {
  const text = readFileSync(new URL("../../docs/conventions.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");
  assert.equal(
    DIFFERING.map(({ told }) => told).filter((words) => !text.includes(words)),
    [],
  );
});

withShared(Jax, "one in ten, compiled natively", async (root) => {
  await checkOn(
    "onnx",
    readFloat32(root).filter((_, i) => i % 10 === 3),
    ["jit"],
  );
});

Jax.run();
