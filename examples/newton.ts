/**
 * Logistic regression by Newton's method: `hessian` and `np.linalg.solve` are at the optimum in six steps, and the same Hessian says how
 * far the weights may be from those that made the data.
 *
 * `node --conditions=fluxion-source --import tsx examples/newton.ts`
 */
import { grad, hessian, init, jit, nn, np, random, scope, type Tensor } from "fluxion";

await init();

const ROWS = 1000;
const STEPS = 6;
const weights = np.array([1.5, -2, 0.5, 0, 1]);

const [forX, forY] = random.subkeys(random.key(0));
const x = random.normal(forX, [ROWS, weights.size]);
const y = np.astype(random.bernoulli(forY, nn.sigmoid(np.matmul(x, weights))), "float32");

/** The negative log likelihood of answers 0 or 1: the sum of log(1 + e^z) - y z. */
const loss = (w: Tensor): Tensor => {
  const z = np.matmul(x, w);
  return np.sum(np.subtract(np.logaddexp(z, 0), np.multiply(y, z)));
};

const newton = (w: Tensor): Tensor => np.subtract(w, np.linalg.solve(hessian(loss)(w), grad(loss)(w)));
const descent = (w: Tensor): Tensor => np.subtract(w, np.multiply(1 / ROWS, grad(loss)(w)));

/** The size of the gradient for one row, which is 0 at the optimum. */
const distance = (w: Tensor): number => scope(() => np.linalg.norm(grad(loss)(w)).item() / ROWS);

/** Takes steps from zero weights on. */
const repeat = (method: (w: Tensor) => Tensor, name: string): Tensor => {
  const step = jit(method, { donate: [0] });
  let w = np.zeros([weights.size]);
  for (let i = 0; i < STEPS; i++) {
    w = step(w);
    console.log(`${name}, step ${i + 1}: ${distance(w).toExponential(1)}`);
  }
  return w;
};

const slow = repeat(descent, "gradient descent");
const best = repeat(newton, "Newton");

// At the optimum the inverse Hessian is the covariance of the weights.
const errors = np.sqrt(np.diagonal(np.linalg.inv(hessian(loss)(best))));
const off = np.max(np.divide(np.abs(np.subtract(best, weights)), errors));
console.log(`gradient after gradient descent: ${distance(slow).toFixed(3)} (expected at least 0.01)`);
console.log(`gradient after Newton's method: ${distance(best).toFixed(7)} (expected at most 0.000001)`);
console.log(`weights: ${Array.from(best.dataSync(), (w) => w.toFixed(2)).join(", ")}`);
console.log(`standard errors from the true weights: ${off.item().toFixed(1)} (expected at most 3)`);
