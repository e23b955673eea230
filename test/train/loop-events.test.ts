import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchOf, t5Of } from "../../bench/t5/fluxion.js";
import { drawData, type Size } from "../../bench/t5/model.js";
import { init } from "../../lib/compile/init.js";
import { dispose } from "../../lib/core/tensor.js";
import { prompt as promptMethod } from "../../lib/methods/index.js";
import { adafactor } from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import { breathe, trainLoop } from "../../lib/train/loop.js";
import type { Evaluation, Position } from "../../lib/train/progress.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";

const Loop = suite("train/loop-events");

const size: Size = { d: 8, ff: 16, layers: 1, heads: 2, dkv: 4, vocab: 32, batch: 2, input: 4, target: 2, prompt: 2 };
const found: Evaluation = {
  metrics: { accuracy: 50 },
  score: 50,
  invalid: 0,
  unlabelled: 0,
  loss: 1,
  tokenAccuracy: 50,
  predictions: [],
};

/** A run of twelve steps with an evaluation of three batches after every fourth, told what happens; `onStep` may interfere. */
const run = async (onStep: (step: number) => void, events: string[], interrupted: () => boolean) => {
  await init({ backend: "wasm" });
  const { config, params, prompt } = t5Of(size, drawData(size));
  const tx = adafactor({ learningRate: 0.1 });
  const step = makeTrainStep(config, promptMethod({ length: size.prompt }), tx);
  const saved: Position[] = [];
  const outcome = await trainLoop(
    { steps: 12, evaluateEvery: 4, patience: 0 },
    {
      frozen: params,
      step,
      batchAt: () => ({ batch: batchOf(size, drawData(size)), tokens: 1 }),
      evaluate: async () => {
        for (let batch = 0; batch < 3; batch++) {
          await breathe();
          events.push("evaluation batch");
        }
        return found;
      },
      onStep: (record) => {
        events.push(`step ${record.step}`);
        onStep(record.step);
      },
      onEvaluation: async () => undefined,
      save: async (_, position) => {
        saved.push(position);
      },
      interrupted,
    },
    initState(tx, prompt, random.key(0)),
    { step: 0, best: undefined, stale: 0 },
  );
  dispose([params, outcome.state]);
  step.dispose();
  return { outcome, saved };
};

Loop("what the event loop has waiting is served before the next step", async () => {
  const events: string[] = [];
  await run(
    (step) => setImmediate(() => events.push(`served ${step}`)),
    events,
    () => false,
  );
  for (let step = 1; step <= 12; step++) {
    const [asked, served] = [events.indexOf(`step ${step}`), events.indexOf(`served ${step}`)];
    const next = events.findIndex((event, i) => i > asked && event !== `served ${step}`);
    assert.ok(served > asked, `step ${step} was never served: ${events}`);
    assert.ok(next < 0 || served < next, `after step ${step} came ${events[next]} first`);
  }
});

Loop("a signal during a step ends the run before the next one, with the position saved", async () => {
  const events: string[] = [];
  let stop = false;
  const onSignal = (): void => {
    stop = true;
  };
  process.once("SIGUSR2", onSignal);
  try {
    const { outcome, saved } = await run(
      (step) => {
        if (step === 6) process.kill(process.pid, "SIGUSR2");
      },
      events,
      () => stop,
    );
    assert.is(outcome.reason, "interrupted");
    // The signal reaches the loop at one of the two turns that follow it.
    assert.ok(outcome.position.step <= 7, `it ended after step ${outcome.position.step}`);
    assert.is(saved.at(-1)?.step, outcome.position.step);
    assert.is(saved.at(-1)?.best?.step, 4);
  } finally {
    process.removeListener("SIGUSR2", onSignal);
  }
});

Loop.run();
