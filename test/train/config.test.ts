import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readInvocation } from "../../lib/cli/options.js";
import { decodeRunConfig, type RunConfig } from "../../lib/train/config.js";

const Config = suite("train/config");

const message = (raw: unknown): string => {
  const decoded = decodeRunConfig(raw, "settings.json");
  return E.isLeft(decoded) ? decoded.left.message : "no error";
};
const defaults = async (): Promise<RunConfig> => {
  const invocation = await readInvocation([]);
  if (invocation === undefined) throw new Error("no invocation");
  return invocation.config;
};

/** Values that a setting takes, and values that it refuses. */
const TABLE: Readonly<Record<keyof RunConfig, readonly [readonly unknown[], readonly unknown[]]>> = {
  task: [["cb"], [1]],
  data: [["a"], [null]],
  model: [["a"], [3]],
  tokenizer: [[""], [undefined]],
  promptLength: [
    [1, 100],
    [0, -1, 1.5, "2"],
  ],
  method: [
    ["prompt", "lora", "ia3", "full", "norms", "weights", "prompt+lora", "lora+norms+prompt"],
    ["dora", "", "prompt+", "prompt+prompt", "Prompt", 1],
  ],
  rank: [
    [1, undefined],
    [0, 1.5],
  ],
  alpha: [
    [0.5, undefined],
    [0, -1, Number.NaN],
  ],
  kernels: [["q,v", "all-linear", undefined], [1]],
  dora: [
    [true, false, undefined],
    ["yes", 0],
  ],
  where: [["**", undefined], [2]],
  init: [
    ["class-label", "sampled-vocabulary", "random-uniform", "file"],
    ["magic", 1],
  ],
  initFile: [["", "a.npy"], [0]],
  population: [[1], [0, 2.5]],
  steps: [
    [0, 1],
    [-1, 0.5],
  ],
  batchSize: [[1], [0]],
  batchTokens: [
    [0, 65536, undefined],
    [-1, 0.5],
  ],
  microbatches: [
    [1, 4, undefined],
    [0, 1.5],
  ],
  learningRate: [
    [1e-9, 1],
    [0, -1, Number.POSITIVE_INFINITY, Number.NaN],
  ],
  weightDecay: [
    [0, 0.99],
    [1, -0.1, Number.NaN],
  ],
  decayRate: [[0.8], [0, Number.POSITIVE_INFINITY]],
  optimizerStartStep: [
    [0, 1_100_000],
    [-1, 1.5],
  ],
  clip: [
    [0, 1, undefined],
    [-1, Number.NaN],
  ],
  ema: [
    [0, 0.999, undefined],
    [1, -0.1],
  ],
  dropout: [
    [0, 0.1],
    [1, -0.1],
  ],
  zLoss: [
    [0, 1e-4],
    [-1, Number.POSITIVE_INFINITY],
  ],
  prefix: [["none", "name", "index"], ["both"]],
  maxInputLength: [[1], [0]],
  buckets: [[1], [0]],
  evaluation: [["greedy", "beam", "rank"], ["sample"]],
  evaluateEvery: [[1], [0]],
  evaluationTokens: [[1], [0, 1.5]],
  maxEvaluationLength: [[0, 1], [-1]],
  patience: [[0, 1], [-1]],
  backend: [
    ["wasm", "cpu", "reference", "node-gpu"],
    ["webgpu", "gpu"],
  ],
  executor: [["auto", "onnx", "tfjs"], ["native"]],
  seed: [
    [0, 7],
    [-1, 0.5],
  ],
} as never;

Config("every setting takes what makes sense, and refuses the rest by its name", async () => {
  const good = await defaults();
  assert.equal(Object.keys(TABLE).sort(), Object.keys(good).sort());
  for (const [name, [takes, refuses]] of Object.entries(TABLE)) {
    for (const value of takes) assert.is(message({ ...good, [name]: value }), "no error", `${name} ${value}`);
    for (const value of refuses) {
      const text = message({ ...good, [name]: value });
      assert.ok(text.includes(name), `${name} ${value}: ${text}`);
      assert.ok(text.includes("settings.json") && text.includes("--help"), text);
    }
  }
});

Config("unknown settings are refused, and several faults are told together", async () => {
  const text = message({ ...(await defaults()), stepz: 3, seed: -1, patience: "x" });
  for (const part of ["stepz", "seed", "patience"]) assert.ok(text.includes(part), text);
});

Config("the settings without options are those of the main job", async () => {
  const { data, model, ...rest } = await defaults();
  assert.ok(data.endsWith("assets/superglue-mini") && model.endsWith("assets/t5-nano"));
  assert.equal(rest, {
    task: "cb",
    tokenizer: "",
    method: "prompt",
    promptLength: 20,
    init: "class-label",
    initFile: "",
    population: 5000,
    rank: 8,
    alpha: 8,
    kernels: "query,value",
    dora: false,
    where: "**",
    steps: 600,
    batchSize: 32,
    batchTokens: 0,
    microbatches: 1,
    learningRate: 0.1,
    weightDecay: 1e-5,
    decayRate: 0.8,
    optimizerStartStep: 0,
    clip: 0,
    ema: 0,
    dropout: 0,
    zLoss: 0,
    prefix: "none",
    maxInputLength: 512,
    buckets: 3,
    evaluation: "greedy",
    evaluateEvery: 10,
    evaluationTokens: 4096,
    maxEvaluationLength: 0,
    patience: 40,
    backend: "wasm",
    executor: process.env.FLUXION_EXECUTOR ?? "auto",
    seed: 0,
  });
});

Config("settings of the time when only prompts were tuned are taken, and mean the same", async () => {
  const good = await defaults();
  const { method, rank, alpha, kernels, dora, where, batchTokens, microbatches, clip, ema, ...older } = good;
  const decoded = decodeRunConfig(older, "config.json");
  assert.equal(E.isRight(decoded) && decoded.right, good);
});

Config.run();
