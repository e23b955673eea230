import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { orThrow } from "../../lib/edge/either.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import type { Json, MethodSettings } from "../../lib/methods/method.js";
import type { JsonObject, PeftAdapter, PeftContent, PeftForm } from "../../lib/methods/peft/adapter.js";
import { METHODS } from "../../lib/methods/registry.js";
import { withShared } from "../helpers/shared.js";
import { messageOf } from "../io/folder.js";

const Peft = suite("methods/peft");

const formOf = (config: JsonObject): PeftForm => {
  const forms = Object.values(METHODS).flatMap(({ peft }) => peft ?? []);
  return forms.find(({ types }) => types.includes(config.peft_type as string)) as PeftForm;
};
const read = (dir: string): PeftAdapter => ({
  config: JSON.parse(readFileSync(join(dir, "adapter_config.json"), "utf8")) as JsonObject,
  tensors: orThrow(parseSafetensors(readFileSync(join(dir, "adapter_model.safetensors")))).tensors,
});
const open = (adapter: PeftAdapter): PeftContent => orThrow(formOf(adapter.config).fromPeft(adapter, "adapter"));
const write = (content: PeftContent): PeftAdapter =>
  orThrow((METHODS[content.settings.name].peft as PeftForm).toPeft(content));
const sorted = (tensors: PeftAdapter["tensors"]): [string, HostArray][] =>
  [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));

/** The settings of every golden adapter of T5 1.1. */
const lora = (kernels: Json, rest: JsonObject = {}): MethodSettings => ({
  name: "lora",
  rank: 4,
  alpha: 8,
  kernels,
  rankPattern: {},
  alphaPattern: {},
  dropout: 0,
  rankStabilized: false,
  dora: false,
  ...rest,
});
const prompt: MethodSettings = { name: "prompt", length: 5, position: "before" };
const FEED_FORWARD = ["wi_0", "wi_1", "wo"];
const SETTINGS: Readonly<Record<string, MethodSettings>> = {
  lora: lora(["q", "v"]),
  "lora-feed-forward": lora(["q", "v", ...FEED_FORWARD]),
  "lora-all-linear": lora(["k", "o", "q", "v", ...FEED_FORWARD], { rank: 2 }),
  "lora-rslora": lora(["q", "v"], { rankStabilized: true }),
  "lora-patterns": lora(["k", "o", "q", "v"], {
    rankPattern: { "EncDecAttention.v": 6, "decoder.*.q": 2 },
    alphaPattern: { "SelfAttention.o": 12, "decoder.*.q": 3 },
  }),
  "lora-regex": lora({ pattern: ".*decoder\\.block\\.\\d+\\.layer\\.1\\.EncDecAttention\\.(k|v)" }),
  dora: lora(["q", "v"], { dora: true }),
  "dora-feed-forward": lora(FEED_FORWARD, { rank: 2, dora: true }),
  ia3: { name: "ia3", kernels: ["k", "v", "wo"], feedForward: ["wo"] },
  "ia3-wi": { name: "ia3", kernels: ["k", "v", "wi_1"], feedForward: [] },
  "ln-tuning": { name: "weights", where: ["**/scale"] },
  "prompt-random": prompt,
  "prompt-random-submodules2": prompt,
  "prompt-sample": prompt,
  "prompt-text": prompt,
  "prompt-text-submodules2": prompt,
  "ptuning-mlp": prompt,
  "ptuning-lstm": prompt,
  "ptuning-lstm-submodules2": prompt,
};

withShared(
  Peft,
  "golden adapters of two models have the settings they were made with, and go back as they came",
  (root) => {
    for (const model of ["t5-tiny", "t5-tiny-v1_0"]) {
      for (const name of Object.keys(SETTINGS)) {
        const dir = join(root, "golden/methods", model, name);
        if (!existsSync(dir)) continue;
        for (const state of ["adapter", "trained"]) {
          const adapter = read(join(dir, state));
          const content = open(adapter);
          if (model === "t5-tiny") assert.equal(content.settings, SETTINGS[name], name);
          const back = write(content);
          if (name.endsWith("submodules2")) {
            // Rows that T5 does not use are left out.
            assert.is(content.unusedRows, 5);
            assert.equal(back.config, { ...adapter.config, num_transformer_submodules: 1 });
            const [[, rows]] = sorted(back.tensors);
            assert.equal(rows.data, adapter.tensors.get("prompt_embeddings")?.data.slice(0, rows.data.length));
          } else {
            assert.equal(back.config, adapter.config, name);
            assert.equal(sorted(back.tensors), sorted(adapter.tensors), name);
          }
        }
      }
    }
  },
);

