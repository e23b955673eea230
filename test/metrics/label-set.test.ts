import { suite } from "uvu";
import * as assert from "uvu/assert";
import { labelSets } from "../../lib/metrics/index.js";

const LabelSet = suite("metrics/label-set");

LabelSet("counts texts, and tells shared ones from those of one side", () => {
  // The sets of prompt-tuning's own test of `label_set_stats`.
  const sets = labelSets([..."13462"], [..."12545"]);
  assert.equal(sets.shared, ["1", "4", "2"]);
  assert.equal(sets.onlyTargets, ["3", "6"]);
  assert.equal(sets.onlyPredictions, ["5"]);
  assert.equal(
    [...sets.targets],
    [
      ["1", 1],
      ["3", 1],
      ["4", 1],
      ["6", 1],
      ["2", 1],
    ],
  );
  assert.equal(
    [...sets.predictions],
    [
      ["1", 1],
      ["2", 1],
      ["5", 2],
      ["4", 1],
    ],
  );
});

LabelSet.run();
