/**
 * Learning to learn (MAML, Finn et al. 2017): parameters from which one gradient step on ten points fits a new sine wave. The outer gradient
 * goes through the inner one.
 *
 * `node --conditions=fluxion-source --import tsx examples/maml.ts`
 */
import { grad, init, jit, np, optim, random, type Tensor, tree, vmap } from "fluxion";

await init();

const WIDTHS = [1, 40, 40, 1];
const TASKS = 25;

type Params = readonly { readonly kernel: Tensor; readonly bias: Tensor }[];

const initial = (): Params =>
  random.subkeys(random.key(0), WIDTHS.length - 1).map((key, i) => ({
    kernel: np.multiply(random.normal(key, [WIDTHS[i], WIDTHS[i + 1]]), Math.sqrt(1 / WIDTHS[i])),
    bias: np.zeros([WIDTHS[i + 1]]),
  }));

const predict = (params: Params, x: Tensor): Tensor =>
  params.reduce((h, { kernel, bias }, i) => {
    const y = np.add(np.matmul(h, kernel), bias);
    return i < params.length - 1 ? np.maximum(y, 0) : y;
  }, x);

const loss = (params: Params, x: Tensor, y: Tensor): Tensor => np.mean(np.square(np.subtract(predict(params, x), y)));

/** One step of gradient descent on a task's first points. */
const adapt = (params: Params, x: Tensor, y: Tensor): Params =>
  tree.map((p: Tensor, g: Tensor) => np.subtract(p, np.multiply(0.01, g)), params, grad(loss)(params, x, y));

/** The loss on other points of the task after that step. */
const adaptedLoss = (params: Params, x: Tensor, y: Tensor, testX: Tensor, testY: Tensor): Tensor =>
  loss(adapt(params, x, y), testX, testY);

/** Sine waves of random amplitude and phase, at random points: `[tasks, 10, 1]` each, for learning and for testing. */
const sample = (key: Tensor): [Tensor, Tensor, Tensor, Tensor] => {
  const [a, b, c] = random.subkeys(key, 3);
  const amplitude = random.uniform(a, [TASKS, 1, 1], { minval: 0.1, maxval: 5 });
  const phase = random.uniform(b, [TASKS, 1, 1], { minval: 0, maxval: Math.PI });
  const points = random.uniform(c, [TASKS, 20, 1], { minval: -5, maxval: 5 });
  const waves = np.multiply(amplitude, np.sin(np.add(points, phase)));
  const [x, testX] = np.split(points, 2, 1);
  const [y, testY] = np.split(waves, 2, 1);
  return [x, y, testX, testY];
};

const overTasks = (params: Params, key: Tensor): Tensor =>
  np.mean(vmap(adaptedLoss, { inAxes: [null, 0, 0, 0, 0] })(params, ...sample(key)));

const adam = optim.adam({ learningRate: 0.001 });
type State = { readonly params: Params; readonly moments: optim.OptState<typeof adam, Params>; readonly key: Tensor };
const step = jit(
  ({ params, moments, key }: State): State => {
    const [now, later] = random.subkeys(key);
    const [updates, next] = adam.update(grad(overTasks)(params, now), moments, params);
    return { params: optim.applyUpdates(params, updates), moments: next, key: later };
  },
  { donate: [0] },
);

let state: State = { params: initial(), moments: adam.init(initial()), key: random.key(1) };
for (let i = 0; i < 4000; i++) state = step(state);
const { params } = state;

const [x, y, testX, testY] = sample(random.key(1000));
const unadapted = np.mean(vmap(loss, { inAxes: [null, 0, 0] })(params, testX, testY)).item();
const adapted = (from: Params): number =>
  np.mean(vmap(adaptedLoss, { inAxes: [null, 0, 0, 0, 0] })(from, x, y, testX, testY)).item();
console.log(`random parameters, one step: ${adapted(initial()).toFixed(2)} (expected at least 3)`);
console.log(`learned parameters, no step: ${unadapted.toFixed(2)} (expected at least 2)`);
console.log(`learned parameters, one step: ${adapted(params).toFixed(2)} (expected at most 1.5)`);
