import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { compose, full, lora, type Method, prompt as promptMethod } from "../../lib/methods/index.js";
import { methodLoss } from "../../lib/methods/loss.js";
import type { HostTree } from "../../lib/methods/trees.js";
import * as np from "../../lib/np/index.js";
import {
  adafactor,
  adam,
  chain,
  clipByGlobalNorm,
  type GradientTransformation,
  multiTransform,
  setToZero,
  sgd,
} from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import { promptLoss } from "../../lib/t5/loss.js";
import type { Params } from "../../lib/t5/model.js";
import { evaluatedTree, initState, makeTrainStep, type StepOptions } from "../../lib/train/state.js";
import { hostTree, namedArrays } from "../../lib/train/store.js";
import { grad } from "../../lib/transforms/grad.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { toyMethod } from "./fakes.js";

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

/** Two soft tokens. */
const method = promptMethod({ length: 2 });

/** The losses and prompts of some steps on one batch. */
const train = (steps: number, options: StepOptions, key = random.key(0)) => {
  const tx = sgd({ learningRate: 0.1 });
  const step = makeTrainStep(config, method, tx, options);
  let state = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, key);
  const losses: number[] = [];
  const prompts: number[][] = [];
  for (let i = 0; i < steps; i++) {
    const result = step(params, state, batch());
    state = result.state;
    losses.push(result.loss.item());
    prompts.push([...state.tuned.prompt.dataSync()]);
  }
  const last = { step: state.step.item(), key: [...state.key.dataSync()] };
  dispose(state);
  step.dispose();
  return { losses, prompts, last };
};

