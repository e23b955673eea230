import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchOf, t5Of } from "../../../bench/t5/fluxion.js";
import { drawData, SIZES, type Size } from "../../../bench/t5/model.js";
import { init, memory } from "../../../lib/compile/init.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { adafactor } from "../../../lib/optim/index.js";
import * as random from "../../../lib/random/index.js";
import { generate } from "../../../lib/t5/generate.js";
import { rank } from "../../../lib/t5/rank.js";
import { initState, makeTrainStep } from "../../../lib/train/state.js";
import { jit } from "../../../lib/transforms/jit.js";

const Memory = suite("compile/onnx/memory");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Resident memory in MB, after a collection and what it leaves to the next turn of the event loop. */
const resident = async (): Promise<number> => {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return process.memoryUsage().rss / 1e6;
};

/** The training step of a size, its weights and its first state. */
const training = (size: Size) => {
  const { config, params, prompt } = t5Of(size, drawData(size));
  const tx = adafactor({ learningRate: 0.3 });
  return { config, params, step: makeTrainStep(config, tx), state: initState(tx, prompt, random.key(0)) };
};

Memory("programs for three lengths, to train, to decode and to rank, hold no copy of the weights", async () => {
  await init({ executor: "onnx", arena: false });
  const size: Size = { ...SIZES.small, layers: 2, batch: 4 };
  const { config, params, step, state: first } = training(size);
  let state = first;
  const [decode, score] = [generate(config, { maxLength: 4 }), rank(config)];
  const weights = memory().bytes / 1e6;
  const before = await resident();
  for (const input of [128, 96, 64]) {
    const batch = batchOf(size, drawData(size));
    const short = { inputs: np.slice(batch.inputs, [null, [0, input]]), targets: batch.targets };
    for (let i = 0; i < 2; i++) {
      const { state: next, loss } = step(params, state, short);
      dispose(loss);
      state = next;
    }
    const prefixed = { prefix: state.prompt.prompt };
    decode(params, short.inputs, prefixed);
    const labels = np.array([5, 1, 7, 1], { shape: [2, 2], dtype: "int32" });
    dispose([score(params, short.inputs, labels, prefixed), labels, short, batch.inputs]);
  }
  const grown = (await resident()) - before;
  console.log(`  weights ${weights.toFixed(0)} MB, programs ${grown.toFixed(0)} MB`);
  // A copy, or weights packed by one program alone, would make it more. What the heap keeps of intermediates is up to the system.
  assert.ok(grown < weights, `the programs hold ${grown} MB beside ${weights} MB of weights`);
  for (const program of [step, decode, score]) program.dispose();
  dispose([params, state]);
});

Memory("a thousand training steps keep live arrays and resident memory flat", async () => {
  await init({ executor: "onnx" });
  const size = SIZES.nano;
  const { params, step, state: first } = training({ ...size, batch: 2 });
  let state = first;
  const turn = (): void => {
    const batch = batchOf({ ...size, batch: 2 }, drawData({ ...size, batch: 2 }));
    const { state: next, loss } = step(params, state, batch);
    assert.ok(Number.isFinite(loss.item()));
    dispose([batch, loss]);
    state = next;
  };
  for (let i = 0; i < 100; i++) turn();
  const [before, live] = [await resident(), memory()];
  for (let i = 0; i < 1000; i++) turn();
  assert.is(memory().arrays, live.arrays);
  assert.is(memory().bytes, live.bytes);
  const grown = (await resident()) - before;
  console.log(`  grown by ${grown.toFixed(1)} MB`);
  // A leak of the state alone, prompt and optimizer of a step, would make it 20 MB.
  assert.ok(grown < 15, `resident memory grew by ${grown} MB`);
  step.dispose();
  dispose([params, state]);
});

Memory("programs that are disposed give their memory back", async () => {
  await init({ executor: "onnx" });
  const x = np.ones([512, 256]);
  const turn = (i: number): void => {
    const f = jit((a: Tensor) => np.sum(np.exp(np.multiply(np.tanh(np.add(a, i)), 0.1))));
    dispose(f(x));
    f.dispose();
  };
  for (let i = 0; i < 50; i++) turn(i);
  const [before, live] = [await resident(), memory()];
  for (let i = 0; i < 300; i++) turn(i);
  assert.equal({ ...memory(), peakBytes: 0 }, { ...live, peakBytes: 0 });
  const grown = (await resident()) - before;
  console.log(`  grown by ${grown.toFixed(1)} MB`);
  // A session that stays keeps the arena of its intermediates, 1 MB and more.
  assert.ok(grown < 60, `resident memory grew by ${grown} MB`);
  x.dispose();
});

Memory.run();
