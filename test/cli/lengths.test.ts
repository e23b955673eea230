import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram, summaryOf } from "../../lib/cli/lengths.js";

const Lengths = suite("cli/lengths");

const bins = (values: readonly number[]): string[][] =>
  histogram(values)
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll("█", "").trim().split(/\s+/));

Lengths("a summary has the least, the mean and the most", () => {
  assert.equal(summaryOf([5, 1, 3]), { min: 1, mean: 3, max: 5, all: [5, 1, 3] });
});

Lengths("every value is in one bin of 1, 2, 5, 10, 20, …; at most twelve and one hold all", () => {
  assert.equal(bins([3, 3, 4]), [
    ["3", "2"],
    ["4", "1"],
  ]);
  assert.equal(bins([1, 12]).length, 12);
  assert.equal(
    bins([1, 13]).map(([range]) => range),
    ["0-1", "2-3", "4-5", "6-7", "8-9", "10-11", "12-13"],
  );
  assert.equal(bins([100, 1299]).length, 12);
  assert.equal(bins([100, 1299])[0], ["100-199", "1"]);
  assert.equal(bins([100, 1300])[1], ["200-399", "0"]);
  for (const values of [[7], [1, 4000], [30, 31, 32, 60, 61], [9, 1000000]]) {
    const list = bins(values);
    assert.ok(list.length <= 13, `${values}: ${list.length}`);
    assert.is(
      list.reduce((n, [, count]) => n + Number(count), 0),
      values.length,
    );
  }
});

Lengths("bars are as long as counts, the longest of 40 marks, none for nothing", () => {
  assert.is(histogram([3, 3, 5]), `  3  ${"█".repeat(40)} 2\n  4   0\n  5  ${"█".repeat(20)} 1\n`);
});

Lengths.run();
