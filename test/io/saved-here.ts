/**
 * @file The folders of transformers 5 and PEFT of the goldens, laid out, and what this library makes of them.
 *
 * Run by itself it writes both into a folder, for test/golden/make/saved-here.py, which has transformers and PEFT read them:
 *
 *     node --import tsx test/io/saved-here.ts /tmp/saved
 *     env/bin/python test/golden/make/saved-here.py /tmp/saved
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as assert from "uvu/assert";
import { loadAdapterTE } from "../../lib/io/adapters.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import type { FloatStorage } from "../../lib/io/safetensors-write.js";
import { saveAdapterTE } from "../../lib/io/save-adapter.js";
import { saveHuggingFaceTE } from "../../lib/io/save-huggingface.js";
import { run } from "./folder.js";
import { decoded, writeFiles } from "./t5x/golden.js";

type Files = Readonly<Record<string, string>>;
export interface SavedModel {
  readonly stored: FloatStorage;
  readonly tied: boolean;
  readonly scaled: boolean;
  readonly files: Files;
  readonly logits: readonly number[];
}
export interface SavedPeft {
  /** The title of its model. */
  readonly base: string;
  readonly files: Files;
  /** Computed in float64. */
  readonly logits: readonly number[];
  /** How far torch is off these in float32, at most. */
  readonly float32_off: number;
}
const data = (name: string) => JSON.parse(readFileSync(`test/golden/data/${name}.json`, "utf8"));

/** Folders of models that transformers saved, and the batch that their logits and those with adapters are of. */
export const { inputs, targets, models } = data("transformers5") as {
  readonly inputs: number[][];
  readonly targets: number[][];
  readonly models: Readonly<Record<string, SavedModel>>;
};
/** Folders of adapters that PEFT saved. */
export const { adapters, refused } = data("adapters") as {
  readonly adapters: Readonly<Record<string, SavedPeft>>;
  readonly refused: Readonly<Record<string, Files>>;
};

/** A folder that transformers or PEFT read as the same that it was made of (test/golden/make/saved-here.py). */
interface Recorded {
  /** `config.json` or `adapter_config.json`. */
  readonly config: object;
  /** SHA-256 of each file. */
  readonly files: Readonly<Record<string, string>>;
}
export const recorded = data("saved-here") as Readonly<
  Record<"models" | "adapters", Readonly<Record<string, Recorded>>>
>;

/** Whether a folder that was saved here is, byte by byte, the one that transformers or PEFT read; after a change of what is written, run the script above. */
export const assertAsRecorded = (folder: string, config: string, { config: said, files }: Recorded): void => {
  assert.equal(JSON.parse(readFileSync(join(folder, config), "utf8")), said);
  const digest = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  assert.equal(
    Object.fromEntries(
      readdirSync(folder)
        .sort()
        .map((name) => [name, digest(name)]),
    ),
    files,
  );
};

/** Writes the files of a golden into a new folder, and gives its path. */
export const layOut = (folder: string, files: Files): string =>
  writeFiles(folder, Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, decoded(bytes)])));

/** Loads the model in a folder and saves it again as it was stored, in shards of 16 kB. */
export const saveModelAgain = async (from: string, to: string, { stored }: SavedModel): Promise<string> => {
  await run(saveHuggingFaceTE(to, await run(loadHuggingFaceTE(from)), { dtype: stored, maxShardBytes: 16_000 }));
  return to;
};

/** Loads the adapter in a folder and saves it again for PEFT. */
export const saveAdapterAgain = async (from: string, to: string): Promise<string> => {
  await run(saveAdapterTE(to, await run(loadAdapterTE(from)), { format: "peft" }));
  return to;
};

const writeAll = async (root: string): Promise<void> => {
  for (const [title, model] of Object.entries(models)) {
    const from = layOut(join(root, "models", title, "theirs"), model.files);
    await saveModelAgain(from, join(root, "models", title, "ours"), model);
  }
  for (const [title, { files }] of Object.entries(adapters)) {
    const from = layOut(join(root, "adapters", title, "theirs"), files);
    await saveAdapterAgain(from, join(root, "adapters", title, "ours"));
  }
};

const [, program, folder] = process.argv;
if (folder !== undefined && import.meta.url === pathToFileURL(program as string).href) await writeAll(folder);
