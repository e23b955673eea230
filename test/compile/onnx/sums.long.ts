import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeOf } from "../../../lib/compile/init.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import * as np from "../../../lib/np/index.js";
import { jit } from "../../../lib/transforms/jit.js";
import { numbers } from "../../helpers/runtime.js";

const Sums = suite("compile/onnx/sums (long)");

/** More than the whole numbers of float32: one chain of ones ends at 2^24. */
const N = 20_000_000;

let before: ReturnType<typeof setRuntime>;
Sums.before(async () => {
  before = setRuntime(await runtimeOf({ backend: "wasm", executor: "onnx" }));
});
Sums.after(() => {
  setRuntime(before);
});

Sums("the mean of 2 * 10^7 ones is 1, their running sum and their product with themselves are 2 * 10^7", () => {
  const ones = np.ones(N);
  assert.equal(numbers(jit(np.mean)(ones)), [1]);
  assert.equal(numbers(jit(np.dot)(ones, ones)), [N]);
  const sums = jit((x: typeof ones) => np.cumsum(x))(ones).dataSync();
  assert.is(sums[N - 1], N);
});

Sums.run();
