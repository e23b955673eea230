import { suite } from "uvu";
import * as assert from "uvu/assert";
import { comparison, median } from "../../bench/t5/compare.js";

const Compare = suite("bench/compare");

Compare("a median is the middle value, or the mean of the middle two", () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 3, 2]), 2.5);
});

Compare("ratios are those of turns that were neighbours, not of medians", () => {
  // The machine was busy in the last two rounds: both are slow there, and their ratio is as before.
  assert.equal(comparison([10, 10, 40, 80], [12, 11, 48, 88]), {
    beforeMs: 25,
    afterMs: 30,
    ratio: 1.15,
    lowest: 1.1,
    highest: 1.2,
  });
});

Compare.run();
