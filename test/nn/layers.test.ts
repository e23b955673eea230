import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import { grad, valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import * as tree from "../../lib/tree/index.js";
import { messageOf, noLeaks, numbers, onReference, treesClose } from "../helpers/runtime.js";

const Layers = suite("nn/layers");

const check = (title: string, body: () => void): void => {
  Layers(title, () => onReference(body));
};
const draw = (seed: number, ...shape: number[]): Tensor => random.normal(random.key(seed), shape);
const shapesOf = (params: unknown): unknown => tree.map((x: Tensor) => x.shape.join(), params);

check("every layer makes parameters of its shapes, applies them, and leaves nothing behind", () => {
  const layers: Record<
    string,
    [{ init: (key: Tensor) => unknown; apply: (...args: never[]) => unknown }, Tensor, unknown]
  > = {
    dense: [nn.dense(4, 3), draw(1, 2, 4), { bias: "3", kernel: "4,3" }],
    "dense without bias": [nn.dense(4, 3, { useBias: false }), draw(1, 4), { kernel: "4,3" }],
    embed: [nn.embed(5, 3), np.array([[1, 4]], { dtype: "int32" }), { embedding: "5,3" }],
    layerNorm: [nn.layerNorm(4), draw(1, 2, 4), { bias: "4", scale: "4" }],
    "layerNorm without scale": [nn.layerNorm(4, { useScale: false }), draw(1, 2, 4), { bias: "4" }],
    rmsNorm: [nn.rmsNorm(4), draw(1, 2, 4), { scale: "4" }],
    groupNorm: [nn.groupNorm(4, { groups: 2 }), draw(1, 2, 3, 4), { bias: "4", scale: "4" }],
    conv: [nn.conv(4, 6, [3, 2], { featureGroupCount: 2 }), draw(1, 5, 5, 4), { bias: "6", kernel: "3,2,2,6" }],
    convTranspose: [nn.convTranspose(4, 6, [3]), draw(1, 2, 5, 4), { bias: "6", kernel: "3,4,6" }],
    attention: [
      nn.multiHeadAttention(4, { heads: 2, qkvFeatures: 6, outFeatures: 5 }),
      draw(1, 3, 4),
      {
        key: { bias: "2,3", kernel: "4,2,3" },
        out: { bias: "5", kernel: "2,3,5" },
        query: { bias: "2,3", kernel: "4,2,3" },
        value: { bias: "2,3", kernel: "4,2,3" },
      },
    ],
    rnn: [
      nn.rnn(nn.lstmCell(4, 3)),
      draw(1, 2, 5, 4),
      { hidden: { bias: "12", kernel: "3,12" }, input: { kernel: "4,12" } },
    ],
    gru: [
      nn.rnn(nn.gruCell(4, 3)),
      draw(1, 5, 4),
      { hidden: { bias: "3", kernel: "3,9" }, input: { bias: "9", kernel: "4,9" } },
    ],
    sequential: [
      nn.sequential(nn.dense(4, 3), nn.relu, nn.dropoutLayer(0.5), nn.layerNorm(3)),
      draw(1, 2, 4),
      [{ bias: "3", kernel: "4,3" }, {}, {}, { bias: "3", scale: "3" }],
    ],
  };
  const key = random.key(0);
  for (const [name, [layer, x, shapes]] of Object.entries(layers)) {
    noLeaks(() => {
      const params = layer.init(key);
      assert.equal(shapesOf(params), shapes, name);
      const y = layer.apply(params as never, x as never);
      dispose([params, y]);
    }, name);
  }
});

check("a stack of layers learns, compiled: parameters go where the data are", () => {
  const mlp = nn.sequential(nn.dense(2, 16), nn.tanh, nn.dense(16, 1));
  const x = np.array([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = np.array([[0], [1], [1], [0]]);
  let params = mlp.init(random.key(1));
  const tx = optim.adam({ learningRate: 0.05 });
  let state = tx.init(params);
  type Params = typeof params;
  const loss = (p: Params): Tensor => np.mean(nn.sigmoidBinaryCrossEntropy(mlp.apply(p, x), y));
  using step = jit((p: Params, s: typeof state) => {
    const [value, grads] = valueAndGrad(loss)(p);
    const [updates, next] = tx.update(grads as Params, s, p);
    return { value, params: optim.applyUpdates(p, updates), state: next };
  });
  let value = 1;
  for (let i = 0; i < 150; i++) {
    const next = step(params, state);
    ({ params, state } = next as { params: Params; state: typeof state });
    value = next.value.item();
  }
  assert.ok(value < 0.05, `${value}`);
});

check("dropout happens with a key only, and each layer draws its own", () => {
  const layer = nn.sequential(nn.dropoutLayer(0.5), nn.dropoutLayer(0.5));
  const x = np.ones([4000]);
  assert.equal(numbers(layer.apply([{}, {}], x)), numbers(x));
  const y = layer.apply([{}, {}], x, { key: random.key(3) });
  // With one key for both the second would keep all that the first kept: half of them, and not a quarter.
  const kept = numbers(y).filter((v) => v !== 0).length;
  assert.ok(Math.abs(kept / 4000 - 0.25) < 4 * Math.sqrt(0.1875 / 4000), `${kept} of 4000`);
});

check("parameters of more than one layer are drawn by keys of their own, and the same key gives the same", () => {
  const stack = nn.sequential(nn.dense(3, 3), nn.dense(3, 3));
  const [a, b] = stack.init(random.key(0));
  assert.not.equal(numbers(a.kernel), numbers(b.kernel));
  treesClose(stack.init(random.key(0)), [a, b], "the same key");
  const { query, key, value } = nn.multiHeadAttention(4, { heads: 2 }).init(random.key(0));
  const all = [query, key, value].map((p) => numbers(p.kernel).join());
  assert.is(new Set(all).size, 3);
});

check("an embedding attends with its own rows, and ids out of range show", () => {
  const layer = nn.embed(3, 2);
  const params = {
    embedding: np.array([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  };
  assert.equal(layer.attend(params, np.array([1, -1])).toArray(), [-1, -1, -1]);
  const out = numbers(layer.apply(params, np.array([2, 3], { dtype: "int32" })));
  assert.equal(out, [5, 6, Number.NaN, Number.NaN]);
});

check("what norms are not told is as in Flax: epsilon, groups, momentum", () => {
  const near = (got: Tensor, want: readonly number[]): void =>
    treesClose(got, np.reshape(np.array(want), got.shape), "norm", { abs: 1e-6, rel: 1e-5 });
  const a = 1e-3;
  const pair = np.array([[a, -a]]);
  const [x6, x5] = [1e-6, 1e-5].map((epsilon) => a / Math.sqrt(a * a + epsilon));
  near(nn.layerNorm(2).apply({}, pair), [x6, -x6]);
  near(nn.rmsNorm(2).apply({ scale: np.ones([2]) }, pair), [x6, -x6]);
  // Of 64 features 32 groups of two.
  const sizes = Array.from({ length: 32 }, (_, i) => a * (i + 1));
  near(
    nn.groupNorm(64).apply({}, np.array([sizes.flatMap((size) => [size, -size])])),
    sizes.map((size) => size / Math.hypot(size, 1e-3)).flatMap((y) => [y, -y]),
  );
  const norm = nn.batchNorm(1);
  near(norm.train({}, norm.initState(), np.array([[a], [-a]]))[0], [x5, -x5]);
  const { mean, variance } = norm.train({}, norm.initState(), np.array([[1], [5]]))[1];
  near(np.concatenate([mean, variance]), [0.03, 0.99 + 0.04]);
});

check("batch statistics are carried by hand: one step, and the averages in use", () => {
  const norm = nn.batchNorm(2, { momentum: 0.5, epsilon: 0 });
  const params = norm.init(random.key(0));
  const x = np.array([
    [1, 10],
    [3, 30],
  ]);
  const [y, state] = norm.train(params, norm.initState(), x);
  assert.equal(y.toArray(), [
    [-1, -1],
    [1, 1],
  ]);
  assert.equal(
    [numbers(state.mean), numbers(state.variance)],
    [
      [1, 10],
      [1, 50.5],
    ],
  );
  const used = numbers(norm.apply(params, state, x));
  [0, 0, 2, 20 / Math.sqrt(50.5)].forEach((want, i) => {
    assert.ok(Math.abs(used[i] - want) < 1e-6);
  });
  const slope = grad((s: Tensor) => np.sum(norm.train(params, { ...state, mean: s }, x)[1].mean))(state.mean);
  assert.equal(numbers(slope), [0, 0], "the averages have no gradient");
});

check("activations that do not fit a layer are refused under its name", () => {
  const x = np.ones([2, 3]);
  const one = { kernel: np.ones([1, 1]) };
  for (const [name, f] of [
    ["nn.dense", () => nn.dense(4, 2).apply(one, x)],
    ["nn.layerNorm", () => nn.layerNorm(4).apply({}, x)],
    ["nn.rmsNorm", () => nn.rmsNorm(3).apply({ scale: np.ones([4]) }, x)],
    ["nn.groupNorm", () => nn.groupNorm(4, { groups: 2 }).apply({}, x)],
    ["nn.batchNorm", () => nn.batchNorm(4).train({}, nn.batchNorm(4).initState(), x)],
    ["nn.conv", () => nn.conv(3, 2, [2, 2]).apply(one, x)],
    ["nn.lstmCell", () => nn.lstmCell(4, 2).apply({ input: one, hidden: one }, nn.lstmCell(4, 2).initCarry(), x)],
    ["nn.groupNorm", () => nn.groupNorm(4, { groups: 3 })],
    ["nn.multiHeadAttention", () => nn.multiHeadAttention(4, { heads: 3 })],
    ["nn.conv", () => nn.conv(4, 3, [2], { featureGroupCount: 2 })],
  ] as const) {
    assert.match(messageOf(f) ?? "no error", new RegExp(`^${name}:`));
  }
});

check("a recurrent layer is its cell step by step, forwards and backwards, and differentiates", () => {
  const cell = nn.gruCell(2, 3);
  const layer = nn.rnn(cell);
  const params = layer.init(random.key(2));
  const xs = draw(5, 4, 6, 2);
  for (const reverse of [false, true]) {
    const [carry, ys] = layer.apply(params, xs, { reverse });
    let h = cell.initCarry([4]);
    const order = [0, 1, 2, 3, 4, 5];
    for (const t of reverse ? order.reverse() : order) {
      const [next, y] = cell.apply(params, h, np.slice(xs, [null, t]));
      h = next;
      treesClose(np.slice(ys, [null, t]), y, `step ${t}`);
    }
    treesClose(carry, h, "carry");
  }
  const loss = (p: typeof params): Tensor => np.sum(np.square(layer.apply(p, xs)[1]));
  const unrolled = (p: typeof params): Tensor => {
    let [h, total] = [cell.initCarry([4]), np.scalar(0)];
    for (let t = 0; t < 6; t++) {
      h = cell.apply(p, h, np.slice(xs, [null, t]))[0];
      total = np.add(total, np.sum(np.square(h)));
    }
    return total;
  };
  treesClose(grad(loss)(params), grad(unrolled)(params), "gradient", { abs: 1e-5, rel: 1e-5 });
  const mapped = vmap((x: Tensor) => layer.apply(params, x)[1])(xs);
  treesClose(mapped, layer.apply(params, xs)[1], "vmap");
});

check("layers may be a list, and what is no layer is refused at once", () => {
  const [first, second] = [nn.dense(2, 3), nn.dense(3, 1)];
  const [spread, list] = [nn.sequential(first, nn.relu, second), nn.sequential([first, nn.relu, second])];
  const params = spread.init(random.key(0));
  treesClose(list.init(random.key(0)), params, "parameters");
  treesClose(list.apply(params, draw(1, 4, 2)), spread.apply(params, draw(1, 4, 2)), "activations");
  const loose = nn.sequential as (...layers: unknown[]) => unknown;
  assert.match(
    messageOf(() => loose(first, { dense: 3 })) ?? "",
    /^nn\.sequential: not a layer\n {2}expected {2}layers[\s\S]*got +\{ dense \}\n {2}at +layer 1/,
  );
});

Layers.run();
