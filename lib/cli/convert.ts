/** @file `fluxion convert`: models and prompts from one format to another. */

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CheckpointError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { type CheckpointKind, checkpointKind } from "../io/checkpoint-kind.js";
import { type LoadedT5, loadT5 } from "../io/load-t5.js";
import { savePrompt } from "../io/prompts.js";
import type { FloatStorage } from "../io/safetensors-write.js";
import { saveHuggingFace } from "../io/save-huggingface.js";
import { stepFolder } from "../io/t5x/checkpoint.js";
import { saveT5x } from "../io/t5x/save.js";
import { ensureDir, readBytes } from "../store/files.js";
import { withProgress } from "./bar.js";
import { type Format, MODEL_FORMATS, type ModelFormat, PROMPT_FORMATS, type PromptFormat } from "./formats.js";
import { usageError } from "./parse.js";
import { promptOf } from "./prompt-of.js";
import type { Terminal } from "./terminal.js";

const WHERE = "fluxion convert";
const caller: Caller<CheckpointError> = { where: WHERE, error: CheckpointError };

export interface ConvertOptions {
  readonly to?: Format;
  readonly dtype?: FloatStorage;
  readonly maxShardBytes?: number;
  readonly baseModel?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const isModelFormat = (format: Format): format is ModelFormat => (MODEL_FORMATS as readonly string[]).includes(format);

/** Refuses to replace what is there, unless that is wanted. */
const checkFree = (path: string, force: boolean | undefined): void => {
  if (force || !existsSync(path)) return;
  throw new CheckpointError({
    where: WHERE,
    what: "there is something already",
    at: path,
    hint: "choose another place, or replace it: --force",
  });
};

/** Options that the result has no use for. */
const refuseOptions = (options: ConvertOptions, names: readonly (keyof ConvertOptions)[], for_: string): void => {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const flag = `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw usageError(WHERE, `${flag} is not for ${for_}`);
};

const readModel = (input: string, terminal: Terminal): Promise<LoadedT5> =>
  withProgress(terminal, "reading", (onProgress) => orThrow(loadT5(input, { onProgress })));

/** Files of a Hugging Face folder beside the weights: the vocabulary, and how to decode. */
const COMPANIONS =
  /^(spiece\.model|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|generation_config\.json)$/;

const VOCABULARY = /^(spiece\.model|tokenizer\.json)$/;

/** Their names in the folder of the input, if it is one of Hugging Face. */
const companionsOf = async (dir: string, kind: CheckpointKind): Promise<string[]> =>
  kind === "huggingface" ? (await readdir(dir)).filter((name) => COMPANIONS.test(name)) : [];

const ADAPTER = ["adapter_config.json", "adapter_model.safetensors"];
const WEIGHTS = ["config.json", "model.safetensors", "model.safetensors.index.json"];

const toHuggingFace = async (
  input: string,
  kind: CheckpointKind,
  out: string,
  options: ConvertOptions,
  terminal: Terminal,
): Promise<string> => {
  refuseOptions(options, ["baseModel"], "models");
  const names = await companionsOf(input, kind);
  for (const name of [...WEIGHTS, ...names]) checkFree(join(out, name), options.force);
  const { config, params, prompts, dropoutRate } = await readModel(input, terminal);
  const dropped = Object.keys(prompts);
  if (dropped.length > 0)
    terminal.note(`left out, since a Hugging Face folder has no place for it: ${dropped.join(", ")}`);
  const companions: Record<string, Uint8Array> = {};
  for (const name of names) companions[name] = await orThrow(readBytes(join(input, name), caller));
  const { dtype, maxShardBytes } = options;
  const model = { config, params, ...(dropoutRate !== undefined && { dropoutRate }) };
  await orThrow(
    saveHuggingFace(out, model, { companions, ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }) }),
  );
  if (!names.some((name) => VOCABULARY.test(name)))
    terminal.note(`the vocabulary is not in ${out}: copy it there, or name it by --tokenizer`);
  return out;
};

const toT5x = async (input: string, out: string, options: ConvertOptions, terminal: Terminal): Promise<string> => {
  refuseOptions(options, ["baseModel", "dtype", "maxShardBytes"], "T5X checkpoints, which are written in float32");
  const { params, prompts, step = 0 } = await readModel(input, terminal);
  checkFree(stepFolder(out, step), options.force);
  return withProgress(terminal, "writing", (onProgress) =>
    orThrow(saveT5x(out, { params, prompts, step }, { onProgress, replace: options.force })),
  );
};

const toPrompt = async (input: string, out: string, format: PromptFormat, options: ConvertOptions): Promise<string> => {
  refuseOptions(options, ["dtype", "maxShardBytes"], "prompts, which are written in float32");
  if (format !== "peft") refuseOptions(options, ["baseModel"], `${format} files, which have no place for it`);
  for (const path of format === "peft" ? ADAPTER.map((name) => join(out, name)) : [out]) checkFree(path, options.force);
  const stored = await promptOf(WHERE, input);
  const baseModel = options.baseModel ?? stored.baseModel;
  if (format !== "peft") await orThrow(ensureDir(dirname(out), caller));
  await orThrow(savePrompt(out, stored.prompt, { format, ...(baseModel !== undefined && { baseModel }) }));
  return out;
};

const formatByName = (out: string): PromptFormat =>
  out.endsWith(".npy") ? "npy" : out.endsWith(".safetensors") ? "safetensors" : "peft";

/** Where no format is asked for: what the name says, else of models the other one. */
const formatFor = (kind: CheckpointKind, out: string): Format => {
  const named = formatByName(out);
  if (named !== "peft" || !MODELS.includes(kind)) return named;
  return kind === "huggingface" ? "t5x" : "hf";
};

const MODELS: readonly CheckpointKind[] = ["huggingface", "t5x", "meshtf"];

/** Refuses a model for a prompt, and the other way round; a T5X checkpoint may be either. */
const checkFormat = (input: string, kind: CheckpointKind, to: Format): void => {
  const isModel = MODELS.includes(kind);
  if (isModelFormat(to) === isModel || kind === "t5x") return;
  throw usageError(WHERE, `a ${isModel ? "model" : "prompt"} cannot be written as ${to}`, {
    expected: isModel ? MODEL_FORMATS.join(" or ") : PROMPT_FORMATS.join(", "),
    got: `${kind} at ${basename(input)}`,
    ...(kind === "safetensors" && { hint: "of a model give the folder, with its config.json" }),
  });
};

/** Converts a model or a prompt. */
export const convert = async (
  input: string,
  out: string,
  options: ConvertOptions,
  terminal: Terminal,
): Promise<void> => {
  const kind = await orThrow(checkpointKind(input));
  const to = options.to ?? formatFor(kind, out);
  if (resolve(input) === resolve(out)) throw usageError(WHERE, "IN and OUT are the same", { at: out });
  checkFormat(input, kind, to);
  const written =
    to === "hf"
      ? await toHuggingFace(input, kind, out, options, terminal)
      : to === "t5x"
        ? await toT5x(input, out, options, terminal)
        : await toPrompt(input, out, to, options);
  terminal.write(
    options.json ? `${JSON.stringify({ in: input, kind, out: written, format: to })}\n` : `${written}: ${to}\n`,
  );
};
