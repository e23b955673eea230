/** @file Workers that are processes: each reads the corpus and makes its share of a step, by nothing but seed, step and its number. */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tokens } from "../../../lib/data/batch.js";
import { temporary } from "../../helpers/program.js";
import { toyCorpus } from "../../lab/pretraining/toy.js";

const Workers = suite("data/streams/workers");
const folder = temporary("workers");
Workers.after(() => rmSync(folder, { recursive: true, force: true }));

/** The rows of each step that a process makes. */
const rowsOf = (task: object): Promise<readonly (readonly Tokens[])[]> =>
  new Promise((resolve, reject) => {
    const args = ["--conditions=fluxion-source", "--import", "tsx", "test/data/streams/worker.ts"];
    const child = execFile(process.execPath, args, { maxBuffer: 2 ** 24 }, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out)),
    );
    child.stdin?.end(JSON.stringify(task));
  });

Workers("1, 2 and 4 processes together make the same batches, and one that starts late goes on", async () => {
  const corpus = toyCorpus(folder, 20);
  const task = { corpus, seed: 11, size: 7, steps: [0, 1, 90, 91] };
  const whole = await rowsOf({ ...task, shard: { index: 0, count: 1 } });
  assert.equal(
    whole.map(({ length }) => length),
    [7, 7, 7, 7],
  );
  for (const count of [2, 4]) {
    const shares = await Promise.all(
      Array.from({ length: count }, (_, index) => rowsOf({ ...task, shard: { index, count } })),
    );
    const together = whole.map((rows, i) => rows.map((_, row) => shares[row % count][i][Math.floor(row / count)]));
    assert.equal(together, whole, `${count} workers`);
  }
  const late = await rowsOf({ ...task, steps: [91], shard: { index: 0, count: 1 } });
  assert.equal(late, [whole[3]]);
  const other = await rowsOf({ ...task, seed: 12, shard: { index: 0, count: 1 } });
  assert.not.equal(other, whole);
});

Workers.run();
