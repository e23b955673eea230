import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EndInfo } from "../../lib/lab/listener.js";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import type { Summary } from "../../lib/lab/results.js";
import { nodeStore } from "../../lib/store/node.js";
import { temporaryFolder } from "../io/folder.js";
import { linesOf, ownTask, SMALL, textOf } from "../lab/own-task.js";
import { refusal } from "../lab/refused.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Doctor = suite("cli/doctor");
const folder = temporaryFolder(Doctor);
const tasks = [ownTask()];

interface Found {
  readonly runs: readonly {
    readonly path: string;
    readonly tuned?: number;
    readonly untuned?: number;
    readonly majority?: number;
    readonly bestStep?: number;
    readonly findings: readonly { readonly rule: string; readonly found: string; readonly remedy: string }[];
  }[];
}
const foundIn = ({ runs }: Found, at = 0): Readonly<Record<string, string>> =>
  Object.fromEntries(runs[at].findings.map(({ rule, found }) => [rule, found]));

/** Two steps that change next to nothing, on inputs and targets that are cut. */
const HOPELESS: RecipeInput = {
  ...SMALL,
  optimizer: { name: "adafactor", learningRate: 1e-9 },
  lengths: { input: 5, target: 2 },
  evaluation: { every: 1, inputLength: 5 },
};

Doctor(
  "of a real run it says which rules fire, with the numbers of its folder, and the run ends with them",
  async () => {
    const path = join(folder, "hopeless");
    const ends: EndInfo[] = [];
    const listener = { end: (_: unknown, info: EndInfo) => void ends.push(info) };
    const summary = (await run(HOPELESS, { store: nodeStore(path), tasks, listener })) as Summary;
    const told = await fluxionJson<Found>("doctor", path);
    const found = foundIn(told);
    assert.match(found["learning-rate"], /^the learning rate is 1e-9; .* worked for prompt with adafactor$/);
    assert.is(found["cut-targets"], "6 of 6 training targets are cut to 2 tokens; the longest has 4");
    assert.is(
      found["cut-inputs"],
      "6 of 6 (100.0 %) training inputs are cut to 5 tokens; the longest has 7; 4 of 4 (100.0 %) dev inputs are cut to 5 tokens",
    );
    for (const rule of ["gradient", "tokenizer", "not-lm-adapted", "overfitting"])
      assert.is(found[rule], undefined, rule);
    const [{ tuned, untuned, majority, bestStep }] = told.runs;
    const { accuracy } = summary.untuned;
    assert.equal([tuned, untuned, majority, bestStep], [summary.score, accuracy, 50, summary.bestStep]);
    assert.ok(summary.score <= 50, "else this run is not hopeless");
    assert.equal(
      ends[0].findings?.map(({ rule }) => rule),
      told.runs[0].findings.map(({ rule }) => rule),
    );
    const { out } = await fluxion(["doctor", path]);
    assert.ok(
      out.startsWith(`${path}: tuned ${summary.score.toFixed(1)} at step ${summary.bestStep}, not tuned `),
      out,
    );
    assert.ok(out.includes(`\n- cut-targets: ${found["cut-targets"]}\n  remedy: set lengths.target to 0`), out);
  },
);

Doctor("the norm of each gradient is recorded, and is above zero", async () => {
  const lines = readFileSync(join(folder, "hopeless", "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const norms = lines.map((line) => JSON.parse(line).gradientNorm).filter((norm) => norm !== undefined);
  assert.is(norms.length, 2);
  assert.ok(
    norms.every((norm) => norm > 0 && Number.isFinite(norm)),
    `${norms}`,
  );
});

Doctor("a run that broke off with NaN is diagnosed, too, and a line that was cut off is left out", async () => {
  const path = join(folder, "broken");
  const broken: RecipeInput = {
    ...SMALL,
    method: "norms",
    steps: 20,
    optimizer: { name: "sgd", learningRate: 1e38 },
    evaluation: { every: 20 },
  };
  const error = await refusal(run(broken, { store: nodeStore(path), tasks }), "ArgumentError");
  assert.match(error.what, /the loss is NaN at step 2/);
  appendFileSync(join(path, "metrics.jsonl"), '{"step":3,"lo');
  const told = await fluxionJson<Found>("doctor", path);
  assert.is(foundIn(told).gradient, "the loss of step 2 is not a finite number");
  assert.match((await fluxion(["doctor", path])).out, /broken: no evaluation yet, not tuned /);
});

Doctor("of several seeds each run is diagnosed; without findings it says that", async () => {
  const path = join(folder, "seeds");
  await run({ ...SMALL, steps: 0, seeds: 2, optimizer: { name: "sgd" } }, { store: nodeStore(path), tasks });
  const told = await fluxionJson<Found>("doctor", path);
  assert.equal(
    told.runs.map((one) => one.path),
    ["seed-0", "seed-1"].map((seed) => join(path, seed)),
  );
  const { out } = await fluxion(["doctor", path]);
  assert.is(out.split("\n\n").length, 2);
});

Doctor("where no rule fires it says what to try next", async () => {
  const path = join(folder, "quiet");
  const store = nodeStore(path);
  await run({ ...SMALL, steps: 0, optimizer: { name: "sgd" } }, { store, tasks });
  const [start, ...lines] = (await linesOf(store)).map((line) => JSON.stringify(line));
  const answers = (await textOf(store, "predictions.jsonl")).trimEnd().split("\n");
  const given = answers.map((line, i) => {
    const answer = { ...JSON.parse(line), prediction: i % 2 ? "glad" : "sad", valid: true };
    return `${JSON.stringify(answer)}\n`;
  });
  await store.write("predictions.jsonl", given.join(""));
  const [bare, scored] = [JSON.parse(start), JSON.parse(lines[0])];
  const baselines = {
    ...bare,
    sentinels: { answers: 0, of: 4 },
    untuned: { accuracy: 60 },
    majority: { accuracy: 50 },
  };
  const said = async (accuracy: number): Promise<string> => {
    const evaluation = { ...scored.evaluation, accuracy, score: accuracy };
    const written = [baselines, { ...scored, evaluation }].map((line) => `${JSON.stringify(line)}\n`);
    await store.write("metrics.jsonl", written.join(""));
    return (await fluxion(["doctor", path])).out;
  };
  assert.match(
    await said(55),
    /none of the 10 rules fires\nto try next: more steps \(npx fluxion train --resume .*quiet --steps N\)/,
  );
  assert.match(await said(70), /none of the 10 rules fires\nthe run beats its baselines\n$/);
  await store.write("metrics.jsonl", `${JSON.stringify(baselines)}\n`);
  await store.remove("predictions.jsonl");
  const { out } = await fluxion(["doctor", path]);
  assert.match(
    out,
    /none of the 10 rules fires\nnothing is evaluated yet; to go on: npx fluxion train --resume .*quiet\n$/,
  );
});

Doctor("a folder without a run is refused", async () => {
  assert.match(await failure("doctor", folder), /there is no run here/);
});

Doctor.run();