withShared(
  Peft,
  "without a configuration to keep, PEFT's own is written but for what only the training knew",
  (root) => {
    const unknown = new Map([
      ["prompt-random", ["num_attention_heads", "num_layers"]],
      ["lora-patterns", []],
      ["dora", []],
      ["ia3", []],
      ["ln-tuning", []],
    ]);
    for (const [name, keys] of unknown) {
      const adapter = read(join(root, "golden/methods/t5-tiny", name, "adapter"));
      const { config: _, ...content } = open(adapter);
      const { config } = write(content);
      const differing = Object.keys({ ...config, ...adapter.config }).filter(
        (key) => JSON.stringify(config[key]) !== JSON.stringify(adapter.config[key]),
      );
      assert.equal(differing.sort(), ["base_model_name_or_path", ...keys].sort(), name);
    }
  },
);

withShared(Peft, "trees have our paths and layouts", (root) => {
  const adapter = read(join(root, "golden/methods/t5-tiny/dora/adapter"));
  const module = "base_model.model.decoder.block.1.layer.1.EncDecAttention.v";
  const { tuned } = open(adapter) as PeftContent<MethodSettings, Record<string, Record<string, HostArray>>>;
  const { a, b, magnitude } = tuned["decoder/layers/1/encoderDecoderAttention/value"];
  const theirs = (part: string): HostArray => adapter.tensors.get(`${module}.${part}`) as HostArray;
  assert.equal([a.shape, b.shape, magnitude], [[64, 4], [4, 64], theirs("lora_magnitude_vector")]);
  assert.is(a.data[5 * 4 + 3], theirs("lora_A.weight").data[3 * 64 + 5]);
  assert.is(b.data[3 * 64 + 5], theirs("lora_B.weight").data[5 * 4 + 3]);
  const ia3 = open(read(join(root, "golden/methods/t5-tiny/ia3/adapter"))).tuned as typeof tuned;
  assert.equal(ia3["encoder/layers/1/attention/key"].out.shape, [64]);
  assert.equal(ia3["encoder/layers/1/mlp/wo"].in.shape, [128]);
  const { tuned: norms } = open(read(join(root, "golden/methods/t5-tiny/ln-tuning/adapter")));
  assert.equal((norms["decoder/decoderNorm/scale"] as HostArray).shape, [64]);
});

const floats = (...shape: number[]): HostArray =>
  hostArray(shape, "float32", new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(0.5));
const Q = "base_model.model.encoder.block.0.layer.0.SelfAttention.q";
const O = "base_model.model.encoder.block.0.layer.0.SelfAttention.o";
const LORA_CONFIG: JsonObject = {
  peft_type: "LORA",
  task_type: "SEQ_2_SEQ_LM",
  r: 2,
  lora_alpha: 4,
  target_modules: ["q"],
};
const pair = (module: string, rank = 2): [string, HostArray][] => [
  [`${module}.lora_A.weight`, floats(rank, 6)],
  [`${module}.lora_B.weight`, floats(8, rank)],
];
const small = (config: JsonObject = {}, tensors: [string, HostArray][] = pair(Q)): PeftAdapter => ({
  config: { ...LORA_CONFIG, ...config },
  tensors: new Map(tensors),
});
const refused = (adapter: PeftAdapter, tag: "CheckpointError" | "ConfigError"): string =>
  messageOf(formOf(adapter.config).fromPeft(adapter, "there/adapter_config.json"), tag);

Peft("an old or short configuration is enough, and the adapter's name in a tensor's is left out", () => {
  const content = open(
    small({}, [
      [`${Q}.lora_A.default.weight`, floats(2, 6)],
      [`${Q}.lora_B.default.weight`, floats(8, 2)],
    ]),
  );
  assert.equal(content.settings, { ...lora(["q"]), rank: 2, alpha: 4 });
  assert.equal(Object.keys(content.tuned), ["encoder/layers/0/attention/query"]);
});

