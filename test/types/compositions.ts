/** @file Types of transformations of transformations, and of layers and optimizers under them. Checked by `tsc`, never run. */
import {
  cond,
  grad,
  hessian,
  type Jitted,
  jacfwd,
  jacrev,
  jit,
  nn,
  np,
  optim,
  scan,
  switchCase,
  type Tensor,
  tree,
  valueAndGrad,
  vmap,
} from "../../lib/index.js";
import type { Equal, Expect } from "./equal.js";

interface Params {
  readonly w: Tensor;
  readonly layers: readonly { readonly kernel: Tensor; readonly bias: Tensor }[];
}
interface Batch {
  readonly inputs: Tensor;
  readonly labels: Tensor;
}
declare const params: Params;
declare const batch: Batch;
declare const x: Tensor;
declare const key: Tensor;
declare const loss: (params: Params, batch: Batch) => Tensor;
declare const lossAndLogits: (params: Params, batch: Batch) => readonly [Tensor, { readonly logits: Tensor }];

// --- transformations of transformations ----------------------------------------------------------------------------------

const perExample = jit(vmap(grad(loss), { inAxes: [null, 0] }));
const pairs = vmap(grad(loss, { argnums: [0, 1] }), { inAxes: [null, { inputs: 0, labels: 0 }] });
const [[values, aux], grads] = jit(vmap(valueAndGrad(lossAndLogits, { hasAux: true })))(params, batch);
const curvature = jit(hessian(loss, { argnums: [0, 1] }))(params, batch);
const ofGradient = jacfwd(grad(loss))(params, batch);
const rows = vmap(jacrev(lossAndLogits, { hasAux: true }), { inAxes: [null, 0] })(params, batch);

export type Composed = [
  Expect<Equal<typeof perExample, Jitted<(params: Params, batch: Batch) => Params>>>,
  Expect<Equal<ReturnType<typeof pairs>, [Params, Batch]>>,
  Expect<Equal<typeof values, Tensor>>,
  Expect<Equal<typeof aux, { readonly logits: Tensor }>>,
  Expect<Equal<typeof grads, Params>>,
  Expect<Equal<(typeof curvature)[0]["w"][1], Batch>>,
  Expect<Equal<(typeof curvature)[1]["labels"][0], Params>>,
  Expect<Equal<(typeof ofGradient)["w"], Params>>,
  Expect<Equal<(typeof ofGradient)["layers"][number]["bias"], Params>>,
  Expect<Equal<typeof rows, [jacobian: Params, aux: { readonly logits: Tensor }]>>,
];

// @ts-expect-error the batch is missing
perExample(params);
// @ts-expect-error one argument too many
perExample(params, batch, batch);
// @ts-expect-error the arguments are exchanged
pairs(batch, params);
// @ts-expect-error a misspelt key in the middle of a composition
vmap(grad(loss), { inAxes: [null, { input: 0 }] });
// @ts-expect-error a misspelt key deep in a prefix
vmap(loss, { inAxes: [{ layers: [{ kernels: 0 }] }, 0] });
// @ts-expect-error an axis for each argument, and no more
vmap(loss, { inAxes: [0, 0, 0] });
// @ts-expect-error the result of a gradient has no such key
vmap(grad(loss), { outAxes: { v: 1 } });
// @ts-expect-error a misspelt option
vmap(loss, { in_axes: 0 });
// @ts-expect-error a gradient is no loss
grad(grad(loss));
// @ts-expect-error there is no argument 2 under jit either
grad(jit(loss), { argnums: 2 });
// @ts-expect-error the gradient of the parameters has no such leaf
perExample(params, batch).v;

// --- control flow under them ---------------------------------------------------------------------------------------------

const unrolled = (p: Params, xs: Tensor) =>
  scan(
    (c, { kernel, bias }) => [{ h: np.add(np.matmul(c.h, kernel), bias) }, { norm: np.sum(c.h) }],
    { h: xs },
    p.layers[0],
  );
const [last, norms] = jit(unrolled)(params, x);
const through = grad((p: Params) => np.sum(unrolled(p, x)[0].h))(params);
const either = vmap((flag: Tensor, p: Params) =>
  cond(
    flag,
    (q) => q.layers,
    (q) => q.layers,
    p,
  ),
)(x, params);
const chosen = grad((p: Params) => switchCase(0, [(q: Params) => np.sum(q.w), (q: Params) => np.max(q.w)], p))(params);

export type Controlled = [
  Expect<Equal<typeof last, { h: Tensor }>>,
  Expect<Equal<typeof norms, { norm: Tensor }>>,
  Expect<Equal<typeof through, Params>>,
  Expect<Equal<typeof either, Params["layers"]>>,
  Expect<Equal<typeof chosen, Params>>,
];
const [ofParams, ofBatch] = [(q: Params) => q.w, (q: Batch) => q.inputs];
// @ts-expect-error a branch takes another operand
cond(x, ofParams, ofBatch, params);
// @ts-expect-error the branches differ
switchCase(0, [(q: Tensor) => q, (q: Tensor) => [q]], x);

// --- layers and optimizers -----------------------------------------------------------------------------------------------

const block = nn.sequential(nn.layerNorm(4), nn.sequential(nn.dense(4, 8), nn.gelu), nn.dense(8, 4));
const stacked = vmap(block.init)(key);
const adam = optim.adam({ learningRate: 0.1 });
type State = { readonly weights: typeof stacked; readonly moments: optim.OptState<typeof adam, typeof stacked> };
const step = jit(
  (state: State, data: Tensor): State => {
    const g = grad((w: typeof stacked) => np.sum(block.apply(w, data)))(state.weights);
    const [updates, moments] = adam.update(g, state.moments, state.weights);
    return { weights: optim.applyUpdates(state.weights, updates), moments };
  },
  { donate: [0] },
);
const norms2 = tree.map((a, b: Tensor) => [np.sum(a), b] as const, params, params);

export type Layers = [
  Expect<Equal<typeof stacked, ReturnType<typeof block.init>>>,
  Expect<Equal<(typeof stacked)[1], readonly [nn.DenseParams, nn.NoParams]>>,
  Expect<Equal<(typeof stacked)[2]["kernel"], Tensor>>,
  Expect<Equal<ReturnType<typeof step>, State>>,
  Expect<Equal<(typeof norms2)["layers"][number]["bias"], readonly [Tensor, Tensor]>>,
];
// @ts-expect-error the state of another optimizer
adam.update(stacked, optim.sgd({ learningRate: 0.1, momentum: 0.9 }).init(stacked), stacked);
// @ts-expect-error the state lacks the moments
step({ weights: stacked }, x);
// @ts-expect-error a dense layer takes a tensor
nn.dense(4, 8).apply(nn.dense(4, 8).init(key), params);
