import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tokenBatchRows } from "../../lib/data/token-batches.js";

const TokenBatches = suite("data/token-batches");

/** Examples of three groups, mixed. */
const groups = Array.from({ length: 60 }, (_, i) => [0, 1, 0, 2, 0, 1][i % 6]);
const sizes = [5, 4, 2];

TokenBatches("a batch holds as many examples of one group as its size says", () => {
  const rowsAt = tokenBatchRows(groups, sizes, 3);
  for (let step = 0; step < 50; step++) {
    const { rows, group } = rowsAt(step);
    assert.is(rows.length, sizes[group]);
    assert.ok(rows.every((row) => groups[row] === group));
  }
});

TokenBatches("every example comes once an epoch", () => {
  const rowsAt = tokenBatchRows(groups, sizes, 3);
  // 30, 20 and 10 examples are 6, 5 and 5 whole batches, so an epoch ends with a batch.
  for (const epoch of [0, 1]) {
    const rows = Array.from({ length: 16 }, (_, i) => rowsAt(epoch * 16 + i).rows).flat();
    assert.equal(
      rows.sort((a, b) => a - b),
      groups.map((_, i) => i),
    );
  }
});

TokenBatches("batches go on across the ends of epochs, also of a group smaller than its batch", () => {
  const rowsAt = tokenBatchRows([0, 0, 0, 1], [2, 3], 1);
  const all = Array.from({ length: 30 }, (_, step) => rowsAt(step));
  assert.ok(all.some(({ group, rows }) => group === 1 && rows.join() === "3,3,3"));
  const counts = [0, 1, 2].map((row) => all.flatMap(({ rows }) => rows).filter((r) => r === row).length);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
});

TokenBatches("a step has the same batch whatever was asked before, and other seeds have others", () => {
  const rowsAt = tokenBatchRows(groups, sizes, 3);
  const inTurn = Array.from({ length: 20 }, (_, step) => rowsAt(step));
  for (const step of [7, 7, 3, 19, 0]) assert.equal(rowsAt(step), inTurn[step]);
  assert.equal(tokenBatchRows(groups, sizes, 3)(11), inTurn[11]);
  const other = tokenBatchRows(groups, sizes, 4);
  assert.not.equal(
    Array.from({ length: 20 }, (_, step) => other(step)),
    inTurn,
  );
});

TokenBatches("no examples are an error", () => {
  assert.throws(() => tokenBatchRows([], [1], 0), /no examples[\s\S]*at least one/);
});

TokenBatches.run();
