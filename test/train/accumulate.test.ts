import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, memory, resetStats } from "../../lib/compile/init.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { treeMap } from "../../lib/core/pytree.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { full, lora, type Method, prompt } from "../../lib/methods/index.js";
import { methodLoss, methodLossSums } from "../../lib/methods/loss.js";
import * as np from "../../lib/np/index.js";
import { sgd } from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import type { Batch, Params } from "../../lib/t5/model.js";
import type { Normalize } from "../../lib/t5/normalizing.js";
import { accumulatedLossAndGrad } from "../../lib/train/accumulate.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";
import { hostTree, namedArrays } from "../../lib/train/store.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { seeded } from "../helpers/seeded.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { toyMethod } from "./fakes.js";

const Accumulate = suite("train/accumulate");
let config: T5Config;
Accumulate.before(async () => {
  await init({ backend: "reference" });
  ({ config } = tinyT5({ numLayers: 1, numDecoderLayers: 1 }));
});

const model = (): Params => tinyT5({ numLayers: 1, numDecoderLayers: 1 }).params;

/** Rows of different lengths, so that no two microbatches have as many target tokens. */
const batchOf = (size: number, input = 5, target = 4): Batch => {
  const drawn = seeded(17);
  const rows = (length: number): Tensor => {
    const ids = Array.from({ length: size }, (_, row) => {
      const filled = 1 + ((row * 3) % length);
      return Array.from({ length }, (_, i) => (i < filled ? 2 + drawn.int(30) : i === filled ? 1 : 0));
    });
    return np.array(ids, { dtype: "int32" });
  };
  return { inputs: rows(input), targets: rows(target) };
};

const METHODS = [prompt({ length: 3 }), lora({ rank: 2 }), full(), toyMethod] as readonly Method[];

/** The largest difference of two trees, relative to the largest number of the second. */
const distance = (got: object, want: object): number => {
  const [a, b] = [got, want].map((tree) =>
    Object.values(namedArrays(hostTree(tree), "")).flatMap(({ data }) => [...data]),
  );
  assert.is(a.length, b.length);
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / largest;
};

/** Loss and gradient at once, and in parts. */
const both = (method: Method, parts: number, batch: Batch, params: Params, options = {}) => {
  const { dtype } = params.tokenEmbedder.embedding;
  const tuned = treeMap(
    (x: Tensor) => np.astype(np.add(x, 0.01), dtype),
    method.init(random.key(1), config, params),
  ) as object;
  const lossOf = methodLoss(config, method, options);
  const whole = valueAndGrad((tree: object) => lossOf(params, tree, batch))(tuned);
  const { normalize } = options as { normalize?: Normalize };
  const inParts = accumulatedLossAndGrad(methodLossSums(config, method, options), parts, normalize)(
    params,
    tuned,
    batch,
  );
  return { whole, inParts };
};

Accumulate("loss and gradient of any number of microbatches are those of the batch, up to rounding", () => {
  const params = model();
  for (const method of METHODS) {
    for (const [parts, options] of [
      [1, {}],
      [2, { zLoss: 1e-2 }],
      [4, {}],
      [8, { normalize: "none" }],
      [2, { normalize: "sequences" }],
      [4, { normalize: "all-tokens" }],
      [2, { normalize: 7, labelSmoothing: 0.1 }],
    ] as const) {
      const { whole, inParts } = both(method, parts, batchOf(8), params, options);
      const what = `${method.settings.name}, ${parts} parts`;
      assert.ok(Math.abs(inParts[0].item() / whole[0].item() - 1) < 1e-6, what);
      assert.ok(
        distance(inParts[1], whole[1] as object) < 2e-6,
        `${what}: ${distance(inParts[1], whole[1] as object)}`,
      );
    }
  }
});

Accumulate("in float64 they are the same to 13 digits", () => {
  const wide = treeMap((x: Tensor) => np.astype(x, "float64"), model()) as Params;
  for (const method of METHODS) {
    const { whole, inParts } = both(method, 4, batchOf(8), wide);
    assert.is(inParts[0].dtype, "float64");
    assert.ok(Math.abs(inParts[0].item() / whole[0].item() - 1) < 1e-13, method.settings.name);
    assert.ok(distance(inParts[1], whole[1] as object) < 1e-13, method.settings.name);
  }
});

