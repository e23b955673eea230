import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import type { Json } from "../../lib/methods/method.js";
import type { JsonObject, PeftAdapter, PeftContent, PeftForm } from "../../lib/methods/peft/adapter.js";
import { METHODS } from "../../lib/methods/registry.js";
import { messageOf } from "../io/folder.js";
import { formOf, lora, open, prompt, write } from "./peft-memory.js";

const Peft = suite("methods/peft");

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
  // These took forever on the name of a module, or were no error of the library.
  for (const pattern of ["([a-zA-Z0-9_.]+)+!", "a".repeat(1e6)]) {
    assert.match(refused(small({ target_modules: pattern }), "ConfigError"), "matches in few ways");
    assert.match(refused(small({ alpha_pattern: { [pattern]: 2 } }), "ConfigError"), "match in few ways");
  }
  assert.ok(open(small({ target_modules: ".*(encoder|decoder).*Attention.*\\.(q|v)$" })));
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

Peft("a norm that is not one of those named is refused", () => {
  const tensors = ["encoder.final_layer_norm", "encoder.block.0.layer.0.layer_norm"].map(
    (module) => [`base_model.model.${module}.ln_tuning_layers.weight`, floats(8)] as const,
  );
  const config = { peft_type: "LN_TUNING", target_modules: ["final_layer_norm"] };
  const said = refused({ config, tensors: new Map(tensors) }, "CheckpointError");
  assert.match(said, "encoder.block.0.layer.0.layer_norm.ln_tuning_layers.weight");
});

Peft("a prompt without a number of submodules has its own rows or twice as many", () => {
  const config = { peft_type: "PROMPT_TUNING", num_virtual_tokens: 3, token_dim: 4 };
  const adapter = (rows: number, more: JsonObject = {}): PeftAdapter => ({
    config: { ...config, ...more },
    tensors: new Map([["prompt_embeddings", floats(rows, 4)]]),
  });
  for (const rows of [3, 6]) assert.equal((open(adapter(rows)).tuned.prompt as HostArray).shape, [3, 4]);
  for (const rows of [4, 9]) assert.match(refused(adapter(rows), "CheckpointError"), "f32[3 or 6,4]");
  const two = { num_transformer_submodules: 2 };
  assert.equal((open(adapter(6, two)).tuned.prompt as HostArray).shape, [3, 4]);
  assert.match(refused(adapter(3, two), "CheckpointError"), "f32[6,4]");
  const rows = ["prompt_embeddings", floats(3, 4)] as const;
  for (const tensors of [[], [["other", floats(3, 4)]], [rows, ["more", floats(3, 4)]]] as const) {
    const said = refused({ config, tensors: new Map(tensors as never) }, "CheckpointError");
    assert.match(said, /not the weights of a prompt[\s\S]*expected +one tensor, prompt_embeddings/);
  }
});

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
