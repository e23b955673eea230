/**
 * @file A process that trains, ranks and decodes with T5 1.1 small at three input lengths, and prints the bytes of its weights and by how
 * much its resident memory has grown since they were there, as JSON.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { batchOf, t5Of } from "../../../bench/t5/fluxion.js";
import { drawData, SIZES, type Size } from "../../../bench/t5/model.js";
import { init, memory } from "../../../lib/compile/init.js";
import { dispose } from "../../../lib/core/tensor.js";
import { prompt as promptMethod } from "../../../lib/methods/index.js";
import * as np from "../../../lib/np/index.js";
import { adafactor } from "../../../lib/optim/index.js";
import * as random from "../../../lib/random/index.js";
import { generate } from "../../../lib/t5/generate.js";
import { rank } from "../../../lib/t5/rank.js";
import { initState, makeTrainStep } from "../../../lib/train/state.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Resident bytes when V8 has given back what it does not need: it waits for some idle seconds. */
const resident = async (): Promise<number> => {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return process.memoryUsage().rss;
};

await init({ executor: "onnx", arena: false });
const size: Size = { ...SIZES.small, batch: 2 };
const { config, params, prompt } = t5Of(size, drawData(size));
const tx = adafactor({ learningRate: 0.3 });
const step = makeTrainStep(config, promptMethod({ length: size.prompt }), tx);
const [decode, score] = [generate(config, { maxLength: 4 }), rank(config)];
let state = initState(tx, prompt, random.key(0));
const weights = memory().bytes;
const before = await resident();
for (const input of [128, 96, 64]) {
  const whole = batchOf(size, drawData(size));
  const batch = { inputs: np.slice(whole.inputs, [null, [0, input]]), targets: whole.targets };
  const { state: next, loss } = step(params, state, batch);
  state = next;
  const prefixed = { prefix: state.tuned.prompt };
  decode(params, batch.inputs, prefixed);
  const labels = np.array([5, 1, 7, 1], { shape: [2, 2], dtype: "int32" });
  dispose([loss, score(params, batch.inputs, labels, prefixed), labels, batch, whole.inputs]);
}
console.log(JSON.stringify({ weights, grown: (await resident()) - before }));
process.exit(0);
