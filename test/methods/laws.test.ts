/** @file What holds for every method, whatever it does: at its start, merged, stacked, batched, exported and differentiated. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostArray } from "../../lib/core/host.js";
import { grad, np, random, stopGradient, type Tensor, t5, tree, vmap } from "../../lib/index.js";
import type { LoraTree } from "../../lib/methods/index.js";
import * as methods from "../../lib/methods/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { allclose, hostOf, messageOf, treesClose } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { addCheck, addDifferences, addScanned, batchOf, DIFFERENCES, doubled } from "./law-checks.js";
import { mapNodes, nodeAt } from "./nodes.js";
import { EACH_WAY, METHODS, samples, shaken, stackedTree } from "./samples.js";

const Laws = suite("methods/laws");

const check = (labels: readonly string[], title: string, body: () => void): void => addCheck(Laws, labels, title, body);

const T5_1_0 = { gated: false, activation: "relu", tiedEmbeddings: true } as const;
const EXACT = { abs: 0, rel: 0 };
const CLOSE = { abs: 2e-5, rel: 1e-5 };

/** Methods that start as the frozen model, and how near they are to it. */
const NEUTRAL: Readonly<Record<string, { readonly abs: number; readonly rel: number }>> = {
  lora: EXACT,
  "lora everywhere": EXACT,
  ia3: EXACT,
  "norm scales": EXACT,
  "some weights": EXACT,
  "all weights": EXACT,
  // The norm of a kernel divided by itself is 1; a term of zero is added before.
  dora: EXACT,
};

for (const changes of [{}, T5_1_0]) {
  const kind = "gated" in changes ? "T5 1.0" : "T5 1.1";
  check(
    ["gated" in changes ? "reference" : "onnx", "wasm"],
    `${kind}: methods that start neutral change no logit`,
    () => {
      const { config, params } = tinyT5(changes);
      const want = hostOf(t5.logits(config, params, batchOf()));
      for (const [name, tolerance] of Object.entries(NEUTRAL)) {
        if ("gated" in changes && name === "some weights") continue;
        const method = METHODS[name];
        const model = method.apply(config, params, method.init(random.key(3), config, params));
        allclose(hostOf(t5.logits(config, model, batchOf())), want, name, tolerance);
      }
    },
  );
}

const MERGING = ["lora", "lora everywhere", "dora", "ia3", "norm scales", "some weights", "all weights"];

check(["reference"], "what enters at the input cannot be merged, and the error says so", () => {
  const { config, params, samples: all } = samples();
  for (const name of Object.keys(METHODS)) {
    const { method, tuned } = all[name];
    const said = messageOf(() => t5.merge(method.apply(config, params, tuned)));
    if (MERGING.includes(name)) assert.is(said, undefined, name);
    else assert.match(said as string, /t5\.merge/, name);
  }
});

/** The logits of a method's model and of its merged weights. */
const mergedAndNot = (config: t5.T5Config, model: t5.Modified): [HostArray, HostArray] => [
  hostOf(t5.logits(config, t5.merge(model), batchOf())),
  hostOf(t5.logits(config, model, batchOf())),
];

check(["reference", "wasm"], "merged weights give the logits of the method", () => {
  const { config, params, samples: all } = samples();
  const frozen = hostOf(t5.logits(config, params, batchOf()));
  for (const name of MERGING) {
    const { method, tuned } = all[name];
    const model = method.apply(config, params, tuned);
    assert.equal(tree.structure(t5.merge(model)), tree.structure(params), name);
    const [got, want] = mergedAndNot(config, model);
    allclose(got, want, name, { abs: 1e-4, rel: 0 });
    assert.ok(
      got.data.some((x, i) => Math.abs(x - frozen.data[i]) > 1e-2),
      `${name} changes something`,
    );
  }
});

check(["reference"], "in float64 merged weights are the method to 1e-10", () => {
  const { config, params, samples: all } = samples();
  for (const name of MERGING) {
    const { method, tuned } = all[name];
    const [got, want] = mergedAndNot(config, method.apply(config, doubled(params), doubled(tuned)));
    assert.is(got.dtype, "float64");
    allclose(got, want, name, { abs: 1e-10, rel: 0 });
  }
});

check(["reference"], "merging stacked layers is stacking merged ones", () => {
  const { config, params, samples: all } = samples();
  const stacked = t5.stackLayers(params);
  for (const name of MERGING) {
    const { method, tuned } = all[name];
    const got = t5.merge(method.apply(config, stacked, stackedTree(tuned)));
    const want = t5.stackLayers(t5.merge(method.apply(config, params, tuned)) as t5.Params);
    treesClose(got, want, name, { abs: 1e-6, rel: 1e-6 });
  }
});

