/** @file Writes a model as a Hugging Face folder, with the vocabulary of the folder it is from. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isFloat } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import type { CheckpointKind } from "../io/checkpoint-kind.js";
import { COMPANIONS, companionsIn, VOCABULARY } from "../io/companions.js";
import type { LoadedT5 } from "../io/load-t5.js";
import { FLOATS, type FloatStorage } from "../io/safetensors-write.js";
import { type SavedT5, saveHuggingFace } from "../io/save-huggingface.js";
import { openWeights } from "../io/sharded.js";
import { checkFree } from "./check-free.js";
import type { Terminal } from "./terminal.js";

export interface HuggingFaceFlags {
  readonly dtype?: FloatStorage;
  readonly maxShardBytes?: number;
  readonly force?: boolean;
}

/** Facts about a model that are neither configuration nor weights; a saved folder keeps them. */
export type Said = Pick<SavedT5, "dropoutRate" | "modelType">;

/** The part of a loaded model that `Said` names. */
export const saidOf = ({ dropoutRate, modelType }: Pick<LoadedT5, keyof Said>): Said => ({
  ...(dropoutRate !== undefined && { dropoutRate }),
  ...(modelType !== undefined && { modelType }),
});

const WEIGHTS = ["config.json", "model.safetensors", "model.safetensors.index.json"];

const isFloatStorage = (stored: string): stored is FloatStorage => (FLOATS as readonly string[]).includes(stored);

/** How the floats of a Hugging Face folder are stored, each way once. */
const storedFloats = async (dir: string): Promise<readonly string[]> => {
  const { entries, close } = await orThrow(openWeights(dir));
  await close();
  return [...new Set([...entries.values()].filter(({ dtype }) => isFloat(dtype)).map(({ stored }) => stored))].sort();
};

/** The dtype to write: the one asked for, else that of the folder `input`; of a folder with several, float32, which is said. */
export const dtypeFor = async (
  input: string,
  kind: CheckpointKind,
  asked: FloatStorage | undefined,
  terminal: Terminal,
): Promise<FloatStorage | undefined> => {
  if (asked !== undefined || kind !== "huggingface") return asked;
  const [only, ...more] = await storedFloats(input);
  if (only !== undefined && more.length === 0 && isFloatStorage(only)) return only;
  terminal.note(`weights are written as float32; in ${input} they are ${[only, ...more].join(" and ")} (--dtype)`);
  return undefined;
};

/** Says that weights become float32 where the folder `input` has others: what was computed has more digits than those. */
export const sayWidened = async (
  input: string,
  kind: CheckpointKind,
  asked: FloatStorage | undefined,
  terminal: Terminal,
): Promise<void> => {
  if (asked !== undefined || kind !== "huggingface") return;
  const others = (await storedFloats(input)).filter((stored) => stored !== "float32");
  if (others.length > 0)
    terminal.note(`weights are written as float32; in ${input} they are ${others.join(" and ")} (--dtype)`);
};

/**
 * Checks that nothing is replaced unasked, before a model is read.
 *
 * - `input`, `kind`: where the model is from; a Hugging Face folder lends its vocabulary
 * @returns a function that writes the model
 * @throws {CheckpointError} when the path already exists
 */
export const huggingFaceWriter = async (
  where: string,
  out: string,
  { input, kind }: { readonly input: string; readonly kind: CheckpointKind },
  { dtype, maxShardBytes, force }: HuggingFaceFlags,
): Promise<(model: SavedT5, terminal: Terminal) => Promise<void>> => {
  const caller: Caller<CheckpointError> = { where, error: CheckpointError };
  const names = kind === "huggingface" ? (await readdir(input)).filter((name) => COMPANIONS.test(name)) : [];
  for (const name of [...WEIGHTS, ...names]) checkFree(where, join(out, name), force);
  return async (model, terminal) => {
    const companions = names.length === 0 ? {} : await companionsIn(input, caller);
    const options = { companions, ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }) };
    await saveHuggingFace(out, model, options);
    if (!names.some((name) => VOCABULARY.test(name)))
      terminal.note(`the vocabulary is not in ${out}: copy it there, or name it by --tokenizer`);
  };
};