Peft("names of kernels that this T5 has not are left out, as PEFT lets them pass", () => {
  assert.equal(open(small({ target_modules: ["q", "q_proj", "wi"] })).settings.kernels, ["q"]);
});

Peft("settings that change results and are not supported are refused by name", () => {
  const values: JsonObject = {
    bias: "all",
    fan_in_fan_out: true,
    modules_to_save: ["lm_head"],
    layers_to_transform: [0],
    layer_replication: [[0, 1]],
    use_qalora: true,
    alora_invocation_tokens: [1],
    trainable_token_indices: [1],
    init_lora_weights: "pissa_niter_4",
    exclude_modules: ["k"],
    lora_bias: true,
    target_parameters: ["x"],
    kasa_config: { rank: 1 },
    from_the_future: 1,
    task_type: "CAUSAL_LM",
  };
  for (const [key, value] of Object.entries(values)) {
    const message = refused(small({ [key]: value }), "ConfigError");
    assert.ok(message.includes(`not supported: ${key}\n`), message);
    assert.ok(message.includes(`${key}: ${JSON.stringify(value)}`), message);
    assert.match(message, /at +there\/adapter_config\.json\n {2}hint +merge it in Python/);
  }
  assert.match(refused(small(values), "ConfigError"), /task_type, bias, fan_in_fan_out, .*from_the_future\n/);
});

Peft("what changes nothing is let through: other starts, values that switch nothing on", () => {
  const values: JsonObject = {
    init_lora_weights: "gaussian",
    eva_config: { rho: 2 },
    megatron_core: "other",
    from_the_future: null,
    another: false,
    more: [],
    inference_mode: false,
    revision: "main",
    task_type: null,
  };
  assert.equal(open(small(values)).settings, open(small()).settings);
});

Peft("values that are not what they should be are refused with their place", () => {
  assert.match(refused(small({ r: 0 }), "ConfigError"), /positive integer[\s\S]*adapter_config\.json: r/);
  assert.match(refused(small({ target_modules: "(" }), "ConfigError"), "regular expression");
  assert.match(refused(small({ rank_pattern: { "(": 2 } }), "ConfigError"), "regular expressions for keys");
  assert.match(refused(small({ target_modules: null }), "ConfigError"), "target_modules");
});

Peft("tensors that do not fit are told together", () => {
  const message = refused(
    small({ target_modules: ["q", "o"], rank_pattern: { o: 3 } }, [
      ...pair(Q, 5),
      [`${O}.lora_A.weight`, floats(3, 8)],
      ["lm_head.lora_A.weight", floats(2, 6)],
    ]),
    "CheckpointError",
  );
  assert.match(message, "SelfAttention.o.lora_B.weight");
  assert.match(message, /1 missing: .*SelfAttention\.o\.lora_B\.weight\n +1 unexpected: lm_head\.lora_A\.weight\n/);
  assert.match(
    message,
    /2 mis-shaped: .*q\.lora_A\.weight is f32\[5,6\], not f32\[2,6\], .*f32\[8,5\], not f32\[8,2\]/,
  );
  assert.match(refused(small({ use_dora: true }), "CheckpointError"), "1 missing: base_model");
  assert.match(refused(small({ target_modules: ["k"] }), "CheckpointError"), "the adapter holds nothing for a T5");
  assert.match(refused(small({}, []), "CheckpointError"), "got       no tensors");
  const double = hostArray([8, 2], "float64", new Float64Array(16));
  const wide = refused(
    small({}, [
      [`${Q}.lora_A.weight`, floats(2, 6)],
      [`${Q}.lora_B.weight`, double],
    ]),
    "CheckpointError",
  );
  assert.match(wide, "is f64[8,2], not f32[8,2]");
});

Peft("our names of kernels become modules, and what names cannot say is listed", () => {
  const nodes = [
    "encoder/layers/0/attention/query",
    "encoder/layers/0/attention/out",
    "decoder/layers/0/selfAttention/out",
  ];
  const tuned = Object.fromEntries(nodes.map((node) => [node, { a: floats(6, 2), b: floats(2, 8) }]));
  const target = (kernels: Json): Json =>
    write({ settings: { ...lora(kernels), rank: 2 }, tuned }).config.target_modules;
  assert.equal(target(["query", "out"]), ["q", "o"]);
  assert.equal(target(["q", "SelfAttention.o"]), ["q", "SelfAttention.o"]);
  assert.equal(target(["query", "selfAttention/out", "attention/out"]), [
    "q",
    "decoder.block.0.layer.0.SelfAttention.o",
    "encoder.block.0.layer.0.SelfAttention.o",
  ]);
  assert.equal(target("all-linear"), ["o", "q"]);
  assert.equal(target({ pattern: ".*\\.(q|o)" }), ".*\\.(q|o)");
  assert.equal((target({ pattern: ".*/(query|out)" }) as Json[]).length, 3);
});

