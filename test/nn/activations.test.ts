import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f64, numbers, onReference } from "../helpers/runtime.js";

const Activations = suite("nn/activations");

const near = (got: readonly number[], want: readonly number[], tolerance = 1e-12): void => {
  got.forEach((x, i) => {
    const close = Object.is(x, want[i]) || Math.abs(x - want[i]) <= tolerance * Math.max(1, Math.abs(want[i]));
    assert.ok(close, `element ${i}: ${x} and ${want[i]}`);
  });
};
const follows = (f: (x: Tensor) => Tensor, formula: (x: number) => number, at: readonly number[]): void => {
  onReference(() => near(numbers(f(f64(at))), at.map(formula)));
};
const slopes = (f: (x: Tensor) => Tensor, at: readonly number[]): number[] =>
  onReference(() => numbers(vmap(grad(f))(f64(at))));

Activations("the functions that PyTorch does not have follow their formulas", () => {
  const at = [-8, -1.5, -1, -0.3, 0, 0.4, 1, 2.5, 9];
  follows(nn.sparsePlus, (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4), at);
  follows(nn.sparseSigmoid, (x) => Math.min(Math.max((x + 1) / 2, 0), 1), at);
  follows(nn.squareplus, (x) => (x + Math.sqrt(x * x + 4)) / 2, at);
  follows(
    (x) => nn.squareplus(x, 0.5),
    (x) => (x + Math.sqrt(x * x + 0.5)) / 2,
    at,
  );
  follows(nn.hardSwish, (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6, at);
  follows(nn.swish, (x) => x / (1 + Math.exp(-x)), at);
  follows(nn.leakyRelu, (x) => (x < 0 ? 0.01 * x : x), at);
  for (const f of [nn.elu, nn.celu]) follows(f, (x) => (x > 0 ? x : Math.expm1(x)), at);
  follows(nn.identity, (x) => x, at);
});

Activations("log1mexp is exact near 0 and far from it, and so is its derivative", () => {
  onReference(() => {
    near(numbers(nn.log1mexp(f64([1e-10, 0.5, Math.LN2, 1, 40]))), [
      Math.log(1e-10) - 0.5e-10,
      Math.log(-Math.expm1(-0.5)),
      -Math.LN2,
      Math.log1p(-Math.exp(-1)),
      -Math.exp(-40),
    ]);
  });
  near(slopes(nn.log1mexp, [1e-10, 1, 40, 800]), [1e10, 1 / Math.expm1(1), Math.exp(-40), 0], 1e-9);
});

Activations("at NaN values are NaN, and derivatives are JAX's", () => {
  const { relu, relu6, hardSigmoid, sparseSigmoid, softplus, logSigmoid, elu, selu, celu } = nn;
  const { gelu, silu, sparsePlus, softSign, squareplus, mish, sigmoid } = nn;
  const check = (functions: readonly ((x: Tensor) => Tensor)[], slope: number): void => {
    functions.forEach((f, i) => {
      follows(
        (x) => f(x),
        () => Number.NaN,
        [Number.NaN],
      );
      const [got] = slopes((x) => f(x), [Number.NaN]);
      assert.ok(Object.is(got, slope), `function ${i}: ${got} and ${slope}`);
    });
  };
  check([relu, relu6, hardSigmoid, sparseSigmoid], 0);
  check([softplus, logSigmoid, elu, selu, celu, gelu, silu], Number.NaN);
  check([sparsePlus, softSign, squareplus, mish, sigmoid], Number.NaN);
});

Activations("sums of exponentials with NaN among them have NaN for all derivatives", () => {
  onReference(() => {
    const both = (f: (x: Tensor, y: Tensor) => Tensor, x: number, y: number): number[] =>
      [0, 1].map((argnums) => (grad(f, { argnums: argnums as 0 }) as typeof f)(f64(x), f64(y)).item());
    for (const f of [np.logaddexp, np.logaddexp2]) {
      for (const [x, y] of [
        [Number.NaN, 0],
        [0, Number.NaN],
        [Number.NaN, Number.NaN],
        [Number.NaN, np.inf],
      ]) {
        near(both(f, x, y), [Number.NaN, Number.NaN]);
      }
      near(both(f, np.inf, np.inf), [1, 1]);
      near(both(f, -np.inf, 0), [0, 1]);
      near(both(f, np.inf, 0), [1, 0]);
    }
    const rows = f64([Number.NaN, 0]);
    near(numbers(grad((x: Tensor) => np.logsumexp(x))(rows)), [Number.NaN, Number.NaN]);
    near(numbers(grad((x: Tensor) => np.sum(lax.cumlogsumexp(x)))(rows)), [Number.NaN, Number.NaN]);
  });
});

Activations("at kinks the derivatives are JAX's, and far out they are finite", () => {
  near(slopes(nn.relu, [0]), [0]);
  near(slopes(nn.relu6, [0, 6]), [0, 0]);
  near(slopes(nn.hardSigmoid, [-3, 3]), [0, 0]);
  near(slopes(nn.leakyRelu, [0]), [1]);
  near(slopes(nn.hardTanh, [-1, 1]), [1, 1]);
  near(
    slopes((x) => nn.elu(x, 2), [0]),
    [2],
  );
  near(slopes(nn.celu, [0]), [1]);
  const far = [-1000, 1000];
  for (const [f, want] of [
    [nn.elu, [0, 1]],
    [nn.celu, [0, 1]],
    [nn.softplus, [0, 1]],
    [nn.logSigmoid, [1, 0]],
    [nn.mish, [0, 1]],
    [nn.silu, [0, 1]],
    [nn.gelu, [0, 1]],
  ] as const) {
    near(
      slopes((x) => f(x), far),
      want,
    );
  }
});

Activations("NaN stays NaN", () => {
  for (const f of [nn.relu, nn.relu6, nn.elu, nn.gelu, nn.hardTanh, nn.sparsePlus, nn.softplus, nn.mish, nn.selu]) {
    assert.ok(Number.isNaN(onReference(() => numbers(f(Number.NaN))[0])), f.name);
  }
});

Activations.run();
