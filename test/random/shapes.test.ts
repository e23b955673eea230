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

Shapes.run();
