/** @file Layers, activations and losses against PyTorch in float64, with gradients; also compiled, mapped, and in float32. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DType } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { near, numbers, on, startedRuntimes, treesClose } from "../helpers/runtime.js";

const Torch = suite("nn/torch");
const runtimes = await startedRuntimes();

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly inputs: Readonly<Record<string, Stored>>;
  readonly outs: readonly Stored[];
  readonly grads: Readonly<Record<string, Stored>>;
}
const { cases } = JSON.parse(readFileSync(new URL("../golden/data/torch-nn.json", import.meta.url), "utf8")) as {
  cases: Record<string, Case>;
};

type Inputs = Readonly<Record<string, Tensor>>;
type F = (i: Inputs) => Tensor | readonly Tensor[];

const T = (x: Tensor): Tensor => np.swapaxes(x, -1, -2);
/** PyTorch has channels second, we have them last. */
const last = (x: Tensor): Tensor => np.moveaxis(x, 1, -1);
const second = (x: Tensor): Tensor => np.moveaxis(x, -1, 1);
const int = (x: Tensor): Tensor => np.astype(x, "int32");

const attention = (causal: boolean): F => {
  return (i) => {
    const memory = i.memory ?? i.x;
    const layer = nn.multiHeadAttention(6, { heads: 2, memoryFeatures: memory.shape[memory.ndim - 1] });
    const [bq, bk, bv] = np.split(i.b, 3);
    const into = (w: Tensor, b: Tensor) => ({
      kernel: np.reshape(T(w), [w.shape[1], 2, 3]),
      bias: np.reshape(b, [2, 3]),
    });
    const params = {
      query: into(i.win_q, bq),
      key: into(i.win_k, bk),
      value: into(i.win_v, bv),
      out: { kernel: np.reshape(T(i.wo), [2, 3, 6]), bias: i.bo },
    };
    return layer.apply(params, i.x, { isCausal: causal, ...(i.memory === undefined ? {} : { memory }) });
  };
};

/** PyTorch's kernels are `[out, in, ...spatial]`. */
const convolved =
  (from: number, to: number, size: readonly number[], options: nn.ConvOptions): F =>
  ({ x, w, b }) => {
    const kernel = np.transpose(w, [...size.map((_, i) => i + 2), 1, 0]);
    return second(nn.conv(from, to, size, options).apply({ kernel, bias: b }, last(x)));
  };

/** Each case in our words. */
const OURS: Readonly<Record<string, F>> = {
  relu: ({ x }) => nn.relu(x),
  relu6: ({ x }) => nn.relu6(x),
  sigmoid: ({ x }) => nn.sigmoid(x),
  softplus: ({ x }) => nn.softplus(x),
  softSign: ({ x }) => nn.softSign(x),
  silu: ({ x }) => nn.silu(x),
  logSigmoid: ({ x }) => nn.logSigmoid(x),
  leakyRelu: ({ x }) => nn.leakyRelu(x, 0.2),
  hardSigmoid: ({ x }) => nn.hardSigmoid(x),
  hardSilu: ({ x }) => nn.hardSilu(x),
  hardTanh: ({ x }) => nn.hardTanh(x),
  elu: ({ x }) => nn.elu(x, 0.7),
  celu: ({ x }) => nn.celu(x, 0.7),
  selu: ({ x }) => nn.selu(x),
  gelu: ({ x }) => nn.gelu(x),
  "gelu exact": ({ x }) => nn.gelu(x, { approximate: false }),
  mish: ({ x }) => nn.mish(x),
  glu: ({ x }) => nn.glu(x, 1),
  softmax: ({ x }) => nn.softmax(x, 1),
  logSoftmax: ({ x }) => nn.logSoftmax(x),
  dense: ({ x, w, b }) => nn.dense(4, 5).apply({ kernel: T(w), bias: b }, x),
  layerNorm: ({ x, w, b }) => nn.layerNorm(5, { epsilon: 1e-3 }).apply({ scale: w, bias: b }, x),
  groupNorm: ({ x, w, b }) =>
    second(nn.groupNorm(6, { groups: 3, epsilon: 1e-3 }).apply({ scale: w, bias: b }, last(x))),
  instanceNorm: ({ x, w, b }) =>
    second(nn.groupNorm(3, { groups: 3, epsilon: 1e-3 }).apply({ scale: w, bias: b }, last(x))),
  "batchNorm train": ({ x, w, b, mean, var: variance }) => {
    const norm = nn.batchNorm(3, { epsilon: 1e-3, momentum: 0.9 });
    const [y, state] = norm.train({ scale: w, bias: b }, { mean, variance }, last(x));
    // PyTorch keeps the unbiased variance of the batch of 4 times 5 places.
    const old = np.multiply(0.9, variance);
    return [second(y), state.mean, np.add(old, np.multiply(20 / 19, np.subtract(state.variance, old)))];
  },
  batchNorm: ({ x, w, b, mean, var: variance }) =>
    second(nn.batchNorm(3, { epsilon: 1e-3 }).apply({ scale: w, bias: b }, { mean, variance }, last(x))),
  dotProductAttention: ({ q, k, v, mask }) => nn.dotProductAttention(q, k, v, { mask: np.notEqual(mask, 0) }),
  multiHeadAttention: attention(false),
  "multiHeadAttention causal": attention(true),
  simpleCell: ({ x, h, wi, wh, bi, bh }) =>
    nn.simpleCell(3, 4).apply({ input: { kernel: T(wi), bias: np.add(bi, bh) }, hidden: { kernel: T(wh) } }, h, x)[1],
  gruCell: ({ x, h, wi, wh, bi, bh }) => {
    const [r, z, n] = np.split(bh, 3);
    const bias = np.add(bi, np.concatenate([r, z, np.zerosLike(n)]));
    const params = { input: { kernel: T(wi), bias }, hidden: { kernel: T(wh), bias: n } };
    return nn.gruCell(3, 4).apply(params, h, x)[1];
  },
  lstmCell: ({ x, h, c, wi, wh, bi, bh }) => {
    const params = { input: { kernel: T(wi) }, hidden: { kernel: T(wh), bias: np.add(bi, bh) } };
    const [carry] = nn.lstmCell(3, 4).apply(params, { c, h }, x);
    return [carry.h, carry.c];
  },
  "conv 1d": convolved(3, 4, [3], { strides: [2], padding: [[1, 1]] }),
  "conv 2d": convolved(3, 2, [3, 3], {}),
  "conv dilated": convolved(2, 3, [3, 2], { kernelDilation: [2, 1], padding: "VALID" }),
  "conv grouped": convolved(4, 6, [2, 2], { featureGroupCount: 2, padding: "VALID" }),
  convTranspose: ({ x, w, b }) => {
    // PyTorch's is the gradient of a convolution, with the kernel turned round; ours, as Flax's, takes it as it is.
    const kernel = np.flip(np.transpose(w, [2, 3, 0, 1]), [0, 1]);
    const layer = nn.convTranspose(2, 3, [2, 2], { strides: [2, 2], padding: "VALID" });
    return second(layer.apply({ kernel, bias: b }, last(x)));
  },
  softmaxCrossEntropy: ({ x, p }) => nn.softmaxCrossEntropy(x, p),
  smoothed: ({ x, y }) => nn.softmaxCrossEntropy(x, nn.smoothLabels(nn.oneHot(int(y), 5, x.dtype), 0.2)),
  "integer labels": ({ x, y }) => nn.softmaxCrossEntropyWithIntegerLabels(x, int(y)),
  sigmoidBinaryCrossEntropy: ({ x, y }) => nn.sigmoidBinaryCrossEntropy(x, y),
  huberLoss: ({ x, y }) => nn.huberLoss(x, y, 0.7),
  squaredError: ({ x, y }) => nn.squaredError(x, y),
  cosineSimilarity: ({ x, y }) => nn.cosineSimilarity(x, y),
  klDivergence: ({ x, p }) => nn.klDivergence(x, p),
  hingeLoss: ({ x, y }) => nn.hingeLoss(x, np.subtract(np.multiply(2, y), 1)),
};

