/** @file A run that goes on by itself as one of several: what `fluxion train` prints, and what the folder above says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { nodeStore } from "../../lib/store/node.js";
import { fewRows } from "../helpers/program.js";
import { temporaryFolder } from "../io/folder.js";
import { fluxion } from "./run.js";

const Part = suite("cli/train-part");
const folder = temporaryFolder(Part);
const out = join(folder, "runs");

const RECIPE: RecipeInput = {
  train: "cb",
  data: join(folder, "data"),
  steps: 1,
  seeds: 2,
  method: { name: "prompt", length: 2 },
  batch: { examples: 2 },
  lengths: { input: 32 },
  executor: "tfjs",
};

Part.before(async () => {
  fewRows(join(folder, "data"), 8, 3);
  await run(RECIPE, { store: nodeStore(out) });
});

/** The lines that `fluxion train` prints. */
const printedBy = async (...args: readonly string[]): Promise<readonly string[]> => {
  const { log } = console;
  const lines: string[] = [];
  console.log = (line: string) => lines.push(line);
  try {
    await fluxion(["train", ...args]);
  } finally {
    console.log = log;
  }
  return lines;
};

const stepsOf = (): readonly number[] => {
  const { runs } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as {
    readonly runs: Readonly<Record<string, { readonly steps: number }>>;
  };
  return Object.values(runs).map(({ steps }) => steps);
};

Part("the summary of the folder above is brought up to date, and named", async () => {
  const lines = await printedBy("--resume", join(out, "seed-1"), "--steps", "2");
  assert.is(lines.at(-1), `with this run among several: ${join(out, "summary.json")}`);
  assert.equal(stepsOf(), [1, 2]);
});

Part(
  "where another process keeps that folder, the run is done, and it is told how to bring it up to date",
  async () => {
    const free = await nodeStore(out).lock(() => false);
    const lines = await printedBy("--resume", join(out, "seed-1"), "--steps", "3");
    await free();
    const said = lines.at(-1) ?? "";
    assert.match(said, "the summary of the runs is not up to date: another process writes into this folder");
    assert.ok(said.includes(`npx fluxion train --resume ${out} brings it up to date`), said);
    assert.equal(stepsOf(), [1, 2]);
    await printedBy("--resume", out);
    assert.equal(stepsOf(), [1, 3]);
  },
);

Part.run();
