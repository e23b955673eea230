/** @file The step in PyTorch, by a Python program that gets the same weights and data as files. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bucketTable } from "../../lib/t5/positions.js";
import { drawData, drawWeights, flopsOf, type Size } from "./model.js";

const script = fileURLToPath(new URL("torch_peer.py", import.meta.url));

const writeModel = (folder: string, c: Size): void => {
  const json = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
  const index: Record<string, { shape: readonly number[]; offset: number }> = {};
  const file = openSync(join(folder, "weights.bin"), "w");
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(drawWeights(c))) {
    index[name] = { shape, offset };
    writeSync(file, data);
    offset += data.length;
  }
  closeSync(file);
  json("size.json", c);
  json("weights.json", index);
  const { inputs, targets, prompt } = drawData(c);
  const length = c.input + c.prompt;
  json("data.json", {
    inputs: Array.from(inputs),
    targets: Array.from(targets),
    prompt: Array.from(prompt),
    encBuckets: Array.from(bucketTable(length, length, true, 32, 128)),
    decBuckets: Array.from(bucketTable(c.target, c.target, false, 32, 128)),
  });
};

/** Debian's OpenBLAS with OpenMP threads is the faster one, and waiting threads must not spin. */
const BEST = { OMP_WAIT_POLICY: "passive", OPENBLAS_CORETYPE: "", OPENBLAS_L2_SIZE: "" };

/** Runs the peer; what it prints, or why it did not run. */
export const runTorch = (c: Size, runs: string, threads: number): Record<string, unknown> => {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-bench-"));
  try {
    const environment: NodeJS.ProcessEnv = { ...process.env, ...BEST };
    for (const [name, value] of Object.entries(BEST)) if (value === "") delete environment[name];
    if (spawnSync("/usr/bin/python3", ["-c", "import torch"]).status !== 0) {
      return { skipped: "no PyTorch: apt-get install python3-torch libopenblas0-openmp" };
    }
    writeModel(folder, c);
    const child = spawnSync("/usr/bin/python3", [script, folder, runs, String(threads)], {
      encoding: "utf8",
      env: environment,
    });
    const line = child.stdout.split("\n").find((text) => text.startsWith("{"));
    if (line !== undefined) {
      const result = JSON.parse(line) as { minMs: number };
      return { ...result, gflops: Number((flopsOf(c) / result.minMs / 1e6).toPrecision(4)) };
    }
    return { skipped: child.stderr.trim().split("\n").at(-1) ?? `exit ${child.status}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
