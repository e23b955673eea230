/** @file What each method starts from and puts into the model, by its definition. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose } from "../../lib/core/tensor.js";
import { np, prompt as prompts, random, type Tensor, t5, tree } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { allclose, hostOf, numbers } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { nodeAt } from "./nodes.js";
import { shaken } from "./samples.js";

const Each = suite("methods/each");
Each.before(async () => void (await init({ backend: "reference" })));

const key = (seed = 0): Tensor => random.key(seed);
const NEAR = { abs: 1e-6, rel: 1e-5 };
const QUERY = "encoder/layers/1/attention/query";
const CROSS = "decoder/layers/0/encoderDecoderAttention/key";

/** Numbers in a tree. */
const sizeOf = (tuned: object): number => tree.leaves(tuned).reduce((n: number, x) => n + (x as Tensor).size, 0);

for (const changes of [{}, { numDecoderLayers: 2, gated: false, activation: "relu", tiedEmbeddings: true }] as const) {
  Each(`${"gated" in changes ? "T5 1.0" : "T5 1.1"}: as many numbers are trained as the formulas say`, () => {
    const { config, params } = tinyT5(changes);
    const { dModel: d, dFf: f, numLayers: L } = config;
    const a = config.numHeads * config.dKv;
    assert.is.not(a, d, "attention and model differ in width");
    const kernels = config.gated ? 3 : 2;
    const [n, r, h, m] = [5, 3, 4, 6];
    const all = { rank: r, kernels: "all-linear" } as const;
    const rows: readonly (readonly [methods.Method, number])[] = [
      [methods.prompt({ length: n }), n * d],
      [methods.pTuning({ length: n, hidden: h }), n * d + (d + 1) * h + (h + 1) * h + (h + 1) * d],
      [
        methods.pTuning({ length: n, hidden: h, encoder: "lstm" }),
        n * d + 8 * h * (d + h + 2) + 8 * h * (3 * h + 2) + (2 * h + 1) * 2 * h + (2 * h + 1) * d,
      ],
      [methods.residual({ length: n, bottleneck: m }), n * d + (d + 1) * m + (m + 1) * d + 2 * d],
      [methods.residual({ length: n, bottleneck: m, shared: false }), n * d + n * ((d + 1) * m + (m + 1) * d + 2 * d)],
      [methods.residual({ length: n, bottleneck: m, layerNorm: false }), n * d + (d + 1) * m + (m + 1) * d],
      [methods.lora({ rank: r }), 3 * L * 2 * r * (d + a)],
      [methods.lora({ rank: r, dora: true }), 3 * L * 2 * (r * (d + a) + a)],
      [methods.lora(all), 3 * L * 4 * r * (d + a) + 2 * L * kernels * r * (d + f)],
      [methods.ia3(), 3 * L * 2 * a + 2 * L * f],
      [methods.norms(), (5 * L + 2) * d],
      [methods.full(), t5.parameterCount(config)],
      [methods.design([3, 4]), 0],
      [methods.compose({ p: methods.prompt({ length: n }), s: methods.norms() }), n * d + (5 * L + 2) * d],
    ] as never;
    for (const [method, count] of rows)
      assert.is(sizeOf(method.init(key(), config, params)), count, method.settings.name);
  });
}