Accumulate("losses over choices are those of the batch too, with choices, answers and weights split by rows", () => {
  const choices = np.reshape(batchOf(24).targets, [8, 3, 4]);
  const answer = np.array([0, 1, 2, 0, 1, 2, 1, 0], { dtype: "int32" });
  const weights = np.array(Float32Array.from({ length: 8 }, (_, i) => 0.25 * (i + 1)));
  const batch = { ...batchOf(8), choices, answer, weights };
  for (const method of METHODS) {
    for (const [parts, options] of [
      [2, { loss: "labels", zLoss: 1e-2, labelSmoothing: 0.1 }],
      [4, { loss: "labels", normalize: "none" }],
      [8, { loss: "hinge", normalize: "sequences" }],
      [4, { loss: "hinge", hinge: 1, lengthNormalize: false }],
    ] as const) {
      const { whole, inParts } = both(method, parts, batch, model(), options);
      const what = `${method.settings.name}, ${JSON.stringify(options)}`;
      assert.ok(whole[0].item() > 0.1, what);
      assert.ok(Math.abs(inParts[0].item() / whole[0].item() - 1) < 1e-6, what);
      assert.ok(distance(inParts[1], whole[1] as object) < 2e-6, what);
    }
  }
});

Accumulate("weights of target tokens are split with the rows", () => {
  const weights = np.array(
    Float32Array.from({ length: 8 }, (_, i) => 0.25 * i),
    { shape: [8, 1] },
  );
  const { whole, inParts } = both(prompt({ length: 3 }), 4, { ...batchOf(8), weights }, model());
  assert.ok(Math.abs(inParts[0].item() / whole[0].item() - 1) < 1e-6);
  assert.ok(distance(inParts[1], whole[1] as object) < 2e-6);
});

Accumulate("every microbatch has a dropout key of its own", () => {
  const method = prompt({ length: 3 });
  const params = model();
  const tuned = method.init(random.key(1), config, params);
  const options = { dropoutRate: 0.3 };
  const sums = methodLossSums(config, method, options);
  const dropoutKey = random.key(5);
  const batch = batchOf(4);
  const [loss] = accumulatedLossAndGrad(sums, 2, undefined)(params, tuned, { ...batch, dropoutKey });
  const keys = random.split(dropoutKey, 2);
  const part = (i: number) => {
    const rows = (x: Tensor): Tensor => np.slice(x, [[2 * i, 2 * i + 2]]);
    const key = np.reshape(np.slice(keys, [[i, i + 1]]), [2]);
    return sums(params, tuned, { inputs: rows(batch.inputs), targets: rows(batch.targets), dropoutKey: key });
  };
  const [[a, n], [b, m]] = [part(0), part(1)].map((pair) => pair.map((x) => x.item()));
  assert.ok(Math.abs(loss.item() - (a + b) / (n + m)) < 1e-5);
});

Accumulate("a batch that the microbatches do not divide is refused", () => {
  const method = prompt({ length: 3 });
  const step = makeTrainStep(config, method, sgd({ learningRate: 0.1 }), { microbatches: 3 });
  const params = model();
  const state = initState(sgd({ learningRate: 0.1 }), method.init(random.key(1), config, params), random.key(0));
  try {
    step(params, state, batchOf(8));
    assert.unreachable();
  } catch (error) {
    assert.ok(isFluxionError(error, "ArgumentError"), String(error));
    assert.equal([error.mismatch.got, error.mismatch.expected?.includes("multiple of 3")], ["8", true]);
  }
});

Accumulate("a compiled step in microbatches needs the memory of one, with remat still less", async () => {
  await init({ backend: "wasm", executor: "tfjs" });
  const params = model();
  const method = prompt({ length: 3 });
  const tx = sgd({ learningRate: 0.1 });
  const peak = (size: number, microbatches: number, remat = false): number => {
    const step = makeTrainStep(config, method, tx, { microbatches, remat });
    let state = initState(tx, method.init(random.key(1), config, params), random.key(0));
    const batch = batchOf(size, 24, 8);
    const turn = (): void => {
      const { state: next, loss } = step(params, state, batch);
      state = next;
      dispose(loss);
    };
    turn();
    resetStats();
    const before = memory().bytes;
    turn();
    const { peakBytes } = memory();
    dispose([state, batch]);
    step.dispose();
    return peakBytes - before;
  };
  const [whole, inParts, one] = [peak(16, 1), peak(16, 8), peak(2, 1)];
  assert.ok(whole > 5 * one, `${whole} and ${one}`);
  // Beside a microbatch there are two sums of gradients.
  assert.ok(inParts < 1.3 * one, `${inParts} and ${one}`);
  assert.ok(peak(16, 8, true) < inParts);
});

Accumulate.run();
