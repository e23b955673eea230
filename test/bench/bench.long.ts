/** @file The benchmark of a step runs, and all peers that are installed compute the same. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Line } from "../../bench/t5/measure.js";
import { disagreements } from "../../bench/tables.js";

const Bench = suite("bench");

Bench("all installed peers print the same loss and gradient norm of a step", () => {
  const main = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
  const args = ["--import", "tsx", main, "step", "--size", "nano", "--runs", "1", "--json"];
  const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
  const lines = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const [machine, ...peers] = lines;
  assert.is(machine.bench, "machine");
  assert.is(peers.length, 7);
  for (const line of peers.slice(0, 4)) assert.is(line.skipped, undefined, `${line.peer}: ${line.skipped}`);
  for (const { minMs, peakRssMB, skipped, loss, gradNorm } of peers) {
    if (skipped !== undefined) continue;
    for (const figure of [minMs, peakRssMB, loss, gradNorm]) assert.ok((figure as number) > 0);
  }
  assert.equal(disagreements(lines), []);
});

Bench.run();
