/**
 * @file The kinds of files that are fuzzed: small valid ones, made here, and how they are read. Another kind is another entry.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import * as E from "fp-ts/lib/Either.js";
import { hostArray } from "../../lib/core/host.js";
import { orThrow } from "../../lib/edge/either.js";
import { bytesOf } from "../../lib/edge/elements.js";
import { loadAdapter } from "../../lib/io/adapters.js";
import { checkpointKindTE } from "../../lib/io/checkpoint-kind.js";
import { unzipFiles } from "../../lib/io/fetch/unzip.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { loadMeshTensorFlow } from "../../lib/io/meshtf/load.js";
import { encodeNpy } from "../../lib/io/npy.js";
import { loadPrompt } from "../../lib/io/prompts.js";
import { openSafetensorsTE, parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { openT5x } from "../../lib/io/t5x/checkpoint.js";
import { loadT5x } from "../../lib/io/t5x/load.js";
import { saveT5x } from "../../lib/io/t5x/save.js";
import { array, external, indexOf } from "../io/t5x/golden.js";
import { paramsOf, SMALL } from "../io/t5x/small.js";
import { CONFIG, configOf, tensorsOf } from "../io/tiny-t5.js";
import type { Form } from "./mutate.js";
import { TEXT_KINDS } from "./text-kinds.js";

/** Files by their paths in a folder. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** A kind of file. */
export interface Kind {
  /** The valid files of it. */
  readonly make: (scratch: string) => Files | Promise<Files>;
  /** The files that are mutated, one at a time, by the ends of their paths. */
  readonly targets: readonly (readonly [end: string, form: Form])[];
  /** Words of the format. */
  readonly tokens?: readonly string[];
  /** Reads them as the library does. What it throws, and a Left, have to be errors of the library. */
  readonly read: (dir: string) => Promise<unknown>;
  /** Whether there is no reader for it, so that also the valid files are refused. */
  readonly isRefused?: boolean;
}

const random = (shape: readonly number[]) =>
  hostArray(
    shape,
    "float32",
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i)),
  );
const text = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));
const MODEL = tensorsOf(configOf(CONFIG));
const config = text({ ...CONFIG, model_type: "t5", dropout_rate: 0.1, tie_word_embeddings: true });

const readTensors = async (path: string): Promise<void> => {
  const parsed = parseSafetensorsE(readFileSync(path), path);
  const opened = await openSafetensorsTE(path)();
  if (E.isRight(parsed) && E.isRight(opened))
    for (const name of opened.right.entries.keys()) await opened.right.read(name)();
  if (E.isRight(opened)) await opened.right.close();
  orThrow(opened);
};

const shards = (): Files => {
  const tensors = Object.entries(MODEL);
  const weight_map = Object.fromEntries(tensors.map(([name], i) => [name, `${i < 9 ? 1 : 2}.safetensors`]));
  return {
    "config.json": config,
    "1.safetensors": encodeSafetensors(Object.fromEntries(tensors.slice(0, 9))),
    "2.safetensors": encodeSafetensors(Object.fromEntries(tensors.slice(9))),
    "model.safetensors.index.json": text({ metadata: { total_size: 1 }, weight_map }),
  };
};

const LORA = {
  peft_type: "LORA",
  task_type: "SEQ_2_SEQ_LM",
  r: 2,
  lora_alpha: 4,
  target_modules: ["q", "v"],
  rank_pattern: { q$: 1 },
  base_model_name_or_path: "t5",
};
const loraTensors = Object.fromEntries(
  ["q", "v"].flatMap((kernel) => {
    const name = `base_model.model.encoder.block.0.layer.0.SelfAttention.${kernel}.lora_`;
    const rank = kernel === "q" ? 1 : 2;
    return [
      [`${name}A.weight`, random([rank, 4])],
      [`${name}B.weight`, random([6, rank])],
    ] as const;
  }),
);

const bundle = (): Files => {
  const { cases } = JSON.parse(readFileSync("test/golden/data/meshtf.json", "utf8")) as {
    cases: Record<string, { files: Record<string, string> }>;
  };
  const files = Object.entries(cases["T5 1.1 in two files"].files);
  return Object.fromEntries(files.map(([name, base64]) => [name, Buffer.from(base64, "base64")]));
};

const EMBEDDING = "target.token_embedder.embedding";

