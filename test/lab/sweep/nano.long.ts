/** @file An excerpt of the experiments at nano size, as `fluxion sweep run` does them: with a kill it comes to the same tables. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readReport } from "../../../lib/lab/report/report.js";
import { loadSweep } from "../../../lib/lab/sweep/sweep-file.js";
import { pause } from "../../helpers/pause.js";
import { ended, temporary } from "../../helpers/program.js";
import { bundledSweep, childrenBelow, idsOf, isDone, sweepFile, worker } from "./small-sweep.js";

const Nano = suite("lab/sweep/nano");
const folder = temporary("nano");
Nano.after(() => rmSync(folder, { recursive: true, force: true }));

const root = fileURLToPath(new URL("../../../", import.meta.url));
const experiments = join(root, "experiments", "nano");

/** Six of the runs of figure 3 (a), on one task, and shorter. */
const excerpt = async (): Promise<object> => {
  const all = (await loadSweep(join(experiments, "figure-3a-length.yaml"))).map(({ recipe }) => recipe);
  const some = all.filter(({ method }) => method.name === "prompt" && [1, 20].includes(method.length));
  assert.is(some.length, 6);
  const places = { model: join(root, "models/0.6m/mixture"), data: join(root, "assets/superglue-mini") };
  const less = { train: "cb", each: false, steps: 20, evaluation: { every: 10 } };
  const runs = some.map(({ method, seed }) => ({ seed, method, ...places, ...less }));
  return { base: join(experiments, "recipe.yaml"), runs };
};

/** What the tables say, without times, memory and folders. */
const tablesIn = async (sweep: string) => {
  const { tables, warnings } = await readReport([sweep]);
  return {
    warnings,
    tables: tables
      .filter(({ id }) => id !== "cost")
      .map(({ id, rows }) => ({ id, rows: rows.map((row) => row.map(({ text }) => text)) })),
  };
};

Nano("an excerpt of six runs with one kill gives the tables of an unbroken one", async () => {
  const program = await bundledSweep(join(folder, "program"));
  const file = sweepFile(join(folder, "excerpt.json"), await excerpt());
  const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
  const unbroken = await ended(worker(program, "run", file, "--out", whole, "--jobs", "2"));
  assert.is(unbroken.code, 0, unbroken.err);

  const first = worker(program, "run", file, "--out", broken, "--jobs", "2", "--lease", "3");
  const firstEnded = ended(first);
  while (childrenBelow(broken).length < 2 || !idsOf(broken).some((id) => isDone(broken, id))) await pause(50);
  first.kill("SIGKILL");
  assert.is((await firstEnded).signal, "SIGKILL");
  const left = idsOf(broken).filter((id) => !isDone(broken, id));
  assert.ok(left.length > 0, "it was killed on the way");
  const second = await ended(worker(program, "run", file, "--out", broken, "--jobs", "2", "--lease", "3"));
  assert.is(second.code, 0, second.err);

  const tables = await tablesIn(whole);
  assert.ok(tables.tables.some(({ id }) => id === "tasks"));
  assert.equal(await tablesIn(broken), tables);
});

Nano.run();
