/**
 * Fits a line to noisy points by gradient descent and finds back the slope and offset they were made with.
 *
 * `node --conditions=fluxion-source --import tsx examples/linear-regression.ts`
 */
import { grad, init, jit, np, random, type Tensor, tree } from "fluxion";

await init();

interface Params {
  readonly slope: Tensor;
  readonly offset: Tensor;
}

const [positions, noise] = random.subkeys(random.key(0));
const x = random.uniform(positions, [500], { minval: -1, maxval: 1 });
const y = np.add(np.subtract(np.multiply(3, x), 2), np.multiply(0.1, random.normal(noise, [500])));

const loss = ({ slope, offset }: Params, x: Tensor, y: Tensor): Tensor =>
  np.mean(np.square(np.subtract(np.add(np.multiply(slope, x), offset), y)));

const descent = (params: Params, x: Tensor, y: Tensor): Params =>
  tree.map((p: Tensor, g: Tensor) => np.subtract(p, np.multiply(0.5, g)), params, grad(loss)(params, x, y));
// The step takes over the memory of the parameters it replaces.
const step = jit(descent, { donate: [0] });

let params: Params = { slope: np.scalar(0), offset: np.scalar(0) };
for (let i = 0; i < 100; i++) params = step(params, x, y);

console.log(`slope: ${params.slope.item().toFixed(1)} (expected 3.0)`);
console.log(`offset: ${params.offset.item().toFixed(1)} (expected -2.0)`);
console.log(`mean squared error: ${loss(params, x, y).item().toFixed(3)} (expected at most 0.012)`);