Each("settings hold every option, with the usual values where none is given", () => {
  assert.equal(methods.prompt().settings, { name: "prompt", length: 20, position: "before" });
  const lora = { rank: 8, alpha: 8, kernels: ["query", "value"], rankPattern: {}, alphaPattern: {}, dropout: 0 };
  assert.equal(methods.lora().settings, { name: "lora", ...lora, rankStabilized: false, dora: false });
  assert.equal(methods.ia3().settings, { name: "ia3", kernels: ["key", "value", "wo"], feedForward: ["wo"] });
  const network = { length: 10, bottleneck: 800, shared: true, layerNorm: true };
  assert.equal(methods.residual().settings, { name: "residual", ...network });
  assert.equal(methods.pTuning().settings, { name: "p-tuning", length: 20, encoder: "mlp", submodules: 1 });
  assert.equal(methods.pTuning({ encoder: "lstm", hidden: 7 }).settings, {
    ...{ name: "p-tuning", length: 20, encoder: "lstm", hidden: 7, layers: 2, submodules: 1 },
  });
  assert.equal(methods.full().settings, { name: "weights", where: ["**"] });
  assert.equal(methods.norms().settings, { name: "weights", where: ["**/scale"] });
  assert.equal(methods.design([5, 6]).settings, { name: "design", ids: [5, 6] });
  const sees = ["prompt->input"] as const;
  const all = methods.compose({ soft: methods.prompt({ length: 3, sees }), low: methods.lora({ rank: 2 }) });
  assert.equal(all.settings, {
    name: "compose",
    methods: {
      soft: { name: "prompt", length: 3, position: "before", sees },
      low: { ...methods.lora().settings, rank: 2 },
    },
  });
});

Each("LoRA starts uniform within one over the root of the inputs, and zero; each kernel draws for itself", () => {
  const { config, params } = tinyT5();
  const method = methods.lora({ rank: 50, kernels: ["query", "wo"], rankPattern: { wo: 40 } });
  const tuned = method.init(key(), config, params);
  const firsts = new Set<number>();
  for (const [path, { a, b, magnitude }] of Object.entries(tuned)) {
    const [inputs, rank] = path.endsWith("wo") ? [24, 40] : [16, 50];
    assert.equal(
      [a.shape, b.shape],
      [
        [inputs, rank],
        [rank, path.endsWith("wo") ? 16 : 8],
      ],
      path,
    );
    assert.is(magnitude, undefined);
    assert.ok(numbers(b).every((x) => x === 0));
    const [all, bound] = [numbers(a), 1 / Math.sqrt(inputs)];
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    assert.ok(
      all.every((x) => Math.abs(x) <= bound) && Math.max(...all) > 0.95 * bound && Math.min(...all) < -0.95 * bound,
    );
    assert.ok(Math.abs(mean) < 0.1 * bound, `mean ${mean}`);
    firsts.add(all[0]);
  }
  assert.is(firsts.size, Object.keys(tuned).length, "all factors differ");
  const other = method.init(key(1), config, params);
  assert.is.not(numbers(other[QUERY].a)[0], numbers(tuned[QUERY].a)[0]);
  const again = method.init(key(), config, params);
  assert.equal(numbers(again[QUERY].a), numbers(tuned[QUERY].a));
});

Each("LoRA adds the scaled product to the kernels that it is for, and to no other", () => {
  const { config, params } = tinyT5();
  const patterns = { rankPattern: { "encoder.*q": 4 }, alphaPattern: { "EncDecAttention.k": 9 } };
  for (const [options, scales] of [
    [{ rank: 2, alpha: 6, kernels: ["q", "k"] }, [3, 3]],
    [{ rank: 2, alpha: 6, kernels: ["q", "k"], ...patterns }, [1.5, 4.5]],
    [{ rank: 2, alpha: 6, kernels: ["q", "k"], rankStabilized: true, ...patterns }, [3, 9 / Math.SQRT2]],
  ] as const) {
    const method = methods.lora(options);
    const tuned = shaken(method.init(key(), config, params), 2) as methods.LoraTree;
    const model = method.apply(config, params, tuned);
    assert.equal(Object.keys(model), ["params"]);
    [QUERY, CROSS].forEach((path, i) => {
      const low = nodeAt(model.params, path).low ?? [];
      assert.is(low.length, 1);
      assert.ok(Math.abs(low[0].scale.item() - scales[i]) < 1e-6, `${path}: ${low[0].scale.item()}`);
      const { a, b } = tuned[path];
      const want = np.add(nodeAt(params, path).kernel, np.multiply(scales[i], np.matmul(a, b)));
      allclose(hostOf(nodeAt(t5.merge(model), path).kernel), hostOf(want), path, NEAR);
    });
    for (const path of ["encoder/layers/0/attention/value", "decoder/layers/1/mlp/wo"]) {
      assert.is(nodeAt(model.params, path), nodeAt(params, path), "others are shared");
    }
  }
});

