/** @file `fluxion pretrain`, killed at twenty moments of one run. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundled, ended, start, temporary } from "../../helpers/program.js";
import { seeded } from "../../helpers/seeded.js";
import { writeSmallModel } from "../small-model.js";
import { toyCorpus } from "./toy.js";

const Resume = suite("lab/pretraining/resume");

const folder = temporary("pretraining");
Resume.after(() => rmSync(folder, { recursive: true, force: true }));

const STEPS = 24;
const sizes = { dModel: 32, dKv: 8, dFf: 64, numHeads: 4, numLayers: 2 };

/** The lines of metrics.jsonl without timings. */
const metrics = (dir: string): unknown[] =>
  readFileSync(join(dir, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));

const linesSoFar = (dir: string): number =>
  existsSync(join(dir, "metrics.jsonl")) ? readFileSync(join(dir, "metrics.jsonl"), "utf8").split("\n").length - 1 : 0;

/** The models of a run by their paths. */
const models = (dir: string): Readonly<Record<string, Buffer>> => {
  const paths = (readdirSync(dir, { recursive: true }) as string[]).filter((path) =>
    path.endsWith("model.safetensors"),
  );
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(dir, path))]));
};

Resume("a run that is killed twenty times leaves the metrics and the models of one that was not", async () => {
  const program = await bundled(
    join(folder, "program"),
    fileURLToPath(new URL("../../../lib/cli/fluxion.ts", import.meta.url)),
  );
  const model = join(folder, "model");
  await writeSmallModel(model);
  const args = [
    ...["pretrain", "--corpus", toyCorpus(folder), "--held-out", "0.1", "--model", model, "--executor", "tfjs"],
    ...["--max-input-length", "24", "--batch-size", "4", "--dropout", "0.1", "--seed", "3"],
    ...["--steps", `${STEPS}`, "--evaluate-every", "1", "--save-at", "7,15", "objective.validationRows=4"],
    ...Object.entries(sizes).map(([name, size]) => `objective.start.${name}=${size}`),
  ];
  const whole = join(folder, "whole");
  const unbroken = await ended(start([...args, "--out", whole], program));
  assert.is(unbroken.code, 0, unbroken.err);

  const broken = join(folder, "broken");
  const again = (): string[] =>
    existsSync(join(broken, "recipe.json")) ? ["pretrain", "--resume", broken] : [...args, "--out", broken];
  const random = seeded(2026);
  const moments = Array.from({ length: 20 }, (_, i) => (i < 2 ? 0 : random.int(2 * STEPS - 6))).sort((a, b) => a - b);
  for (const lines of moments) {
    const child = start(again(), program);
    const delay = random.between(0, lines === 0 ? 1000 : 30);
    let timer: NodeJS.Timeout | undefined;
    const watch = setInterval(() => {
      if (linesSoFar(broken) >= lines) timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
    }, 5);
    const { signal, err } = await ended(child);
    clearInterval(watch);
    clearTimeout(timer);
    assert.is(signal, "SIGKILL", err);
  }
  console.log(`  killed after ${moments.join(", ")} lines of metrics`);
  const last = await ended(start(again(), program));
  assert.is(last.code, 0, last.err);
  assert.equal(metrics(broken), metrics(whole));
  const [got, want] = [models(broken), models(whole)];
  assert.equal(Object.keys(got), Object.keys(want));
  assert.is(Object.keys(want).length, 4);
  for (const path of Object.keys(want)) assert.ok(got[path].equals(want[path]), path);
});

Resume.run();
