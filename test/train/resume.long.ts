import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ended, fewRows, runProgram, start, temporary } from "../helpers/program.js";

const Resume = suite("train/resume");

const folder = temporary("resume");
const data = fewRows(join(folder, "data"));
Resume.after(() => rmSync(folder, { recursive: true, force: true }));

const settings = [
  ...["--data", data, "--steps", "300", "--batch-size", "4", "--prompt-length", "4", "--evaluate-every", "1"],
  ...["--evaluation-tokens", "300", "--patience", "0", "--dropout", "0.1", "--seed", "3"],
];

/** The lines of metrics.jsonl without timings. */
const metrics = (dir: string): unknown[] =>
  readFileSync(join(dir, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));

/** What remains of a run: everything that does not tell the time. */
const remains = (dir: string) => ({
  metrics: metrics(dir),
  prompt: readFileSync(join(dir, "prompt.npy")).toString("base64"),
  predictions: readFileSync(join(dir, "predictions.jsonl"), "utf8"),
});

/** Parameters and optimizer state of the last checkpoint, without its metadata (which counts bytes of timings). */
const tensors = (dir: string): string => {
  const file = readFileSync(join(dir, "checkpoint.safetensors"));
  return file.subarray(8 + Number(file.readBigUInt64LE(0))).toString("base64");
};

Resume("a run that is killed twenty times at random moments ends as if nothing had happened", async () => {
  const whole = join(folder, "whole");
  const unbroken = await runProgram(...settings, "--out", whole);
  assert.is(unbroken.code, 0, unbroken.err);

  const broken = join(folder, "broken");
  const again = (): string[] =>
    existsSync(join(broken, "config.json")) ? ["--resume", broken] : [...settings, "--out", broken];
  let state = 12345;
  let kills = 0;
  for (let tries = 0; kills < 20 && tries < 60; tries++) {
    const child = start(again());
    // From before the first file is written to well into the steps.
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const timer = setTimeout(() => child.kill("SIGKILL"), 700 + (state % 900));
    const { signal, code, err } = await ended(child);
    clearTimeout(timer);
    if (signal === "SIGKILL") kills++;
    else assert.is(code, 0, err);
  }
  console.log(`  killed ${kills} times`);
  assert.is(kills, 20);
  const last = await runProgram(...again());
  assert.is(last.code, 0, last.err);

  assert.equal(remains(broken), remains(whole));
  assert.is(tensors(broken), tensors(whole));
});

Resume("Ctrl-C ends cleanly, with the best prompt saved, and the run can go on", async () => {
  const dir = join(folder, "interrupted");
  const child = start([...settings, "--steps", "5000", "--out", dir]);
  const done = ended(child);
  await new Promise<void>((resolve) => {
    child.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("step     2")) resolve();
    });
  });
  child.kill("SIGINT");
  const { code, out, err } = await done;
  assert.is(code, 0, err);
  assert.ok(out.includes("interrupted") && out.includes("tuned prompt"), out);
  for (const name of ["prompt.npy", "prompt.safetensors", "summary.json", "learning-curve.svg", "predictions.jsonl"]) {
    assert.ok(existsSync(join(dir, name)), name);
  }
  const summary = JSON.parse(readFileSync(join(dir, "summary.json"), "utf8")) as Record<string, unknown>;
  assert.equal(
    Object.keys(summary).filter((k) =>
      ["tuned", "untuned", "majority", "bestStep", "steps", "seconds", "executor"].includes(k),
    ).length,
    7,
  );
});

Resume.run();
