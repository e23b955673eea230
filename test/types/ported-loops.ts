/**
 * @file Lines of programs for JAX, written as somebody who comes from there writes them: loops, carries and derivatives of derivatives.
 * Checked by `tsc`, here and against the packed library with `noUncheckedIndexedAccess`, and never run.
 */
import {
  associativeScan,
  cond,
  foriLoop,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  map,
  np,
  optim,
  random,
  scan,
  type Tensor,
  valueAndGrad,
  vmap,
  whileLoop,
} from "fluxion";

interface Params {
  w: Tensor;
  b: Tensor;
  layers: { q: Tensor }[];
  pair: [Tensor, Tensor];
  extra?: Tensor;
}
declare const params: Params;
declare const key: Tensor;
declare const x: Tensor;
const loss = (p: Params, data: Tensor): Tensor => np.mean(np.square(np.subtract(np.matmul(data, p.w), p.b)));

// --- Hamiltonian Monte Carlo: a leapfrog in a fori loop, with a pair as the carry ------------------------------------------------

declare const logDensity: (q: Tensor) => Tensor;
const leapfrog = (q: Tensor, p: Tensor, size: number): [Tensor, Tensor] =>
  foriLoop(
    0,
    10,
    (_i, [qi, pi]) => {
      const half = np.add(pi, np.multiply(size / 2, grad(logDensity)(qi)));
      const next = np.add(qi, np.multiply(size, half));
      return [next, np.add(half, np.multiply(size / 2, grad(logDensity)(next)))];
    },
    [q, p],
  );
const hmc = jit((start: Tensor, keys: Tensor) =>
  scan(
    (q, k) => {
      const [k1, k2] = random.subkeys(k) as [Tensor, Tensor];
      const p = random.normal(k1, q.shape);
      const [proposal] = leapfrog(q, p, 0.1);
      const accepted = np.less(random.uniform(k2), np.exp(np.subtract(logDensity(proposal), logDensity(q))));
      const next = np.where(accepted, proposal, q);
      return [next, { q: next, accepted }];
    },
    start,
    keys,
  ),
);
export const [lastSample, trace] = hmc(x, random.split(key, 100));
export const acceptance: Tensor = np.mean(trace.accepted);
export const chains: Tensor = vmap(hmc)(x, x)[1].q;

// --- a Kalman filter: a scan over a record of rows, with a mutable tuple as the carry ----------------------------------------------

type Belief = [mean: Tensor, covariance: Tensor];
const filterStep = ([mean, covariance]: Belief, row: { y: Tensor; noise: Tensor }): [Belief, Tensor] => {
  const gain = np.divide(covariance, np.add(covariance, row.noise));
  const next = np.add(mean, np.matmul(gain, np.subtract(row.y, mean)));
  return [[next, np.subtract(covariance, np.matmul(gain, covariance))], next];
};
declare const rows: { y: Tensor; noise: Tensor };
export const [belief, means] = scan(filterStep, [x, x], rows);
export const again: Belief = belief;
export const filtered: Tensor = means;
export const smooth: [Tensor, Tensor] = associativeScan(
  ([a, b], [c, d]) => [np.multiply(a, c), np.add(np.multiply(b, c), d)],
  [x, x],
);

// --- CartPole: a while loop over a record with counters ----------------------------------------------------------------------------

interface Cart {
  position: Tensor;
  velocity: Tensor;
  steps: Tensor;
}
const drive = (policy: Params) =>
  whileLoop(
    (s) => np.logicalAnd(np.less(np.abs(s.position), 2.4), np.less(s.steps, 500)),
    (s) => ({
      position: np.add(s.position, np.multiply(0.02, s.velocity)),
      velocity: cond(
        np.greater(s.position, 0),
        (v) => np.subtract(v, 1),
        (v) => np.add(v, 1),
        s.velocity,
      ),
      steps: np.add(s.steps, 1),
    }),
    { position: np.sum(policy.b), velocity: 0, steps: 0 },
  );
export const cart: Cart = jit(drive)(params);
const walk = (xs: Tensor[]): Tensor[] =>
  whileLoop(
    (c) => np.less(np.sum(c[0] as Tensor), 3),
    (c) => c.map((one) => np.add(one, 1)),
    xs,
  );
export const walked: Tensor[] = walk([x, x]);
export const squares: [Tensor, Tensor] = map((row) => [np.square(row), np.sum(row)], x);

// --- MAML: a gradient within a gradient, by trees -----------------------------------------------------------------------------------

const adapt = (p: Params, task: Tensor): Params => {
  const g = grad(loss)(p, task);
  return { ...p, w: np.subtract(p.w, np.multiply(0.1, g.w)), b: np.subtract(p.b, np.multiply(0.1, g.b)) };
};
const metaLoss = (p: Params, tasks: Tensor): Tensor => np.mean(vmap((t: Tensor) => loss(adapt(p, t), t))(tasks));
export const metaGrads: Params = jit(grad(metaLoss))(params, x);
export const ofNorm: Params = grad((p: Params) => np.sum(np.square(grad(loss)(p, x).pair[0])))(params);
export const third: Tensor = grad(grad(grad((y: Tensor) => np.power(y, 4))))(2);
export const compiledTwice: Tensor = jit(grad(jit(grad((y: Tensor) => np.sum(np.sin(y))))))(1);
export const perExample: Params = vmap(grad(loss), { inAxes: [null, 0] })(params, x);
export const ofPair: Params = grad((p: Params) => np.sum(hessian(loss)(p, x).pair[0].w))(params);
export const mixed: Tensor = jacfwd(jacrev(loss))(params, x).pair[1].layers[0]?.q ?? x;
export const product: Params = hvp(loss, [params, x], [params, null]);
const [[withMetrics, metrics], gradients] = valueAndGrad((p: Params) => [loss(p, x), { n: 1, norm: np.sum(p.w) }], {
  hasAux: true,
})(params);
export const counted: Tensor = metrics.n;
export const kept: [Tensor, Params] = [withMetrics, gradients];

