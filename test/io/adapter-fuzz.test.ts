/** @file Bad adapters of every method: always a typed error, never a crash. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { checkFitsE } from "../../lib/io/adapter-fit.js";
import { type Adapter, loadAdapterTE } from "../../lib/io/adapters.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { temporaryFolder } from "./folder.js";
import { configOf, V1_1 } from "./tiny-t5.js";

const Fuzz = suite("io/adapter-fuzz");
const folder = temporaryFolder(Fuzz);
const OPTIONS = { numRuns: 300, seed: 20_27 };
const model = configOf(V1_1);

const floats = (...shape: number[]): HostArray =>
  hostArray(shape, "float32", new Float32Array(shape.reduce((n, d) => n * d, 1)));
const MODULE = "base_model.model.encoder.block.0.layer.0.SelfAttention.q";
const NORM = "base_model.model.encoder.final_layer_norm.ln_tuning_layers.weight";

interface Files {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, HostArray>>;
}
/** A good adapter of each type. */
const GOOD: readonly Files[] = [
  {
    config: { peft_type: "LORA", r: 2, lora_alpha: 4, target_modules: ["q"], rank_pattern: { k: 3 }, use_dora: false },
    tensors: { [`${MODULE}.lora_A.weight`]: floats(2, 4), [`${MODULE}.lora_B.weight`]: floats(6, 2) },
  },
  {
    config: { peft_type: "IA3", target_modules: ["q"], feedforward_modules: [] },
    tensors: { [`${MODULE}.ia3_l`]: floats(6, 1) },
  },
  { config: { peft_type: "LN_TUNING", target_modules: ["final_layer_norm"] }, tensors: { [NORM]: floats(4) } },
  {
    config: { peft_type: "PROMPT_TUNING", num_virtual_tokens: 2, token_dim: 4 },
    tensors: { prompt_embeddings: floats(2, 4) },
  },
];

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("(", "all-linear", ".*", "", "q", ["q", ""], [], {}, { "(": 2 }, 0, -1, 2 ** 53, 1e308),
);
const anyArray = fc
  .array(fc.nat(4), { maxLength: 3 })
  .chain((shape) =>
    fc.constantFrom(floats(...shape), hostArray(shape, "int32", new Int32Array(shape.reduce((n, d) => n * d, 1)))),
  );

/** One of the good adapters with a few keys and tensors changed, added or taken away. */
const bad: fc.Arbitrary<Files> = fc.constantFrom(...GOOD).chain((good) => {
  const keys = [...Object.keys(good.config), "bias", "task_type", "base_model_name_or_path", "__proto__", "x"];
  const names = [...Object.keys(good.tensors), "x", `${MODULE}.lora_magnitude_vector`, "__proto__:a", ""];
  const few = { maxKeys: 2 };
  return fc
    .record({
      config: fc.dictionary(fc.constantFrom(...keys), fc.option(anyValue, { nil: undefined }), few),
      tensors: fc.dictionary(fc.constantFrom(...names), fc.option(anyArray, { nil: undefined }), few),
    })
    .map(({ config, tensors }) => ({
      config: { ...good.config, ...config },
      tensors: Object.fromEntries(
        Object.entries({ ...good.tensors, ...tensors }).filter(
          (entry): entry is [string, HostArray] => entry[1] !== undefined,
        ),
      ),
    }));
});

/** Loads what is at a path, and checks that it fits a model: successes, or errors of this library for bad files. */
const isTyped = async (path: string): Promise<boolean> => {
  const loaded = await loadAdapterTE(path)();
  const result = E.chainW((adapter: Adapter) => checkFitsE(adapter, model, path))(loaded);
  return (
    E.isRight(result) || isFluxionError(result.left, "CheckpointError") || isFluxionError(result.left, "ConfigError")
  );
};

let files = 0;
Fuzz("adapters of PEFT", async () => {
  await fc.assert(
    fc.asyncProperty(bad, async ({ config, tensors }) => {
      const dir = join(folder, `${files++}`);
      mkdirSync(dir);
      writeFileSync(join(dir, "adapter_config.json"), JSON.stringify(config));
      writeFileSync(join(dir, "adapter_model.safetensors"), encodeSafetensors(tensors));
      assert.ok(await isTyped(dir));
    }),
    OPTIONS,
  );
});

const settings = fc.oneof(
  anyValue,
  fc.record(
    {
      name: fc.constantFrom<unknown>("prompt", "lora", "ia3", "weights", "design", "compose", "toString", 3),
      length: anyValue,
      rank: anyValue,
      kernels: anyValue,
      where: anyValue,
      ids: anyValue,
      methods: fc.oneof(anyValue, fc.constant({ a: { name: "design", ids: [1] }, b: { name: "prompt", length: 2 } })),
    },
    { requiredKeys: ["name"] },
  ),
);
const names = fc.constantFrom(
  "prompt",
  "b:prompt",
  "encoder/layers/0/attention/query:a",
  "",
  ":",
  "a:b",
  "a",
  "__proto__",
);

Fuzz("files of our own form", async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.dictionary(names, anyArray, { maxKeys: 3 }), async (method, tensors) => {
      const path = join(folder, `${files++}.safetensors`);
      const metadata = { format: "fluxion-tuned", method: JSON.stringify(method) };
      writeFileSync(path, encodeSafetensors(tensors, metadata));
      assert.ok(await isTyped(path));
    }),
    OPTIONS,
  );
});

Fuzz.run();
