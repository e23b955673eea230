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

// @ts-expect-error a label that is none of the groups
export const groups = optim.multiTransform(
  { slow: optim.sgd({ learningRate: 0.1 }), none: optim.setToZero() },
  () => "fast",
);
// @ts-expect-error an optimizer needs a learning rate
optim.adam({ beta1: 0.9 });

// Lists stand for arguments one by one, and functions of the parameters for labels, as in optax.
const listed = nn.sequential([nn.dense(4, 8), nn.relu]);
export type KnowsListed = Expect<Equal<ReturnType<typeof listed.init>, readonly [nn.DenseParams, nn.NoParams]>>;
const chained = optim.chain([optim.clipByGlobalNorm(1), optim.sgd(0.1)]);
const spread = optim.chain(optim.clipByGlobalNorm(1), optim.sgd(0.1));
export type KnowsChained = Expect<
  Equal<optim.OptState<typeof chained, typeof params>, optim.OptState<typeof spread, typeof params>>
>;
const transforms = { slow: optim.sgd(0.1), none: optim.setToZero() };
export const labelled = [
  optim.multiTransform(transforms, (path) => (path.startsWith("encoder/") ? "slow" : "none")),
  optim.multiTransform(transforms, (p: { readonly w: Tensor }) => ({ w: p.w.ndim === 1 ? "slow" : "none" })),
  optim.multiTransform(transforms, { w: "slow" }),
];
// @ts-expect-error what is in the list is no layer
nn.sequential([3]);
// @ts-expect-error what is in the list is no transformation
optim.chain([3]);
