/**
 * A neural differential equation (Chen et al. 2018): a network learns the velocity of a damped oscillation from pieces of its path, by the
 * gradient through a Runge-Kutta solver that is a `scan`; then it draws the whole path from the first point alone.
 *
 * `node --conditions=fluxion-source --import tsx examples/neural-ode.ts`
 */
import { init, jit, nn, np, optim, random, scan, type Tensor, valueAndGrad, vmap } from "fluxion";

await init();

const [POINTS, PIECE, BATCH, STEPS, DT] = [200, 10, 32, 600, 0.1];
const [DAMPING, FREQUENCY] = [0.1, 1.5];

/** The exact path: a spiral into the origin, `[POINTS, 2]`. */
const times = np.multiply(DT, np.astype(np.arange(POINTS), "float32"));
const angle = np.multiply(FREQUENCY, times);
const radius = np.multiply(2, np.exp(np.multiply(-DAMPING, times)));
const path = np.multiply(np.expandDims(radius, 1), np.stack([np.cos(angle), np.sin(angle)], 1));

const velocity = nn.sequential(nn.dense(2, 32), nn.gelu, nn.dense(32, 2));
type Params = ReturnType<typeof velocity.init>;

/** One step of the classical fourth-order method. */
const rungeKutta = (f: (y: Tensor) => Tensor, y: Tensor): Tensor => {
  const ahead = (k: Tensor, part: number): Tensor => np.add(y, np.multiply(part * DT, k));
  const k1 = f(y);
  const k2 = f(ahead(k1, 0.5));
  const k3 = f(ahead(k2, 0.5));
  const k4 = f(ahead(k3, 1));
  const sum = np.add(np.add(k1, k4), np.multiply(2, np.add(k2, k3)));
  return np.add(y, np.multiply(DT / 6, sum));
};

/** The path from `start`, without it: `[length, 2]`. */
const solve = (params: Params, start: Tensor, length: number): Tensor => {
  const turn = (y: Tensor): readonly [Tensor, Tensor] => {
    const next = rungeKutta((y) => velocity.apply(params, y), y);
    return [next, next];
  };
  return scan(turn, start, null, { length })[1];
};

/** The mean square distance from pieces of the path that begin at random points. */
const loss = (params: Params, key: Tensor): Tensor => {
  const begin = random.randint(key, [BATCH, 1], 0, POINTS - PIECE);
  const pieces = np.take(path, np.add(begin, np.arange(PIECE + 1)), 0);
  const [starts, rest] = np.split(pieces, [1], 1);
  const drawn = vmap((start: Tensor) => solve(params, start, PIECE))(np.squeeze(starts, 1));
  return np.mean(np.square(np.subtract(drawn, rest)));
};

const adam = optim.adam({ learningRate: optim.cosineDecaySchedule(0.02, STEPS) });
type State = { readonly params: Params; readonly moments: optim.OptState<typeof adam, Params>; readonly key: Tensor };
const advance = ({ params, moments, key }: State): { state: State; value: Tensor } => {
  const [now, later] = random.subkeys(key);
  const [value, grads] = valueAndGrad(loss)(params, now);
  const [updates, next] = adam.update(grads, moments, params);
  return { state: { params: optim.applyUpdates(params, updates), moments: next, key: later }, value };
};
const step = jit(advance, { donate: [0] });

const params = velocity.init(random.key(0));
let state: State = { params, moments: adam.init(params), key: random.key(1) };
for (let i = 0; i < STEPS; i++) {
  const result = step(state);
  if (i % 100 === 0) console.log(`step ${i}: loss ${result.value.item().toExponential(1)}`);
  result.value.dispose();
  state = result.state;
}

const drawn = jit(solve, { static: [2] })(state.params, np.take(path, 0, 0), POINTS - 1);
const gap = np.max(np.abs(np.subtract(drawn, np.split(path, [1])[1])));
console.log(`largest distance from the path: ${gap.item().toFixed(3)} (expected at most 0.1)`);