Each("IA3 scales what leaves keys and values, and what enters the last kernel of an MLP", () => {
  const { config, params } = tinyT5();
  const method = methods.ia3();
  const tuned = shaken(method.init(key(), config, params), 2) as methods.Ia3Tree;
  const merged = t5.merge(method.apply(config, params, tuned));
  for (const path of ["encoder/layers/0/attention/value", CROSS]) {
    const { out } = tuned[path] as { out: Tensor };
    allclose(hostOf(nodeAt(merged, path).kernel), hostOf(np.multiply(nodeAt(params, path).kernel, out)), path, NEAR);
  }
  const path = "decoder/layers/1/mlp/wo";
  const scale = np.expandDims((tuned[path] as { in: Tensor }).in, 1);
  allclose(hostOf(nodeAt(merged, path).kernel), hostOf(np.multiply(nodeAt(params, path).kernel, scale)), path, NEAR);
  assert.is(nodeAt(merged, QUERY).kernel, nodeAt(params, QUERY).kernel);
  const entering = methods.ia3({ kernels: ["key", "wo"], feedForward: [] }).init(key(), config, params);
  assert.equal((entering[path] as { out: Tensor }).out.shape, [16]);
});

Each("weights replace those of their paths, and start as copies of their own", () => {
  const { config, params } = tinyT5();
  const method = methods.weights(["encoder/encoderNorm/scale", "**/wi0/kernel"]);
  const tuned = method.init(key(), config, params);
  const layers = ["encoder", "decoder"].flatMap((stack) => [0, 1].map((i) => `${stack}/layers/${i}/mlp/wi0/kernel`));
  assert.equal(Object.keys(tuned).sort(), [...layers, "encoder/encoderNorm/scale"].sort());
  const { params: changed } = method.apply(config, params, tuned);
  assert.is((changed as t5.Params).encoder.encoderNorm.scale, tuned["encoder/encoderNorm/scale"]);
  assert.is((changed as t5.Params).decoder.decoderNorm.scale, params.decoder.decoderNorm.scale);
  dispose(tuned);
  assert.is(numbers(params.encoder.encoderNorm.scale).length, 16, "the frozen weight is still there");
  assert.equal(methods.weights("**/scale").settings.where, ["**/scale"]);
});

Each("a prompt stands where its position says, and nothing else changes", () => {
  const { config, params } = tinyT5();
  const prompt = random.normal(key(), [2, 16]);
  const places = { before: "prefix", after: "suffix", "before-eos": "beforeEos", decoder: "decoderPrefix" } as const;
  for (const [position, place] of Object.entries(places)) {
    const method = methods.prompt({ length: 2, position: position as keyof typeof places });
    assert.equal(method.apply(config, params, { prompt }), { params, [place]: prompt });
  }
});

Each("a prompt starts at embeddings of frequent pieces, or as its option says", () => {
  const { config, params } = tinyT5();
  const table = params.tokenEmbedder.embedding;
  const { prompt } = methods.prompt({ length: 4 }).init(key(3), config, params);
  allclose(hostOf(prompt), hostOf(prompts.sampledVocabulary(key(3), table, 4)), "default", { abs: 0, rel: 0 });
  const drawing = methods.prompt({ length: 4, init: (k, e, n) => prompts.randomUniform(k, n, e.shape[1]) });
  const drawn = drawing.init(key(3), config, params).prompt;
  allclose(hostOf(drawn), hostOf(prompts.randomUniform(key(3), 4, 16)), "drawn", { abs: 0, rel: 0 });
});

