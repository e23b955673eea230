/** @file The shapes of draws. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { numbers } from "../helpers/runtime.js";
import { onReference } from "../np/oracle.js";

const Shapes = suite("random/shapes");
const check = onReference(Shapes);

check("a number stands for the shape of a vector", () => {
  const [k, mean, cov] = [random.key(3), np.zeros([2]), np.eye(2)];
  const draws: Readonly<Record<string, (shape: number | readonly number[]) => Tensor>> = {
    uniform: (shape) => random.uniform(k, shape),
    normal: (shape) => random.normal(k, shape),
    bits: (shape) => random.bits(k, shape),
    randint: (shape) => random.randint(k, shape, 0, 9),
    bernoulli: (shape) => random.bernoulli(k, 0.5, shape),
    rademacher: (shape) => random.rademacher(k, shape),
    choice: (shape) => random.choice(k, 9, shape),
    "choice without replacement": (shape) => random.choice(k, 9, shape, { replace: false }),
    exponential: (shape) => random.exponential(k, shape),
    gumbel: (shape) => random.gumbel(k, shape, { mode: "high" }),
    maxwell: (shape) => random.maxwell(k, shape),
    doubleSidedMaxwell: (shape) => random.doubleSidedMaxwell(k, 0, 1, shape),
    gamma: (shape) => random.gamma(k, 2, shape),
    generalizedNormal: (shape) => random.generalizedNormal(k, 2, shape),
    ball: (shape) => random.ball(k, 2, 2, shape),
    dirichlet: (shape) => random.dirichlet(k, np.ones([2]), shape),
    poisson: (shape) => random.poisson(k, 3, shape),
    categorical: (shape) => random.categorical(k, np.zeros([4]), { shape }),
    multivariateNormal: (shape) => random.multivariateNormal(k, mean, cov, shape),
    orthogonal: (shape) => random.orthogonal(k, 2, shape),
  };
  for (const [name, draw] of Object.entries(draws)) {
    const [one, same] = [draw(3), draw([3])];
    assert.equal(one.shape, same.shape, name);
    assert.equal(numbers(one), numbers(same), name);
  }
});

check("what is left out is what JAX's signatures say", () => {
  const k = random.key(5);
  const [x, logits, half] = [np.reshape(np.arange(6), [3, 2]), np.array([[0, 1, 2]]), np.array([0.5])];
  const pairs: Readonly<Record<string, readonly [left: Tensor, stated: Tensor]>> = {
    uniform: [random.uniform(k, 4), random.uniform(k, 4, { minval: 0, maxval: 1, dtype: "float32" })],
    bits: [random.bits(k, 4), random.bits(k, 4, { width: 32 })],
    bernoulli: [random.bernoulli(k), random.bernoulli(k, 0.5, [], { mode: "low" })],
    "bernoulli of many": [random.bernoulli(k, undefined, 40), random.bernoulli(k, 0.5, 40)],
    rademacher: [random.rademacher(k, 9), random.rademacher(k, 9, { dtype: "int32" })],
    lognormal: [random.lognormal(k, undefined, 4), random.lognormal(k, 1, 4)],
    orthogonal: [random.orthogonal(k, 2), random.orthogonal(k, 2, [], { m: 2, dtype: "float32" })],
    gumbel: [random.gumbel(k, 4), random.gumbel(k, 4, { mode: "low", dtype: "float32" })],
    ball: [random.ball(k, 3), random.ball(k, 3, 2, [], { dtype: "float32" })],
    permutation: [random.permutation(k, x), random.permutation(k, x, 0, { independent: false })],
    choice: [random.choice(k, x, [8]), random.choice(k, x, [8], { replace: true, axis: 0 })],
    categorical: [
      random.categorical(k, logits, { shape: [5, 1] }),
      random.categorical(k, logits, { shape: [5, 1], axis: -1, replace: true, mode: "low" }),
    ],
    "categorical along": [random.categorical(k, logits), random.categorical(k, logits, { axis: 1, shape: [1] })],
    gamma: [random.gamma(k, half), random.gamma(k, half, [1])],
  };
  for (const [name, [left, stated]] of Object.entries(pairs)) {
    assert.equal([left.dtype, left.shape], [stated.dtype, stated.shape], name);
    assert.equal(numbers(left), numbers(stated), name);
  }
});

Shapes.run();