const listed = (x: Tensor | readonly Tensor[]): readonly Tensor[] => (Array.isArray(x) ? x : [x as Tensor]);
const close = (what: string, got: Tensor, want: Stored, tolerance: { abs: number; rel: number }): void => {
  assert.equal(got.shape, want.shape, what);
  numbers(got).forEach((x, i) => {
    assert.ok(near(x, want.data[i], tolerance), `${what}: element ${i} is ${x}, expected ${want.data[i]}`);
  });
};
const given = (inputs: Case["inputs"], dtype: DType): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      np.array(dtype === "float64" ? Float64Array.from(data) : Float32Array.from(data), { shape }),
    ]),
  );
const EXACT = { abs: 1e-12, rel: 1e-11 };

Torch("every case of the golden file is tested", () => {
  assert.equal(Object.keys(OURS).sort(), Object.keys(cases).sort());
});

for (const [name, f] of Object.entries(OURS)) {
  const golden = cases[name];

  Torch(`${name}: results and gradients are PyTorch's`, () => {
    on(runtimes[0], () =>
      scope(() => {
        const inputs = given(golden.inputs, "float64");
        listed(f(inputs)).forEach((y, i) => {
          close(`result ${i}`, y, golden.outs[i], EXACT);
        });
        const total = (some: Inputs): Tensor =>
          listed(f({ ...inputs, ...some }))
            .map((y) => {
              const weights = np.cos(np.add(1, np.reshape(np.arange(0, y.size, 1, "float64"), y.shape)));
              return np.sum(np.multiply(y, weights));
            })
            .reduce((a, b) => np.add(a, b));
        const own = Object.fromEntries(Object.keys(golden.grads).map((k) => [k, inputs[k]]));
        const grads = grad(total)(own) as Inputs;
        for (const [k, want] of Object.entries(golden.grads)) {
          close(`gradient of ${k}`, grads[k], want, { abs: 1e-10, rel: 1e-9 });
        }
      }),
    );
  });

  Torch(`${name}: compiled, mapped, and in float32 on wasm and cpu it is the same`, () => {
    on(runtimes[0], () =>
      scope(() => {
        const inputs = given(golden.inputs, "float64");
        const eager = f(inputs);
        using compiled = jit(f);
        treesClose(compiled(inputs), eager, "jit");
        const twice = Object.fromEntries(Object.entries(inputs).map(([k, x]) => [k, np.stack([np.sin(x), x])]));
        const mapped = listed(vmap(f)(twice));
        treesClose(
          mapped.map((y) => np.slice(y, [1])),
          listed(eager),
          "vmap",
        );
      }),
    );
    for (const runtime of runtimes.slice(1)) {
      on(runtime, () =>
        scope(() => {
          listed(f(given(golden.inputs, "float32"))).forEach((y, i) => {
            assert.is(y.dtype, "float32");
            close(`float32 result ${i}`, y, golden.outs[i], { abs: 3e-6, rel: 3e-5 });
          });
        }),
      );
    }
  });
}

Torch.run();
