import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kindOf } from "../../lib/core/parameters.js";

const Parameters = suite("core/parameters");

Parameters(
  "a function of a room is held to that room's names and to the common ones, not to those of the main entry",
  () => {
    assert.is(kindOf("train", "state")?.what, "an object");
    assert.is(kindOf("np.split", "parts")?.what, "a number of parts, or a list of places");
    assert.is(kindOf("random.choice", "size"), undefined);
    assert.is(kindOf("scipy.stats.norm.pdf", "name"), undefined);
    assert.is(kindOf("np.vectorize", "f")?.what, "a function");
  },
);

Parameters("a function of an inner room is held to the longest part of its name that is a room", () => {
  assert.is(kindOf("nn.initializers.normal", "stddev")?.what, "a number");
  assert.is(kindOf("nn.initializers.normal", "kernelSize"), undefined);
  assert.is(
    kindOf("optim.adam.update", "learningRate")?.what,
    "a finite number from 0 on, a scalar tensor or a schedule",
  );
});

Parameters.run();
