import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { adafactor, sgd } from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import { type LossOptions, type Params, promptLoss } from "../../lib/t5/model.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";
import { grad } from "../../lib/transforms/grad.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const State = suite("train/state");

let config: T5Config;
let params: Params;
State.before(async () => {
  await init({ backend: "reference" });
  ({ config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 }));
});

const batch = () => ({
  inputs: np.array([[3, 4, 1]], { dtype: "int32" }),
  targets: np.array([[5, 1]], { dtype: "int32" }),
});

/** The losses and prompts of some steps on one batch. */
const train = (steps: number, options: LossOptions, key = random.key(0)) => {
  const tx = sgd({ learningRate: 0.1 });
  const step = makeTrainStep(config, tx, options);
  let state = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, key);
  const losses: number[] = [];
  const prompts: number[][] = [];
  for (let i = 0; i < steps; i++) {
    const result = step(params, state, batch());
    state = result.state;
    losses.push(result.loss.item());
    prompts.push([...state.prompt.prompt.dataSync()]);
  }
  const last = { step: state.step.item(), key: [...state.key.dataSync()] };
  dispose(state);
  step.dispose();
  return { losses, prompts, last };
};

State("the first state has the prompt, the optimizer's state, no step and the key", () => {
  const tx = adafactor({ learningRate: 0.3 });
  const prompt = { prompt: np.ones([2, 4]) };
  const key = random.key(7);
  const state = initState(tx, prompt, key);
  assert.is(state.prompt, prompt);
  assert.is(state.key, key);
  assert.is(state.step.item(), 0);
  assert.is(state.step.dtype, "int32");
  assert.equal(Object.keys(state.opt as object), Object.keys(tx.init(prompt) as object));
});

State("a step is one update of the optimizer by the gradient of the loss with respect to the prompt", () => {
  const start = np.full([2, config.dModel], 0.5);
  const want = grad(promptLoss(config), { argnums: 1 })(params, { prompt: start }, batch()) as { prompt: Tensor };
  const { prompts, losses, last } = train(1, {});
  want.prompt.dataSync().forEach((g, i) => {
    assert.ok(Math.abs(prompts[0][i] - (0.5 - 0.1 * g)) < 1e-6, `${i}`);
  });
  assert.ok(Math.abs(losses[0] - promptLoss(config)(params, { prompt: start }, batch()).item()) < 1e-5);
  assert.is(last.step, 1);
});

State("the steps are counted, and the key stays", () => {
  const { last } = train(3, {});
  assert.equal(last, { step: 3, key: [...random.key(0).dataSync()] });
});

State("dropout is drawn anew at every step, from the key and the step", () => {
  // With a learning rate of 0 the losses of three steps differ by what is dropped alone.
  const losses = (key: Tensor, rate: number): number[] => {
    const tx = sgd({ learningRate: 0 });
    const step = makeTrainStep(config, tx, { dropoutRate: rate });
    let state = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, key);
    const list = [1, 2, 3].map(() => {
      const result = step(params, state, batch());
      state = result.state;
      return result.loss.item();
    });
    dispose(state);
    return list;
  };
  const [a, again, other, none] = [
    losses(random.key(1), 0.5),
    losses(random.key(1), 0.5),
    losses(random.key(2), 0.5),
    losses(random.key(1), 0),
  ];
  assert.equal(a, again);
  assert.is(new Set(a).size, 3, `the losses are equal: ${a}`);
  assert.is.not(a[0], other[0]);
  assert.is(new Set(none).size, 1);
  const want = promptLoss(config, { dropoutRate: 0.5 })(
    params,
    { prompt: np.full([2, config.dModel], 0.5) },
    { ...batch(), dropoutKey: random.foldIn(random.key(1), 0) },
  ).item();
  assert.ok(Math.abs(a[0] - want) < 1e-4, `${a[0]} and ${want}`);
});

State("a step takes the state over, and leaves the model and the batch alone", () => {
  const tx = sgd({ learningRate: 0.1 });
  const step = makeTrainStep(config, tx);
  const state = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, random.key(0));
  const given = batch();
  const { state: next, loss } = step(params, state, given);
  assert.throws(() => state.prompt.prompt.dataSync(), /donated/);
  assert.equal([...given.targets.dataSync()], [5, 1]);
  assert.ok(Number.isFinite(params.tokenEmbedder.embedding.dataSync()[0]));
  dispose([next, loss, given]);
  step.dispose();
});

State("the options of the loss reach it", () => {
  assert.ok(train(1, { zLoss: 1 }).losses[0] > train(1, {}).losses[0] + 0.1);
  assert.ok(train(1, { normalize: "none" }).losses[0] > 1.9 * train(1, {}).losses[0]);
});

State.run();