Each("what the vectors of a prompt see is by the names of the reference, the causal one first", () => {
  const { config, params } = tinyT5();
  const tuned = { prompt: np.zeros([3, 16]) };
  const rows = (text: string): boolean[] => [...text].filter((c) => c !== " ").map((c) => c === "1");
  const expected: readonly (readonly [readonly methods.Visibility[], string])[] = [
    [[], "1000 0100 0010"],
    [["input->input", "input->prompt"], "1000 0100 0010"],
    [["prompt->input"], "1001 0101 0011"],
    [["prompt->prompt"], "1110 1110 1110"],
    [["prompt->prompt;causal"], "1000 1100 1110"],
    [["prompt->prompt;causal", "prompt->prompt"], "1000 1100 1110"],
    [["prompt->prompt", "prompt->input"], "1111 1111 1111"],
    [["prompt->input", "prompt->prompt;causal", "prompt->prompt", "input->prompt"], "1001 1101 1111"],
  ];
  for (const [sees, want] of expected) {
    const { prefixSees } = methods.prompt({ length: 3, sees }).apply(config, params, tuned);
    assert.equal([prefixSees?.dtype, prefixSees?.shape], ["bool", [3, 4]]);
    assert.equal(numbers(prefixSees).map(Boolean), rows(want), sees.join(", "));
  }
  assert.is(methods.prompt({ length: 3 }).apply(config, params, tuned).prefixSees, undefined);
});

Each("a designed prompt is the text in front of the input", () => {
  const { config, params } = tinyT5();
  const ids = (rows: readonly (readonly number[])[]) =>
    np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });
  const targets = ids([
    [4, 1],
    [9, 1],
  ]);
  const method = methods.design([7, 8, 9]);
  const model = method.apply(config, params, method.init(key(), config, params));
  const got = t5.logits(config, model, {
    inputs: ids([
      [5, 1, 0],
      [6, 3, 1],
    ]),
    targets,
  });
  const inputs = ids([
    [7, 8, 9, 5, 1, 0],
    [7, 8, 9, 6, 3, 1],
  ]);
  allclose(hostOf(got), hostOf(t5.logits(config, params, { inputs, targets })), "logits", NEAR);
  assert.equal(method.init(key(), config, params), {});
});

Each("composed methods draw for themselves and act one after the other", () => {
  const { config, params } = tinyT5();
  const lora = methods.lora({ rank: 2, alpha: 4, kernels: ["key"] });
  const [ia3, prompt] = [methods.ia3(), methods.prompt({ length: 2 })];
  const all = methods.compose({ prompt, lora, again: lora, ia3 });
  const start = all.init(key(), config, params);
  assert.is.not(numbers(start.lora[CROSS].a)[0], numbers(start.again[CROSS].a)[0]);
  const tuned = shaken(start, 5) as typeof start;
  const model = all.apply(config, params, tuned);
  assert.is(model.prefix, tuned.prompt.prompt);
  const product = ({ a, b }: methods.LoraFactors): Tensor => np.multiply(2, np.matmul(a, b));
  const sum = [tuned.lora, tuned.again].reduce((k, t) => np.add(k, product(t[CROSS])), nodeAt(params, CROSS).kernel);
  const want = np.multiply(sum, (tuned.ia3[CROSS] as { out: Tensor }).out);
  const merged = t5.merge({ params: model.params });
  allclose(hostOf(nodeAt(merged, CROSS).kernel), hostOf(want), "kernel", NEAR);
  const nested = methods.compose({ first: methods.compose({ prompt, lora }), again: lora, ia3 });
  const parts = { first: { prompt: tuned.prompt, lora: tuned.lora }, again: tuned.again, ia3: tuned.ia3 };
  assert.equal(tree.structure(nested.apply(config, params, parts)), tree.structure(model));
});

Each("the batch reaches a method inside of others", () => {
  const { config, params } = tinyT5();
  const seen: unknown[] = [];
  const spy: methods.Method = {
    settings: { name: "spy" },
    init: () => ({}),
    apply: (_config, frozen, _tuned, batch) => {
      seen.push(batch);
      return { params: frozen };
    },
  };
  const batch = { inputs: np.zeros([1, 2], "int32"), targets: np.zeros([1, 2], "int32") };
  const all = methods.compose({ spy, prompt: methods.prompt({ length: 1 }) as unknown as methods.Method });
  all.apply(config, params, all.init(key(), config, params), batch);
  assert.equal(seen, [batch]);
});

Each.run();
