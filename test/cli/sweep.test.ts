/** @file `fluxion sweep` from the command line: a plan that writes nothing, runs in their own processes, and where they stand. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../io/folder.js";
import { idsOf, smallBase, sweepFile } from "../lab/sweep/small-sweep.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Sweep = suite("cli/sweep");
const folder = temporaryFolder(Sweep);
const out = (): string => join(folder, "sweep");
let file: string;

Sweep.before(async () => {
  const base = await smallBase(join(folder, "inputs"), 2);
  file = sweepFile(join(folder, "seeds.json"), { base, grid: { seed: [0, 1] } });
});

interface Planned {
  readonly runs: readonly { readonly id: string; readonly label: string; readonly done: boolean }[];
  readonly removed: readonly string[];
  readonly cost?: { readonly seconds: number; readonly peakBytes: number; readonly kinds: number };
}

Sweep("a plan lists runs, their differences and what they cost, and writes nothing", async () => {
  const plan = await fluxionJson<Planned>("sweep", "plan", file, "--out", out());
  assert.equal(
    plan.runs.map(({ label, done }) => [label, done]),
    [
      ["seed=0", false],
      ["seed=1", false],
    ],
  );
  assert.ok(plan.cost !== undefined && plan.cost.seconds > 0 && plan.cost.peakBytes > 0, JSON.stringify(plan.cost));
  assert.is(plan.cost.kinds, 1);
  assert.not.ok(existsSync(out()));
  const { out: text } = await fluxion(["sweep", "plan", file, "--out", out(), "--no-estimate"]);
  assert.ok(text.includes("2 runs in ") && text.includes("0 done, 2 new, 2 to do"), text);
});

Sweep("run does what is not done yet, status tells it, and a changed plan keeps what it leaves out", async () => {
  const first = await fluxion(["sweep", "run", file, "--out", out(), "--jobs", "2"]);
  assert.ok(first.out.includes("2 done, 0 failed"), first.out);
  const ids = idsOf(out());
  for (const id of ids) assert.ok(existsSync(join(out(), "runs", id, "summary.json")), id);
  const status = await fluxionJson<{ readonly runs: readonly { readonly kind: string }[] }>("sweep", "status", out());
  assert.equal(
    status.runs.map(({ kind }) => kind),
    ["done", "done"],
  );
  const again = await fluxion(["sweep", "work", out()]);
  assert.ok(again.out.includes("0 done, 0 failed"), again.out);
  const base = await smallBase(join(folder, "inputs"), 2);
  const changed = sweepFile(join(folder, "changed.json"), { base, grid: { seed: [1, 2] } });
  const plan = await fluxionJson<Planned>("sweep", "plan", changed, "--out", out(), "--no-estimate");
  assert.equal(plan.removed, [ids[0]]);
  assert.equal(
    plan.runs.map(({ done }) => done),
    [true, false],
  );
});

Sweep("a folder without a sweep, a file that is not there, and a setting that is unknown are refused", async () => {
  assert.ok((await failure("sweep", "status", folder)).includes("there is no sweep here"));
  assert.ok((await failure("sweep", "plan", join(folder, "gone.yaml"))).includes("gone.yaml"));
  const wrong = sweepFile(join(folder, "wrong.json"), { grid: { "method.lenght": [1, 2] } });
  const message = await failure("sweep", "plan", wrong);
  assert.ok(message.includes("wrong.json, line 1") && message.includes("did you mean length?"), message);
  assert.ok((await failure("sweep", "work", out(), "--redo", "nothing")).includes("no run of the plan has this id"));
});

Sweep.run();