for (const name of EACH_WAY) addScanned(Laws, name);

check(["wasm"], "a batch of trained trees gives what each gives by itself", () => {
  const { config, params, samples: all } = samples();
  for (const [name, { method, tuned }] of Object.entries(all)) {
    const trees = [tuned, shaken(tuned, 7), shaken(tuned, 8)];
    const stacked = tree.map((...xs: Tensor[]) => np.stack(xs), trees[0] as never, ...trees.slice(1)) as object;
    const logits = (p: object): Tensor => t5.logits(config, method.apply(config, params, p), batchOf());
    const got = vmap(logits)(stacked);
    trees.forEach((one, i) => {
      allclose(hostOf(np.get(got, i)), hostOf(logits(one)), `${name}, tree ${i}`, CLOSE);
    });
  }
});

addDifferences(Laws, EACH_WAY);

check(["reference"], "the gradient of DoRA takes the lengths of columns as constants", () => {
  const { config, params, samples: all } = samples();
  const { method } = all.dora;
  const [frozen, tuned] = [doubled(params), doubled(all.dora.tuned) as LoraTree];
  const here = method.apply(config, frozen, tuned).params;
  /** The same model by hand, with the lengths that the columns have at `tuned`. */
  const byHand = (p: LoraTree): t5.AnyParams =>
    mapNodes(frozen, (node, path) => {
      const { a, b, magnitude } = p[path] ?? {};
      if (a === undefined || b === undefined || magnitude === undefined) return node;
      const constant = np.divide(tuned[path].magnitude as Tensor, nodeAt(here, path).out as Tensor);
      const low = [{ a, b, scale: np.full([], 2, "float64") }];
      return { ...node, low, out: np.divide(magnitude, stopGradient(constant)) };
    });
  const loss = (p: LoraTree): Tensor => t5.loss<t5.Model>(config)(byHand(p), batchOf());
  checkGrads(loss as never, [tuned] as never, DIFFERENCES);
  const own = (p: LoraTree): Tensor => t5.loss<t5.Model>(config)(method.apply(config, frozen, p), batchOf());
  treesClose(grad(own)(tuned), grad(loss)(tuned), "gradient", { abs: 1e-12, rel: 1e-9 });
});

check(["reference"], "DoRA's columns have the lengths that were trained", () => {
  const { config, params, samples: all } = samples();
  const tuned = all.dora.tuned as LoraTree;
  const merged = t5.merge(all.dora.method.apply(config, params, tuned));
  for (const [path, { magnitude }] of Object.entries(tuned)) {
    const lengths = np.linalg.norm(nodeAt(merged, path).kernel, { axis: 0 });
    allclose(hostOf(lengths), hostOf(np.abs(magnitude as Tensor)), path, CLOSE);
  }
});

check(["wasm"], "dropout of LoRA acts on its own term, with a key only", () => {
  const { config, params } = tinyT5();
  const [plain, dropping] = [0, 0.5].map((dropout) => methods.lora({ rank: 2, dropout }));
  const logits = (model: t5.Model, key?: Tensor) =>
    hostOf(t5.logits(config, model, batchOf(), key === undefined ? {} : { dropoutKey: key }));
  const start = dropping.init(random.key(1), config, params);
  allclose(logits(dropping.apply(config, params, start), random.key(2)), logits(params), "b is zero", EXACT);
  const tuned = shaken(start, 3) as LoraTree;
  const want = logits(plain.apply(config, params, tuned));
  allclose(logits(dropping.apply(config, params, tuned)), want, "no key", EXACT);
  allclose(logits(plain.apply(config, params, tuned), random.key(2)), want, "no dropout", EXACT);
  const scanned = dropping.apply(config, t5.stackLayers(params), stackedTree(tuned) as LoraTree);
  const unrolled = logits(dropping.apply(config, params, tuned), random.key(2));
  allclose(logits(scanned, random.key(2)), unrolled, "scanned layers", CLOSE);
  const dropped = [2, 2, 3].map((seed) => logits(dropping.apply(config, params, tuned), random.key(seed)));
  allclose(dropped[0], dropped[1], "the same key", EXACT);
  for (const [one, other] of [
    [dropped[0], want],
    [dropped[0], dropped[2]],
  ]) {
    assert.ok(one.data.some((x, i) => Math.abs(x - other.data[i]) > 1e-2));
  }
});

Laws.run();