Peft("IA3 whose names do not say which kernels scale their input has these one by one", () => {
  const K = Q.replace(/q$/, "k");
  const WO = "base_model.model.encoder.block.0.layer.1.DenseReluDense.wo";
  const adapter = (target: Json, feedForward: Json): PeftAdapter => ({
    config: { peft_type: "IA3", target_modules: target, feedforward_modules: feedForward },
    tensors: new Map([
      [`${K}.ia3_l`, floats(8, 1)],
      [`${WO}.ia3_l`, floats(1, 5)],
    ]),
  });
  const exact = {
    name: "ia3",
    kernels: ["encoder/layers/0/attention/key", "encoder/layers/0/mlp/wo"],
    feedForward: ["encoder/layers/0/mlp/wo"],
  };
  assert.equal(open(adapter(".*", ".*wo")).settings, exact);
  // PEFT takes any end of a name here, so that `o` means `wo`, too.
  assert.equal(open(adapter(["k", "wo"], ["o"])).settings, exact);
  assert.equal(open(adapter(["k", "wo"], ["wo"])).settings, { name: "ia3", kernels: ["k", "wo"], feedForward: ["wo"] });
  assert.equal(write(open(adapter(".*", ".*wo"))).config.feedforward_modules, [
    "encoder.block.0.layer.1.DenseReluDense.wo",
  ]);
});

Peft("norms that are only some of them have their paths", () => {
  const tensors = new Map([["base_model.model.encoder.final_layer_norm.ln_tuning_layers.weight", floats(6)]]);
  const config = { peft_type: "LN_TUNING", target_modules: ["final_layer_norm"] };
  const content = open({ config, tensors });
  assert.equal(content.settings, { name: "weights", where: ["encoder/encoderNorm/scale"] });
  assert.equal(write(content).config.target_modules, ["encoder.final_layer_norm"]);
});

const unwritten = (content: PeftContent): string => {
  const result = (METHODS[content.settings.name].peft as PeftForm).toPeft(content);
  if (result._tag === "Right") throw new Error("expected a failure");
  assert.is(result.left._tag, "UnsupportedError");
  return result.left.message;
};

Peft("what PEFT has no adapter for is refused, with the way to save it", () => {
  const decoder = { ...prompt, position: "decoder" };
  assert.match(unwritten({ settings: decoder, tuned: { prompt: floats(5, 6) } }), /position "decoder"[\s\S]*own form/);
  const sees = { ...prompt, sees: ["prompt->input"] };
  assert.match(unwritten({ settings: sees, tuned: { prompt: floats(5, 6) } }), "prompt->input");
  const head = {
    settings: { name: "weights", where: ["**/kernel"] },
    tuned: { "decoder/logitsDense/kernel": floats(6, 9) },
  };
  assert.match(unwritten(head), /scales of norms[\s\S]*decoder\/logitsDense\/kernel[\s\S]*merge/);
});

Peft("trees of stacked layers are written layer by layer", () => {
  const a = hostArray(
    [2, 6, 2],
    "float32",
    Float32Array.from({ length: 24 }, (_, i) => i),
  );
  const stacked = { "encoder/layers/attention/query": { a, b: floats(2, 2, 8) } };
  const { tensors } = write({ settings: lora(["q"]), tuned: stacked });
  assert.equal(
    [...tensors.keys()].filter((name) => name.includes("lora_A")),
    [
      "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight",
      "base_model.model.encoder.block.1.layer.0.SelfAttention.q.lora_A.weight",
    ],
  );
  const second = tensors.get("base_model.model.encoder.block.1.layer.0.SelfAttention.q.lora_A.weight") as HostArray;
  assert.equal(
    [second.shape, [...second.data]],
    [
      [2, 6],
      [12, 14, 16, 18, 20, 22, 13, 15, 17, 19, 21, 23],
    ],
  );
});

Peft.run();
