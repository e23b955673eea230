/**
 * Tells two interleaved spirals apart: layers from `nn`, Adam with a schedule, and a compiled step that takes over the memory of its state.
 *
 * `node --conditions=fluxion-source --import tsx examples/mlp-classifier.ts`
 */
import { init, jit, nn, np, optim, random, type Tensor, valueAndGrad } from "fluxion";

await init();

const POINTS = 500;
const STEPS = 300;
const [training, testing, first] = random.subkeys(random.key(0), 3);

/** Points on two spiral arms, `[POINTS, 2]`, and the arm of each, int32 `[POINTS]`. */
const spirals = (key: Tensor): readonly [points: Tensor, arms: Tensor] => {
  const [where, noise, which] = random.subkeys(key, 3);
  const arms = random.randint(which, [POINTS], 0, 2);
  const turns = np.sqrt(random.uniform(where, [POINTS]));
  const angle = np.multiply(3 * Math.PI, turns);
  // The second arm is the first one turned by half a turn.
  const radius = np.multiply(turns, np.where(np.equal(arms, 0), 1, -1));
  const points = np.stack([np.multiply(radius, np.cos(angle)), np.multiply(radius, np.sin(angle))], 1);
  return [np.add(points, np.multiply(0.02, random.normal(noise, [POINTS, 2]))), arms];
};

const model = nn.sequential(nn.dense(2, 64), nn.relu, nn.dense(64, 64), nn.relu, nn.dense(64, 2));
type Params = ReturnType<typeof model.init>;

const loss = (params: Params, x: Tensor, y: Tensor): Tensor =>
  np.mean(nn.softmaxCrossEntropyWithIntegerLabels(model.apply(params, x), y));

const accuracy = jit((params: Params, x: Tensor, y: Tensor): Tensor => {
  const right = np.equal(np.argmax(model.apply(params, x), { axis: -1 }), y);
  return np.multiply(100, np.mean(np.astype(right, "float32")));
});

const optimizer = optim.adam({ learningRate: optim.cosineDecaySchedule(0.02, STEPS) });
const step = jit(
  (state: { params: Params; moments: optim.OptState<typeof optimizer, Params> }, x: Tensor, y: Tensor) => {
    const [value, grads] = valueAndGrad(loss)(state.params, x, y);
    const [updates, moments] = optimizer.update(grads, state.moments, state.params);
    return { state: { params: optim.applyUpdates(state.params, updates), moments }, value };
  },
  { donate: [0] },
);

const [x, y] = spirals(training);
const params = model.init(first);
let state = { params, moments: optimizer.init(params) };
for (let i = 0; i < STEPS; i++) {
  const result = step(state, x, y);
  if (i % 100 === 0) console.log(`step ${i}: loss ${result.value.item().toFixed(4)}`);
  result.value.dispose();
  state = result.state;
}

console.log(`accuracy: ${accuracy(state.params, x, y).item().toFixed(1)} % (expected at least 99 %)`);
console.log(
  `on new points: ${accuracy(state.params, ...spirals(testing))
    .item()
    .toFixed(1)} % (expected at least 97 %)`,
);