// --- optimizers within loops ----------------------------------------------------------------------------------------------------------

const tx = optim.adamw({ learningRate: 1e-3, weightDecay: 1e-4 });
interface TrainState {
  params: Params;
  opt: optim.OptState<typeof tx, Params>;
  step: Tensor;
}
const update = (s: TrainState, batch: Tensor): [TrainState, Tensor] => {
  const [value, g] = valueAndGrad(loss)(s.params, batch);
  const [updates, opt] = tx.update(g, s.opt, s.params);
  return [{ params: optim.applyUpdates(s.params, updates), opt, step: np.add(s.step, 1) }, value];
};
const start = (p: Params): TrainState => ({ params: p, opt: tx.init(p), step: np.scalar(0, "int32") });
export const [trained, losses] = scan(update, start(params), x);
export const next: TrainState = trained;
export const inLoop: TrainState = foriLoop(0, 10, (_i, s) => update(s, x)[0], start(params));
export const until: TrainState = whileLoop(
  (s) => np.less(s.step, 10),
  (s) => update(s, x)[0],
  start(params),
);
export const ensemble: TrainState = vmap(start)(params);
export const compiled: [TrainState, Tensor] = jit(update, { donate: [0] })(start(params), x);
const momentum = optim.sgd({ learningRate: 0.1, momentum: 0.9 });
export const velocity: Tensor = momentum.init(params)[0].trace.w;
const [fitted, state] = foriLoop(
  0,
  3,
  (_i, [p, s]) => {
    const [u, later] = momentum.update(grad(loss)(p, x), s, p);
    return [optim.applyUpdates(p, u), later];
  },
  [params, momentum.init(params)],
);
export const both: [Params, optim.OptState<typeof momentum, Params>] = [fitted, state];
const factored = optim.multiSteps(optim.adafactor({ learningRate: 1e-3 }), 4);
export const collected: Tensor = factored.init(params).accumulated.pair[0];
export const vRow: Tensor | null = factored.init(params).inner.moments.pair[0].vRow;
const groups = optim.multiTransform({ slow: momentum, none: optim.setToZero() }, () => "slow");
export const slow: Tensor | null = groups.init(params).slow[0].trace.w;

// --- numbers under jit ----------------------------------------------------------------------------------------------------------------

const scaled = jit(
  (y: Tensor, rate: number, how: "sum" | "mean") => ({ y: np.multiply(y, rate), rate, how: how.length }),
  {
    static: [2],
  },
);
export const { y: scaledBy, rate, how }: { y: Tensor; rate: Tensor; how: Tensor } = scaled(3, x, "sum");
export const [first, second]: [Tensor, Tensor] = jit((y: Tensor) => [y, 2])(1);
let counter: { n: Tensor } = { n: np.scalar(0, "int32") };
counter = jit((c: { n: Tensor }) => ({ n: np.add(c.n, 1) }))(counter);
export const seen = counter;

// --- what stays refused ---------------------------------------------------------------------------------------------------------------

// @ts-expect-error a number that went through jit is a tensor
export const plain: number = jit((n: number) => n)(3);
// @ts-expect-error the state of other parameters
tx.update(params, tx.init({ w: x }), params);
// @ts-expect-error the state of another optimizer
tx.update(params, momentum.init(params), params);
// @ts-expect-error descent without momentum has no trace
optim.sgd({ learningRate: 0.1 }).init(params)[0].trace;
// @ts-expect-error a carry that becomes longer
foriLoop(0, 3, (_i, [a, b]) => [a, b, a], [x, x]);
// @ts-expect-error a carry that loses a key
scan((s: TrainState) => [{ params: s.params, opt: s.opt }, null], start(params), x);
// @ts-expect-error a static argument is handed on as it is
scaled(x, 3, x);
// @ts-expect-error a string is no tensor
jit((y: Tensor) => y)("3");
// @ts-expect-error the gradient of a record has its keys only
metaGrads.bias;
// @ts-expect-error a misspelt option
optim.sgd({ learningRate: 0.1, momentun: 0.9 });

// --- derivatives of derivatives by the second argument, in one expression ----------------------------------------------------------

declare const wave: (time: Tensor, place: Tensor) => Tensor;
export const curved: Tensor = grad(grad(wave, 1), 1)(x, x);
export const named: Tensor = grad(grad(wave, { argnums: 1 }), { argnums: 1 })(x, x);
export const thirdByPlace: Tensor = grad(grad(grad(wave, 1), { argnums: 1 }), 1)(x, x);
export const byBoth: [Tensor, Tensor] = grad(grad(wave, 1), { argnums: [0, 1] })(x, x);
export const withValue: [Tensor, Tensor] = valueAndGrad(grad(wave, 1), { argnums: 1 })(x, x);
export const curvature: Tensor = hessian(grad(wave, 1), 1)(x, x);
export const ofReverse: Tensor = jacfwd(jacrev(wave, { argnums: 1 }), { argnums: 1 })(x, x);
export const ofCompiled: Tensor = grad(jit(grad(wave, 1)), { argnums: 1 })(x, x);
// @ts-expect-error there is no third argument
grad(wave, { argnums: 2 });
// @ts-expect-error there is no third argument of a gradient either
grad(grad(wave, 1), 2);
// @ts-expect-error there is no third argument
hessian(wave, 2);
