import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchOf, t5Of } from "../../../bench/t5/fluxion.js";
import { drawData, SIZES, type Size } from "../../../bench/t5/model.js";
import { init, memory } from "../../../lib/compile/init.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import { prompt as promptMethod } from "../../../lib/methods/index.js";
import * as np from "../../../lib/np/index.js";
import { adafactor } from "../../../lib/optim/index.js";
import * as random from "../../../lib/random/index.js";
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
  const step = makeTrainStep(config, promptMethod({ length: size.prompt }), tx);
  return { params, step, state: initState(tx, prompt, random.key(0)) };
};

const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };

Memory("programs for three lengths, to train, to rank and to decode, hold less than 1.3 times the weights", () => {
  if (header.glibcVersionRuntime === undefined) {
    console.log("  skipped: without glibc there is no telling what programs hold from what the heap keeps");
    return;
  }
  const script = fileURLToPath(new URL("three-lengths.ts", import.meta.url));
  // Larger blocks go back to the system when they are freed, so that only what is held counts.
  const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: "65536" };
  const printed = execFileSync(process.execPath, ["--import", "tsx", script], { encoding: "utf8", env });
  const { weights, grown } = JSON.parse(printed) as { weights: number; grown: number };
  console.log(`  weights ${(weights / 1e6).toFixed(0)} MB, programs ${(grown / 1e6).toFixed(0)} MB`);
  assert.ok(weights > 3e8, `${weights} bytes of weights`);
  assert.ok(weights + grown < 1.3 * weights, `the programs hold ${grown} bytes beside ${weights} of weights`);
});

/** A leak of the state alone, prompt and optimizer of a step, would make 500 steps 10 MB. */
const WINDOW_MB = 7.5;

Memory("many training steps keep live arrays and resident memory flat", async () => {
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
  const live = memory();
  // A leak grows in every window; what the collector has not come to yet grows in one.
  const windows: number[] = [];
  while (windows.length < 3 && !(Math.min(...windows) < WINDOW_MB)) {
    const before = await resident();
    for (let i = 0; i < 500; i++) turn();
    assert.is(memory().arrays, live.arrays);
    assert.is(memory().bytes, live.bytes);
    windows.push((await resident()) - before);
  }
  console.log(`  grown by ${windows.map((grown) => grown.toFixed(1)).join(", ")} MB`);
  assert.ok(Math.min(...windows) < WINDOW_MB, `resident memory grew by ${windows.join(", ")} MB`);
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
