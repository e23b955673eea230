/**
 * @file Every example runs and prints what it says to expect.
 *
 * A line `loss: 0.31 (expected at most 0.5)` is held to its word; without "at least" or "at most" the text before the bracket must be equal.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, memory } from "../lib/index.js";
import { runModule } from "./docs/run-module.js";

const Examples = suite("examples");
const folder = fileURLToPath(new URL("../examples", import.meta.url));
/** The main job has options and files, and tests of its own. */
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "superglue.ts");

const CLAIM = /: (\S+)(?: %)? \(expected (at least |at most )?(\S+)(?: %)?\)$/;

/** What is wrong with a printed line; undefined when nothing is, null when it claims nothing. */
const fault = (line: string): string | null | undefined => {
  const claim = CLAIM.exec(line);
  if (claim === null) return null;
  const [, got, bound, want] = claim;
  const holds =
    bound === undefined
      ? got === want
      : bound === "at least "
        ? Number(got) >= Number(want)
        : Number(got) <= Number(want);
  return holds ? undefined : line;
};

for (const name of files) {
  Examples(`${name} prints what it says to expect`, async () => {
    await init();
    const before = memory().arrays;
    const { lines, error } = await runModule(join(folder, name));
    if (error !== undefined) throw error;
    const arrays = memory().arrays - before;
    const faults = lines.map(fault);
    assert.ok(faults.includes(undefined), "at least one line says what to expect");
    assert.ok(arrays < 200, `${arrays} tensors are left: a loop that frees nothing`);
    assert.equal(
      faults.filter((f) => typeof f === "string"),
      [],
    );
  });

  Examples(`${name} is a page of code`, () => {
    const lines = readFileSync(join(folder, name), "utf8").split("\n").length - 1;
    assert.ok(lines < 80, `${lines} lines`);
  });
}

Examples("a broken promise is noticed", () => {
  assert.is(fault("slope: 2.9 (expected 3.0)"), "slope: 2.9 (expected 3.0)");
  assert.is(fault("accuracy: 94.9 % (expected at least 95 %)"), "accuracy: 94.9 % (expected at least 95 %)");
  assert.is(fault("loss: 0.6 (expected at most 0.5)"), "loss: 0.6 (expected at most 0.5)");
  assert.is(fault("loss: NaN (expected at most 0.5)"), "loss: NaN (expected at most 0.5)");
  assert.is(fault("loss: 0.4 (expected at most 0.5)"), undefined);
  assert.is(fault("step 100"), null);
});

Examples.run();
