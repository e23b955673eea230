/** @file The types of layers and optimizers. */
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as optim from "../../lib/optim/index.js";
import type { Equal, Expect } from "./equal.js";

declare const key: Tensor;
declare const x: Tensor;

const mlp = nn.sequential(nn.dense(4, 8), nn.relu, nn.layerNorm(8), nn.dropoutLayer(0.1));
const params = mlp.init(key);
export type KnowsEach = Expect<
  Equal<typeof params, readonly [nn.DenseParams, nn.NoParams, nn.NormParams, nn.NoParams]>
>;
export const y: Tensor = mlp.apply(params, x, { key });
// @ts-expect-error the parameters of another model
mlp.apply(nn.sequential(nn.dense(4, 8)).init(key), x);
// @ts-expect-error a layer with a state is no part of a chain
nn.sequential(nn.batchNorm(4));

const cell = nn.lstmCell(4, 8);
const [carry] = cell.apply(cell.init(key), cell.initCarry([2]), x);
export type CarriesBoth = Expect<Equal<typeof carry, nn.LstmCarry>>;

const tx = optim.chain(optim.clipByGlobalNorm(1), optim.adamw({ learningRate: 0.1, mask: "**/kernel" }));
const state = tx.init(params);
export const count: Tensor = state[1][0].count;
const [updates] = tx.update(params, state, params);
export type LikeGradients = Expect<Equal<typeof updates, typeof params>>;

const injected = optim.injectHyperparams((h) => optim.sgd(h), { learningRate: 0.1 });
export const rate: Tensor = injected.init(params).hyperparams.learningRate;

export const groups = optim.multiTransform(
  { slow: optim.sgd({ learningRate: 0.1 }), none: optim.setToZero() },
  // @ts-expect-error a label that is none of the groups
  () => "fast",
);
// @ts-expect-error an optimizer needs a learning rate
optim.adam({ beta1: 0.9 });