/** A checkpoint of T5X in one file, with the arrays in it; that of the embedding may be in a folder beside it. */
const checkpoint = async (scratch: string, isExternal: boolean): Promise<Files> => {
  const saved = await saveT5x(scratch, { params: paramsOf(SMALL) });
  const source = await orThrow(openT5x(saved));
  const target: Record<string, unknown> = {};
  for (const name of source.entries.keys()) {
    const x = await orThrow(source.read(name));
    let at = target;
    const path = name.split("/");
    for (const key of path.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    const isOutside = isExternal && name === "token_embedder/embedding";
    at[path.at(-1) as string] = isOutside ? external(EMBEDDING) : array(x.shape, bytesOf(x.data));
  }
  const folder = isExternal ? [".zarray", "0.0"] : [];
  const files = folder.map((name) => [`${EMBEDDING}/${name}`, readFileSync(join(saved, EMBEDDING, name))] as const);
  return { checkpoint: indexOf(target), ...Object.fromEntries(files) };
};
const inline = (scratch: string): Promise<Files> => checkpoint(scratch, false);
const zarr = (scratch: string): Promise<Files> => checkpoint(scratch, true);

const NPY_TOKENS = [
  "{}",
  "(",
  ")",
  ",",
  "'descr'",
  "'<f8'",
  "'|O'",
  "True",
  "(2,3)",
  "(9007199254740991,2)",
  "[('a','<f4')]",
  "L",
];

export const KINDS: Readonly<Record<string, Kind>> = {
  safetensors: {
    make: () => ({
      "x.safetensors": encodeSafetensors({ a: random([2, 3]), b: random([]), c: random([0]) }, { k: "v" }),
    }),
    targets: [["x.safetensors", "safetensors"]],
    read: (dir) => readTensors(join(dir, "x.safetensors")),
  },
  index: {
    make: shards,
    targets: [
      ["index.json", "json"],
      ["index.json", "json"],
      ["1.safetensors", "safetensors"],
    ],
    read: (dir) => loadHuggingFace(dir),
  },
  config: {
    make: () => ({ "config.json": config, "model.safetensors": encodeSafetensors(MODEL) }),
    targets: [["config.json", "json"]],
    read: (dir) => loadHuggingFace(dir),
  },
  adapter: {
    make: () => ({ "adapter_config.json": text(LORA), "adapter_model.safetensors": encodeSafetensors(loraTensors) }),
    targets: [
      ["config.json", "json"],
      ["config.json", "json"],
      [".safetensors", "safetensors"],
    ],
    read: (dir) => loadAdapter(dir),
  },
  tuned: {
    make: () => ({
      "tuned.safetensors": encodeSafetensors(
        { prompt: random([2, 4]) },
        { format: "fluxion-tuned", method: '{"name":"prompt","length":2,"position":"before"}' },
      ),
    }),
    targets: [[".safetensors", "safetensors"]],
    read: (dir) => loadAdapter(dir),
  },
  npy: {
    make: () => ({ "prompt.npy": encodeNpy(random([2, 4])) }),
    targets: [[".npy", "bytes"]],
    tokens: NPY_TOKENS,
    read: (dir) => loadPrompt(dir),
  },
  npz: {
    make: () => ({ "prompt.npz": zipSync({ "prompt.npy": encodeNpy(random([2, 4])) }) }),
    targets: [[".npz", "zip"]],
    isRefused: true,
    tokens: NPY_TOKENS,
    read: async (dir) => {
      const path = join(dir, "prompt.npz");
      await checkpointKindTE(path)();
      return loadPrompt(path);
    },
  },
  msgpack: { make: inline, targets: [["checkpoint", "msgpack"]], read: (dir) => loadT5x(dir) },
  zarr: {
    make: zarr,
    targets: [
      [".zarray", "json"],
      ["checkpoint", "msgpack"],
    ],
    read: (dir) => loadT5x(dir),
  },
  gz: {
    make: zarr,
    targets: [["0.0", "gzip"]],
    read: (dir) => loadT5x(dir),
  },
  meshtf: { make: bundle, targets: [[".index", "bytes"]], read: (dir) => loadMeshTensorFlow(dir) },
  zip: {
    make: () => ({
      "CB.zip": zipSync({
        "CB/train.jsonl": strToU8('{"a":1}\n'.repeat(50)),
        "CB/val.jsonl": [strToU8("{}\n"), { level: 0 }],
      }),
    }),
    targets: [[".zip", "zip"]],
    tokens: ["PK\u0003\u0004", "PK\u0001\u0002", "PK\u0005\u0006"],
    read: async (dir) => {
      const out = join(dir, "out");
      return existsSync(out) || unzipFiles(join(dir, "CB.zip"), out, ["train.jsonl", "val.jsonl"]);
    },
  },
  ...TEXT_KINDS,
};
