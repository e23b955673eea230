import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchOf, t5Of } from "../../bench/t5/fluxion.js";
import { drawData, type Size } from "../../bench/t5/model.js";
import { init, memory, resetStats, stats } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { leavesOf } from "../../lib/core/pytree.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { full, lora, type Method, prompt } from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import { adafactor, applyUpdates } from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import { promptLoss } from "../../lib/t5/loss.js";
import type { PromptParams } from "../../lib/t5/model.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { prepared } from "../helpers/prepared.js";

const MemoryUse = suite("lab/memory");

const settings: RecipeInput = {
  executor: "tfjs",
  method: { name: "prompt", length: 8 },
  optimizer: { learningRate: 0.3 },
  steps: 300,
  batch: { examples: 4 },
  lengths: { input: 64 },
  evaluation: { every: 25, tokens: 2048 },
  stop: { patience: 0 },
  seed: 1,
};

// The collector is switched on here, so that memory that is only waiting for it does not count as grown.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What the process holds after a collection, in MB: V8's live objects with what they own outside, and resident memory. */
const processMB = (): { readonly live: number; readonly rss: number } => {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { live: (heapUsed + external) / 1e6, rss: rss / 1e6 };
};

/**
 * Live objects may not grow. Resident memory moves by up to 90 MB here, depending on when V8 gives pages of its young generation back;
 * a leak of one step's tensors (1 MB and more) would make it 270 MB.
 */
const assertFlat = (before: ReturnType<typeof processMB>, after: ReturnType<typeof processMB>): void => {
  const [live, rss] = [after.live - before.live, after.rss - before.rss];
  assert.ok(live < 5, `live objects grew by ${live} MB`);
  assert.ok(rss < 150, `resident memory grew by ${rss} MB`);
};

MemoryUse(
  "three hundred jitted steps keep live bytes and heap flat, compile once a bucket, and move only batch and loss",
  async () => {
    const run = await prepared(settings);
    let { state } = run;
    const lengths = new Set<number>();
    let flat: { bytes: number; heap: number | undefined; held: ReturnType<typeof processMB> } | undefined;
    for (let i = 0; i < 300; i++) {
      const before = stats().bytesMoved;
      const { batch } = run.batchAt(i);
      lengths.add(batch.inputs.shape[1]);
      const result = run.step(run.frozen, state, batch);
      state = result.state;
      result.loss.item();
      const moved = stats().bytesMoved - before;
      const batchBytes = 4 * (batch.inputs.size + batch.targets.size);
      dispose([batch, result.loss, result.gradientNorm]);
      if (i >= 40) assert.is(moved, 2 * batchBytes + 4, `step ${i} moved ${moved} bytes`);
      if (i === 60) flat = { bytes: memory().bytes, heap: memory().heapBytes, held: processMB() };
    }
    const { compiles } = run.step.stats();
    assert.is(compiles, lengths.size);
    assert.ok(compiles <= 3);
    assert.is(memory().bytes, flat?.bytes, "live bytes");
    assert.is(memory().heapBytes, flat?.heap, "heap of the backend");
    assertFlat((flat as unknown as NonNullable<typeof flat>).held, processMB());
  },
);

MemoryUse("three hundred eager steps that dispose only the old state keep live bytes and heap flat", async () => {
  await init({ backend: "wasm" });
  const run = await prepared(settings);
  const tx = adafactor({ learningRate: 0.3, weightDecayRate: 1e-5, multiplyByParameterScale: false });
  const lossAndGrad = valueAndGrad(promptLoss(run.model), { argnums: 1 });
  let prompt: PromptParams = {
    prompt: scope(() => np.multiply(random.normal(random.key(0), [4, run.model.dModel]), 0.5)),
  };
  let opt = tx.init(prompt);
  const { batch: whole } = run.batchAt(0);
  const batch = { inputs: np.slice(whole.inputs, [[0, 1]]), targets: np.slice(whole.targets, [[0, 1]]) };
  let flat: { bytes: number; heap: number | undefined; held: ReturnType<typeof processMB> } | undefined;
  for (let i = 0; i < 300; i++) {
    const [loss, grads] = lossAndGrad(run.frozen, prompt, batch);
    const [updates, nextOpt] = tx.update(grads as { prompt: Tensor }, opt, prompt);
    const next = applyUpdates(prompt, updates);
    dispose([loss, grads, updates, opt, prompt]);
    [prompt, opt] = [next, nextOpt];
    if (i === 30) flat = { bytes: memory().bytes, heap: memory().heapBytes, held: processMB() };
  }
  assert.is(memory().bytes, flat?.bytes, "live bytes");
  assert.is(memory().heapBytes, flat?.heap, "heap of the backend");
  assertFlat((flat as NonNullable<typeof flat>).held, processMB());
});

const size: Size = {
  d: 64,
  ff: 128,
  layers: 2,
  heads: 4,
  dkv: 16,
  vocab: 2048,
  batch: 4,
  input: 16,
  target: 4,
  prompt: 4,
};

/** Bytes that are live before a compiled step of a method with Adafactor, and the most within it. */
const stepMemory = (method: Method): { readonly live: number; readonly peak: number; readonly weights: number } => {
  const others = memory().bytes;
  const data = drawData(size);
  const { config, params } = t5Of(size, data);
  const tx = adafactor({ learningRate: 0.01, multiplyByParameterScale: false });
  const step = makeTrainStep(config, method, tx);
  let state = initState(tx, method.init(random.key(0), config, params), random.key(0));
  const turn = (): void => {
    const batch = batchOf(size, data);
    const result = step(params, state, batch);
    state = result.state;
    dispose([batch, result.loss]);
  };
  turn();
  const live = memory().bytes - others;
  resetStats();
  turn();
  const peak = memory().peakBytes - others;
  const weights = leavesOf(params).reduce<number>((bytes, x) => bytes + 4 * (x as Tensor).size, 0);
  dispose([params, state]);
  step.dispose();
  return { live, peak, weights };
};

MemoryUse(
  "a compiled step of a prompt or LoRA needs less than one of all weights, by their gradients or more",
  async () => {
    await init({ backend: "wasm", executor: "tfjs" });
    const all = stepMemory(full());
    for (const method of [prompt({ length: size.prompt }), lora({ rank: 4 })] as readonly Method[]) {
      const { live, peak, weights } = stepMemory(method);
      const [less, above] = [all.peak - peak, all.peak - all.live - (peak - live)];
      console.log(`  ${method.settings.name}: weights ${weights}, peak ${peak} and ${all.peak}`);
      assert.ok(less > weights, `${method.settings.name}: ${less}`);
      assert.ok(above > weights, `${method.settings.name}: ${above} beside what is live before a step`);
    }
  },
);

MemoryUse.run();
