/**
 * Gradients of single examples with `vmap(grad(loss))`, clipped one by one and averaged: the heart of differentially private training
 * (Abadi et al. 2016).
 *
 * `node --conditions=fluxion-source --import tsx examples/per-example-gradients.ts`
 */
import { grad, init, jit, np, random, type Tensor, tree, vmap } from "fluxion";

await init();

interface Params {
  readonly hidden: Tensor;
  readonly out: Tensor;
}

const BATCH = 64;
const LIMIT = 0.5;

const keys = random.subkeys(random.key(0), 4);
const params: Params = { hidden: random.normal(keys[0], [8, 16]), out: random.normal(keys[1], [16]) };
const x = random.normal(keys[2], [BATCH, 8]);
const y = random.normal(keys[3], [BATCH]);

/** The loss of one example: `x` is `[8]`, `y` a scalar. */
const loss = ({ hidden, out }: Params, x: Tensor, y: Tensor): Tensor =>
  np.square(np.subtract(np.dot(np.tanh(np.dot(x, hidden)), out), y));

const perExample = vmap(grad(loss), { inAxes: [null, 0, 0] });

/** Every example's gradient scaled to a norm of at most LIMIT, then the mean. */
const clippedMean = jit((params: Params, x: Tensor, y: Tensor) => {
  const grads = perExample(params, x, y);
  const squares = tree.leaves(grads).map((g) => np.sum(np.reshape(np.square(g as Tensor), [BATCH, -1]), { axis: 1 }));
  const norms = np.sqrt(squares.reduce((a, b) => np.add(a, b)));
  const factors = np.minimum(1, np.divide(LIMIT, norms));
  const clipped = vmap((g: Params, factor: Tensor) => tree.map((leaf: Tensor) => np.multiply(leaf, factor), g))(
    grads,
    factors,
  );
  return { grads, norms, mean: tree.map((g: Tensor) => np.mean(g, { axis: 0 }), clipped) };
});
const { grads, norms, mean } = clippedMean(params, x, y);

// The mean of the gradients is the gradient of the mean.
const whole = grad((params: Params) => np.mean(vmap(loss, { inAxes: [null, 0, 0] })(params, x, y)))(params);
const gap = np.max(np.abs(np.subtract(np.mean(grads.out, { axis: 0 }), whole.out))).item();

const size = Math.hypot(...tree.leaves(mean).map((g) => np.sqrt(np.sum(np.square(g as Tensor))).item()));
console.log(`shape of the gradients: ${grads.hidden.shape} (expected 64,8,16)`);
console.log(`distance from the gradient of the mean: ${gap.toFixed(5)} (expected at most 0.00001)`);
console.log(`largest norm of an example: ${np.max(norms).item().toFixed(1)} (expected at least ${LIMIT})`);
console.log(`norm of the clipped mean: ${size.toFixed(2)} (expected at most ${LIMIT})`);