State("the first state has the tree, the optimizer's state, no step and the key", () => {
  const tx = adafactor({ learningRate: 0.3 });
  const prompt = { prompt: np.ones([2, 4]) };
  const key = random.key(7);
  const state = initState(tx, prompt, key);
  assert.is(state.tuned, prompt);
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

State("the norm of the gradient is that before clipping, and is given where it is asked for", () => {
  const start = { prompt: np.full([2, config.dModel], 0.5) };
  const { prompt } = grad(promptLoss(config), { argnums: 1 })(params, start, batch()) as { prompt: Tensor };
  const want = Math.hypot(...prompt.dataSync());
  const tx = chain(clipByGlobalNorm(want / 10), sgd({ learningRate: 0.1 }));
  const normOf = (options: StepOptions): number | undefined => {
    using step = makeTrainStep(config, method, tx, options);
    const { state, loss, gradientNorm } = step(
      params,
      initState(tx, { prompt: np.copy(start.prompt) }, random.key(0)),
      batch(),
    );
    const norm = gradientNorm?.item();
    dispose([state, loss, gradientNorm]);
    return norm;
  };
  const got = normOf({ gradientNorm: true }) ?? 0;
  assert.ok(Math.abs(got - want) < 1e-5 * want, `${got} instead of ${want}`);
  assert.is(normOf({}), undefined);
});

State("the steps are counted, and the key stays", () => {
  const { last } = train(3, {});
  assert.equal(last, { step: 3, key: [...random.key(0).dataSync()] });
});

State("dropout is drawn anew at every step, from the key and the step", () => {
  // With a learning rate of 0 the losses of three steps differ by what is dropped alone.
  const losses = (key: Tensor, rate: number): number[] => {
    const tx = sgd({ learningRate: 0 });
    const step = makeTrainStep(config, method, tx, { dropoutRate: rate });
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
  const step = makeTrainStep(config, method, tx);
  const state = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, random.key(0));
  const given = batch();
  const { state: next, loss } = step(params, state, given);
  assert.throws(() => state.tuned.prompt.dataSync(), /donated/);
  assert.equal([...given.targets.dataSync()], [5, 1]);
  assert.ok(Number.isFinite(params.tokenEmbedder.embedding.dataSync()[0]));
  dispose([next, loss, given]);
  step.dispose();
});

State("the options of the loss reach it", () => {
  assert.ok(train(1, { zLoss: 1 }).losses[0] > train(1, {}).losses[0] + 0.1);
  assert.ok(train(1, { normalize: "none" }).losses[0] > 1.9 * train(1, {}).losses[0]);
});

/** One step of a method on the batch: the tree before and after. */
const once = <P extends object, Opt>(of: Method<P>, tx: GradientTransformation<Opt>, options: StepOptions = {}) => {
  const tuned = of.init(random.key(3), config, params);
  const before = hostTree(tuned);
  const step = makeTrainStep(config, of, tx, options);
  const { state, loss } = step(params, initState(tx, tuned, random.key(0), options), batch());
  const after = { tuned: hostTree(state.tuned), evaluated: hostTree(evaluatedTree(state)), loss: loss.item() };
  dispose([state, loss]);
  step.dispose();
  return { before, ...after };
};
const numbers = (tree: HostTree): number[] => Object.values(namedArrays(tree, "")).flatMap(({ data }) => [...data]);

State("a step of any method is one update by the gradient of its loss, the toy's too", () => {
  const methods = [toyMethod, lora({ rank: 2 }), full(), compose({ prompt: method, lora: lora({ rank: 1 }) })];
  for (const of of methods as readonly Method[]) {
    const { before, tuned, loss } = once(of, sgd({ learningRate: 0.1 }));
    const start = of.init(random.key(3), config, params);
    const lossOf = methodLoss(config, of);
    assert.ok(Math.abs(loss - lossOf(params, start, batch()).item()) < 1e-5, of.settings.name);
    const want = numbers(hostTree(grad(lossOf, { argnums: 1 })(params, start, batch()) as object));
    const [from, to] = [numbers(before), numbers(tuned)];
    assert.ok(want.some((g) => Math.abs(g) > 1e-3));
    want.forEach((g, i) => {
      assert.ok(
        Math.abs(to[i] - (from[i] - 0.1 * g)) < 1e-5,
        `${of.settings.name} ${i}: ${to[i]} from ${from[i]}, ${g}`,
      );
    });
  }
});

State("parts of a composed tree have optimizers of their own", () => {
  const both = compose({ prompt: method, lora: lora({ rank: 1 }) });
  const tx = multiTransform({ prompt: adam({ learningRate: 0.1 }), lora: setToZero() }, (path) =>
    path.startsWith("prompt/") ? "prompt" : "lora",
  );
  const { before, tuned } = once(both, tx);
  assert.equal(tuned.lora, before.lora);
  const [from, to] = [numbers(before.prompt as HostTree), numbers(tuned.prompt as HostTree)];
  // Adam's first update is the learning rate, by the sign of the gradient.
  to.forEach((x, i) => {
    assert.ok(Math.abs(Math.abs(x - from[i]) - 0.1) < 1e-4, `${x} from ${from[i]}`);
  });
});

State("gradients are clipped where the optimizer says so", () => {
  const moved = (tx: GradientTransformation<never>): number => {
    const { before, tuned } = once(method, tx);
    const [from, to] = [numbers(before), numbers(tuned)];
    return Math.hypot(...to.map((x, i) => x - from[i]));
  };
  const plain = sgd({ learningRate: 1 });
  const free = moved(plain as never);
  assert.ok(free > 0.02, `${free}`);
  assert.ok(Math.abs(moved(chain(clipByGlobalNorm(0.01), plain) as never) - 0.01) < 1e-5);
  assert.ok(Math.abs(moved(chain(clipByGlobalNorm(10 * free), plain) as never) - free) < 1e-5);
});

State("the average follows the tree by its decay, and is what is evaluated", () => {
  const tx = sgd({ learningRate: 1 });
  const { before, tuned, evaluated } = once(method, tx, { ema: 0.75 });
  const [from, to, between] = [before, tuned, evaluated].map(numbers);
  between.forEach((x, i) => {
    assert.ok(Math.abs(x - (0.75 * from[i] + 0.25 * to[i])) < 1e-6, `${i}`);
  });
  assert.equal(once(method, tx).evaluated, once(method, tx).tuned, "without one the tree itself is evaluated");
  const state = initState(tx, method.init(random.key(3), config, params), random.key(0), { ema: 0.5 });
  const step = makeTrainStep(config, method, tx, { ema: 0.5 });
  const first = step(params, state, batch());
  const second = step(params, first.state, batch());
  assert.ok(second.state.average !== undefined, "it goes on");
  dispose(second);
});

State("a step trains by choices, and a batch without them is refused", () => {
  const tx = sgd({ learningRate: 0.5 });
  const step = makeTrainStep(config, method, tx, { loss: "labels" });
  const given = {
    ...batch(),
    choices: np.array(
      [
        [
          [5, 1],
          [6, 1],
        ],
      ],
      { dtype: "int32" },
    ),
    answer: np.array([1], { dtype: "int32" }),
  };
  let state = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, random.key(0));
  const losses = Array.from({ length: 8 }, () => {
    const result = step(params, state, given);
    state = result.state;
    return result.loss.item();
  });
  assert.ok(losses[7] < 0.8 * losses[0], `${losses}`);
  assert.throws(() => step(params, state, batch()), /has no choices and answer/);
  dispose([state, given]);
  step.dispose();
});

State("options out of range are refused", () => {
  const tx = sgd({ learningRate: 1 });
  for (const microbatches of [0, 1.5, -1, Number.NaN]) {
    assert.throws(() => makeTrainStep(config, method, tx, { microbatches }), /not a number of microbatches[\s\S]*1, 2/);
  }
  for (const ema of [1, -0.1, Number.NaN]) {
    assert.throws(() => makeTrainStep(config, method, tx, { ema }), /not a decay[\s\S]*0 to below 1/);
  }
});

State.run();
