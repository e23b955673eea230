import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { messageOf, numbers, onReference } from "../helpers/runtime.js";

const Initializers = suite("nn/initializers");
const init = nn.initializers;

const check = (title: string, body: (key: Tensor) => void): void => {
  Initializers(title, () => onReference(() => body(random.key(7))));
};
const moments = (x: Tensor): { mean: number; variance: number; largest: number } => ({
  mean: np.mean(x).item(),
  variance: np.variance(x).item(),
  largest: np.max(np.abs(x)).item(),
});

/** 16000 numbers: their variance is off by 1.1 % on average for normal numbers; four times that is allowed. */
const distributed = (what: string, x: Tensor, variance: number): void => {
  const got = moments(x);
  assert.ok(Math.abs(got.variance / variance - 1) < 0.045, `${what}: variance ${got.variance}, expected ${variance}`);
  assert.ok(Math.abs(got.mean) < 4 * Math.sqrt(variance / x.size), `${what}: mean ${got.mean}`);
};

check("the families have their variance, by fan in, fan out or their mean", (key) => {
  const shape = [80, 200];
  for (const [name, variance] of [
    ["glorot", 2 / 280],
    ["xavier", 2 / 280],
    ["lecun", 1 / 80],
    ["he", 2 / 80],
    ["kaiming", 2 / 80],
  ] as const) {
    const families = init as unknown as Record<string, () => nn.initializers.Initializer>;
    for (const kind of ["Normal", "Uniform"]) {
      if (families[`${name}${kind}`] === undefined) continue;
      const x = families[`${name}${kind}`]()(key, shape);
      distributed(`${name}${kind}`, x, variance);
      const bound = kind === "Uniform" ? Math.sqrt(3 * variance) : (2 * Math.sqrt(variance)) / 0.8796;
      const { largest } = moments(x);
      assert.ok(largest <= bound * 1.0001 && largest > bound * 0.99, `${name}${kind}: largest ${largest} of ${bound}`);
    }
  }
  distributed("fanOut", init.varianceScaling(3, "fanOut", "normal")(key, shape), 3 / 200);
  distributed("fanGeoAvg", init.varianceScaling(3, "fanGeoAvg", "normal")(key, shape), 3 / Math.sqrt(80 * 200));
});

check("the receptive field counts in the fan, and batch axes do not", (key) => {
  distributed("conv", init.lecunNormal()(key, [4, 5, 20, 40]), 1 / (4 * 5 * 20));
  const copies = init.lecunNormal({ inAxis: 1, outAxis: 2, batchAxis: 0 });
  distributed("copies", copies(key, [20, 20, 40]), 1 / 20);
});

check("constants, normal, truncated and uniform numbers", (key) => {
  assert.equal(numbers(init.constant(3)(key, [2])), [3, 3]);
  assert.equal(numbers(init.zeros(key, [1])).concat(numbers(init.ones(key, [1]))), [0, 1]);
  assert.is(init.normal()(key, [2], "float64").dtype, "float64");
  distributed("normal", init.normal(0.3)(key, [16000]), 0.09);
  const truncated = moments(init.truncatedNormal(0.3)(key, [16000]));
  assert.ok(truncated.largest <= 0.6 && Math.abs(truncated.variance / (0.3 * 0.8796) ** 2 - 1) < 0.045);
  const uniform = moments(init.uniform(0.3)(key, [16000]));
  assert.ok(Math.abs(uniform.mean - 0.15) < 0.003 && uniform.largest < 0.3);
});

check("orthogonal matrices are, whichever side is longer, and of any rank", (key) => {
  const identityOf = (x: Tensor, size: number, scale: number): void => {
    numbers(x).forEach((v, i) => {
      const want = Math.floor(i / size) === i % size ? scale : 0;
      assert.ok(Math.abs(v - want) < 1e-5, `element ${i}: ${v}`);
    });
  };
  const tall = init.orthogonal(2)(key, [6, 4]);
  identityOf(np.matmul(np.transpose(tall), tall), 4, 4);
  const wide = init.orthogonal()(key, [3, 5]);
  identityOf(np.matmul(wide, np.transpose(wide)), 3, 1);
  const kernel = np.reshape(init.orthogonal()(key, [2, 3, 4]), [6, 4]);
  identityOf(np.matmul(np.transpose(kernel), kernel), 4, 1);
  const first = np.reshape(init.orthogonal(1, 0)(key, [2, 3, 4]), [2, 12]);
  identityOf(np.matmul(first, np.transpose(first)), 2, 1);
});

check("the signs of orthogonal matrices are even: without R's the first column would have one sign", (key) => {
  const keys = random.subkeys(key, 64);
  const positive = keys.filter((k) => np.slice(init.orthogonal()(k, [3, 3]), [0, 0]).item() > 0).length;
  // Binomial of 64 with standard deviation 4.
  assert.ok(positive > 16 && positive < 48, `${positive} of 64`);
});

check("delta-orthogonal kernels are orthogonal at their middle and zero elsewhere", (key) => {
  const kernel = init.deltaOrthogonal()(key, [3, 3, 2, 4]);
  const middle = np.slice(kernel, [1, 1]);
  const product = numbers(np.matmul(middle, np.transpose(middle)));
  [1, 0, 0, 1].forEach((want, i) => {
    assert.ok(Math.abs(product[i] - want) < 1e-5);
  });
  assert.ok(Math.abs(np.sum(np.square(kernel)).item() - 2) < 1e-5);
  assert.match(messageOf(() => init.deltaOrthogonal()(key, [3, 4, 2])) ?? "", /in <= out/);
});

check("vectors have no fan, and a scale must be positive", (key) => {
  assert.match(messageOf(() => init.heNormal()(key, [3])) ?? "", /rank 2 or more/);
  assert.match(messageOf(() => init.varianceScaling(0, "fanIn", "normal")) ?? "", /positive/);
});

Initializers.run();
