import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RULES } from "../../lib/lab/doctor-rules.js";
import { WORKING_RATES } from "../../lib/lab/learning-rates.js";
import { withDoctorTables } from "../../scripts/doctor-tables.js";
import { type SweepLine, sweepLines, workingRates } from "../../scripts/learning-rates.js";

const Troubleshooting = suite("docs/troubleshooting");

Troubleshooting("the tables of docs/troubleshooting.md are those of the rules and of the sweep", () => {
  const page = readFileSync("docs/troubleshooting.md", "utf8");
  assert.is(page, withDoctorTables(page), "run scripts/doctor-tables.ts");
  for (const { name } of RULES) assert.ok(page.includes(`| \`${name}\``), name);
});

Troubleshooting("the rates that worked are those of the sweep", () => {
  assert.equal(WORKING_RATES, workingRates(sweepLines()));
});

Troubleshooting("a rate worked from half of the way between the baseline and the best score on", () => {
  const line = (rate: number, score: number | null): SweepLine => ({
    ...{ method: "prompt", optimizer: "sgd", rate, task: "cb", seed: 0, steps: 1, score },
    baseline: score === null ? null : 40,
  });
  const lines = [line(0.1, 49), line(1, 50), line(10, 60), line(100, 55), line(1000, null), line(1e4, 41)];
  assert.equal(workingRates(lines), { prompt: { sgd: { lowest: 1, highest: 100 } } });
  assert.equal(workingRates([line(1, 40), line(2, 30)]), {});
});

Troubleshooting.run();
