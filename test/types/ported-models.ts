/**
 * @file Lines of programs for JAX, written as somebody who comes from there writes them: models and their losses. Checked by `tsc`, here
 * and against the packed library with `noUncheckedIndexedAccess`, and never run.
 */
import {
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  jacfwd,
  jit,
  jvp,
  lax,
  nn,
  np,
  optim,
  random,
  scan,
  type Tensor,
  type Tree,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";

declare const key: Tensor;
declare const x: Tensor;

// --- a variational autoencoder: parameters as an interface, with arrays and a tuple ------------------------------------------

interface Dense {
  w: Tensor;
  b: Tensor;
}
interface VaeParams {
  encoder: Dense[];
  heads: [Dense, Dense];
  decoder: { hidden: Dense; out: Dense; scale?: Tensor };
}
declare const vae: VaeParams;

const dense = ({ w, b }: Dense, h: Tensor): Tensor => np.add(np.matmul(h, w), b);
const elbo = (p: VaeParams, batch: Tensor, k: Tensor): [Tensor, { logits: Tensor; mean: Tensor }] => {
  const h = p.encoder.reduce((a, layer) => np.tanh(dense(layer, a)), batch);
  const [mean, logVar] = [dense(p.heads[0], h), dense(p.heads[1], h)];
  const z = np.add(mean, np.multiply(np.exp(np.multiply(0.5, logVar)), random.normal(k, mean.shape)));
  const logits = dense(p.decoder.out, np.tanh(dense(p.decoder.hidden, z)));
  const loss = np.mean(np.square(np.subtract(logits, batch)));
  return [loss, { logits, mean }];
};
const vaeTx = optim.chain(optim.clipByGlobalNorm(1), optim.adam({ learningRate: 1e-3 }));
const vaeStep = jit((p: VaeParams, s: optim.OptState<typeof vaeTx, VaeParams>, batch: Tensor, k: Tensor) => {
  const [[loss, aux], g] = valueAndGrad((q: VaeParams) => elbo(q, batch, k), { hasAux: true })(p);
  const [updates, next] = vaeTx.update(g, s, p);
  return [optim.applyUpdates(p, updates), next, loss, aux.mean];
});
let vaeParams = vae;
let vaeState = vaeTx.init(vae);
for (let i = 0; i < 10; i++) {
  const [p, s, loss] = vaeStep(vaeParams, vaeState, x, random.foldIn(key, i));
  [vaeParams, vaeState] = [p, s];
  loss.item();
}
export const firstMoment: Tensor = vaeState[1][0].mu.heads[0].w;
export const maybeScale: Tensor | undefined = vaeState[1][0].nu.decoder.scale;

// --- a Gaussian process: a record of scalars, whose numbers may be plain ------------------------------------------------------

interface Kernel {
  amplitude: Tensor;
  length: Tensor;
}
const likelihood = jit((p: Kernel, xs: Tensor, ys: Tensor) => {
  const d = np.subtract(np.expandDims(xs, 1), np.expandDims(xs, 0));
  const k = np.multiply(p.amplitude, np.exp(np.negative(np.square(np.divide(d, p.length)))));
  return np.sum(np.matmul(np.linalg.inv(k), ys));
});
export const fit: Tensor = likelihood({ amplitude: 1, length: 0.5 }, x, x);
export const slopes: Kernel = grad(likelihood)({ amplitude: 1, length: 0.5 }, x, x);
export const curvature: Tensor = hessian(likelihood)({ amplitude: 1, length: 2 }, x, x).length.amplitude;

// --- a language model: blocks of a scan, and a cache as a carry -----------------------------------------------------------------

interface Cache {
  keys: Tensor;
  values: Tensor;
  position: Tensor;
}
interface Block {
  q: Tensor;
  k: Tensor;
  v: Tensor;
}
declare const blocks: Block;
declare const cache: Cache;
const attend = (p: Block, c: Cache, h: Tensor): [Tensor, Cache] => {
  const keys = lax.dynamicUpdateSlice(c.keys, np.matmul(h, p.k), [c.position, 0]);
  const values = lax.dynamicUpdateSlice(c.values, np.matmul(h, p.v), [c.position, 0]);
  const scores = nn.softmax(np.matmul(np.matmul(h, p.q), np.transpose(keys)));
  return [np.matmul(scores, values), { keys, values, position: np.add(c.position, 1) }];
};
const decode = jit((p: Block, c: Cache, token: Tensor, steps: number) =>
  lax.foriLoop(0, 8, (_i, [h, held]) => attend(p, held, np.multiply(h, steps)), [token, c]),
);
export const [decoded, filled] = decode(blocks, cache, x, 8);
export const position: Tensor = filled.position;
export const through: Tensor = scan((h: Tensor, p: Block) => [np.matmul(h, p.q), null], x, blocks)[0];
const remembered = checkpoint((p: Block, h: Tensor) => np.tanh(np.matmul(h, p.q)));
export const deep: Block = grad((p: Block) => np.sum(remembered(p, x)))(blocks);

// --- a normalizing flow: layers as pairs, a log determinant beside ---------------------------------------------------------------

type Coupling = { readonly shift: Dense; readonly scale: Dense };
declare const couplings: readonly Coupling[];
const flow = (layers: readonly Coupling[], z: Tensor): [Tensor, Tensor] => {
  let [y, logDet] = [z, np.zeros([])];
  for (const { shift, scale } of layers) {
    const s = dense(scale, y);
    [y, logDet] = [np.add(np.multiply(y, np.exp(s)), dense(shift, y)), np.add(logDet, np.sum(s))];
  }
  return [y, logDet];
};
const [sample, density] = vmap(flow, { inAxes: [null, 0] })(couplings, x);
export const pair: [Tensor, Tensor] = [sample, density];
export const byLayer: readonly Coupling[] = grad((p: readonly Coupling[]) => np.sum(flow(p, x)[1]))(couplings);

// --- a mixture of experts: vmap over parameters, with prefixes of axes ------------------------------------------------------------

declare const experts: Dense;
declare const router: Dense;
const moe = (p: { experts: Dense; router: Dense }, h: Tensor) => {
  const gates = nn.softmax(dense(p.router, h));
  const each = vmap(dense, { inAxes: [{ w: 0, b: 0 }, null] })(p.experts, h);
  return { out: np.einsum("te,eth->th", gates, each), load: np.mean(gates, { axis: 0 }) };
};
export const routed = jit(moe)({ experts, router }, x).load;
export const perToken: Dense = grad((p: Dense) => np.sum(moe({ experts: p, router }, x).out))(experts);
const initMany = vmap((k: Tensor): Dense => ({ w: random.normal(k, [4, 4]), b: np.zeros([4]) }));
export const many: Dense = initMany(random.split(key, 8));

// --- rules of one's own -------------------------------------------------------------------------------------------------------------

const clipped = customVjp(
  (h: Tensor, _limit: Tensor) => np.multiply(h, 1),
  (h, limit) => [h, { limit }],
  ({ limit }, ct) => [np.clip(ct, np.negative(limit), limit), null],
);
export const clippedSlope: Tensor = grad((h: Tensor) => np.sum(clipped(h, 0.5)))(x);
const logOnePlusExp = customJvp(
  (h: Tensor) => np.log1p(np.exp(h)),
  ([h], [dh]) => [np.log1p(np.exp(h)), np.multiply(dh, nn.sigmoid(h))],
);
export const stable: Tensor = grad(logOnePlusExp)(100);

// --- functions of any tree ----------------------------------------------------------------------------------------------------------

const half = <T extends Tree>(params: T): T => tree.map((leaf) => np.multiply(leaf, 0.5), params);
const descend = <T extends Tree>(loss: (params: T) => Tensor, params: T, rate: number): T =>
  tree.map((p, g: Tensor) => np.subtract(p, np.multiply(rate, g)), params, grad(loss)(params));
const dot = <T extends Tree>(a: T, b: T): Tensor =>
  tree.reduce((sum, leaf) => np.add(sum, np.sum(leaf)), tree.map(np.multiply, a, b), np.scalar(0));
export const halved: VaeParams = half(vae);
export const descended: VaeParams = descend((p) => np.sum(p.heads[0].w), vae, 0.1);
export const inner: Tensor = dot(vae, half(vae));
export const compiledHalf: Dense = jit((p: Dense) => half(p))(router);

// --- a physics-informed network: derivatives by the input within a loss by the parameters --------------------------------------------

const network = (p: Dense[], t: Tensor): Tensor => p.reduce((h, layer) => np.tanh(dense(layer, h)), t);
declare const pinn: Dense[];
const residual = (p: Dense[], t: Tensor): Tensor => {
  const u = (s: Tensor): Tensor => np.sum(network(p, s));
  const [first, second] = [jacfwd(u)(t), hessian(u)(t)];
  return np.mean(np.square(np.add(np.trace(second), np.sum(first))));
};
export const [pinnLoss, pinnGrads] = valueAndGrad((p: Dense[]) => np.mean(vmap((t: Tensor) => residual(p, t))(x)))(
  pinn,
);
export const sameKind: Dense[] = pinnGrads;
export const along: [Tensor, Tensor] = jvp((t: Tensor) => network(pinn, t), [x], [x]);
export const [value, pull] = vjp((p: Dense[]) => network(p, x), pinn);
export const pulledBack: [Dense[]] = pull(x);
