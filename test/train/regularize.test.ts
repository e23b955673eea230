/** @file A term of a training step that is of the trained tree alone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as methods from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import { sgd } from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import type { PromptParams } from "../../lib/t5/model.js";
import type { AnyParams } from "../../lib/t5/stack.js";
import { initState, makeTrainStep, type StepOptions } from "../../lib/train/state.js";
import { messageOf, numbers } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Regularize = suite("train/regularize");
let config: T5Config;
Regularize.before(async () => {
  await init({ backend: "reference" });
  ({ config } = tinyT5({ numLayers: 1, numDecoderLayers: 1 }));
});

const IDS = [5, 9];
const method = methods.prompt({ length: 2 });

/** One step from a prompt of halves with a learning rate of 1: its loss, and how far the prompt went. */
const once = (options: StepOptions<PromptParams> = {}) => {
  const { params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const tx = sgd({ learningRate: 1 });
  using step = makeTrainStep(config, method, tx, options);
  const batch = {
    inputs: np.array(
      [
        [3, 4, 1],
        [7, 1, 0],
        [8, 9, 1],
        [2, 1, 0],
      ],
      { dtype: "int32" },
    ),
    targets: np.array(
      [
        [5, 1],
        [6, 1],
        [7, 1],
        [8, 1],
      ],
      { dtype: "int32" },
    ),
  };
  const start = initState(tx, { prompt: np.full([2, config.dModel], 0.5) }, random.key(0));
  const { state, loss } = step(params, start, batch);
  const result = { loss: loss.item(), moved: numbers(state.tuned.prompt).map((x) => 0.5 - x) };
  const rows = IDS.map((id) => numbers(np.take(params.tokenEmbedder.embedding, np.scalar(id, "int32"), 0)));
  dispose([state, batch, params]);
  return { ...result, rows: rows.flat() };
};
const near = (got: number, want: number, what: string): void =>
  assert.ok(Math.abs(got - want) < 2e-6 * (1 + Math.abs(want)), `${what}: ${got}, not ${want}`);

Regularize("the term and its gradient are added once a step, undivided, in microbatches too", () => {
  const gamma = 0.3;
  for (const options of [{}, { microbatches: 4 }, { microbatches: 2, normalize: "none" }, { normalize: 50 }] as const) {
    const without = once(options);
    const within = once({ ...options, regularizer: methods.wayward({ ids: IDS, gamma }) });
    const distances = without.rows.map((d) => 0.5 - d);
    const term = (gamma / IDS.length) * distances.reduce((sum, x) => sum + x * x, 0);
    near(within.loss - without.loss, term, `loss, ${JSON.stringify(options)}`);
    assert.ok(term > 0.1, `${term}`);
    within.moved.forEach((got, i) => {
      near(got, without.moved[i] + (2 * gamma * distances[i]) / IDS.length, `${i}, ${JSON.stringify(options)}`);
    });
  }
});

Regularize("any function of the model and the tree will do, if it gives a scalar", () => {
  const without = once();
  const squares = (_frozen: AnyParams, { prompt }: PromptParams): Tensor => np.sum(np.square(prompt));
  const within = once({ regularizer: squares });
  near(within.loss - without.loss, 2 * config.dModel * 0.25, "loss");
  within.moved.forEach((got, i) => {
    near(got, without.moved[i] + 1, `${i}`);
  });
  const rows = (_frozen: AnyParams, { prompt }: PromptParams): Tensor => np.sum(prompt, { axis: 1 });
  assert.match(messageOf(() => once({ regularizer: rows })) ?? "", /loss is not a scalar/);
});

Regularize("a prompt of another length than the text is refused by the step", () => {
  const told = messageOf(() => once({ regularizer: methods.wayward({ ids: [5, 6, 7] }) })) ?? "";
  assert.match(told, /does not fit the text[\s\S]*\[3,16\][\s\S]*f32\[2,16\][\s\S]*length: 3/);
});

Regularize.run();
