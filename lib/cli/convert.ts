/** @file `fluxion convert`: models and prompts from one format to another. */

import { existsSync } from "node:fs";
import { copyFile, readdir, rename, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { type CheckpointKind, checkpointKind } from "../io/checkpoint-kind.js";
import { type LoadedT5, loadT5 } from "../io/load-t5.js";
import { loadPrompt, savePrompt } from "../io/prompts.js";
import type { FloatStorage } from "../io/safetensors-write.js";
import { saveHuggingFace } from "../io/save-huggingface.js";
import { openT5x, stepFolder } from "../io/t5x/checkpoint.js";
import { saveT5x } from "../io/t5x/save.js";
import { type Format, MODEL_FORMATS, type ModelFormat, PROMPT_FORMATS, type PromptFormat } from "./formats.js";
import { orThrow } from "./main.js";
import { usageError } from "./parse.js";
import { type Terminal, withProgress } from "./terminal.js";

const WHERE = "fluxion convert";

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

/** Files of a Hugging Face folder beside the weights: the vocabulary, and how to decode. */
const COMPANIONS =
  /^(spiece\.model|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|generation_config\.json)$/;

const copyCompanions = async (from: string, to: string): Promise<void> => {
  for (const name of await readdir(from)) if (COMPANIONS.test(name)) await copyFile(join(from, name), join(to, name));
};

const WEIGHTS = ["config.json", "model.safetensors", "model.safetensors.index.json"];

const toHuggingFace = async (input: string, out: string, model: LoadedT5, options: ConvertOptions): Promise<string> => {
  const { config, params, dropoutRate } = model;
  const saved = { config, params, ...(dropoutRate !== undefined && { dropoutRate }) };
  const { dtype, maxShardBytes } = options;
  await orThrow(saveHuggingFace(out, saved, { ...(dtype && { dtype }), ...(maxShardBytes && { maxShardBytes }) }));
  if (model.kind === "huggingface") await copyCompanions(input, out);
  return out;
};

/** Writes the checkpoint of its step; one that is there makes place, and comes back if that fails. */
const toT5x = async (out: string, { params, prompts, step = 0 }: LoadedT5, terminal: Terminal): Promise<string> => {
  const folder = stepFolder(out, step);
  const aside = `${folder}.replaced-${process.pid}`;
  const replaced = existsSync(folder);
  if (replaced) await rename(folder, aside);
  try {
    const saved = await withProgress(terminal, "writing", (onProgress) =>
      orThrow(saveT5x(out, { params, prompts, step }, { onProgress })),
    );
    await rm(aside, { recursive: true, force: true });
    return saved;
  } catch (error) {
    if (replaced) await rename(aside, folder);
    throw error;
  }
};

const convertModel = async (
  input: string,
  out: string,
  to: ModelFormat,
  options: ConvertOptions,
  terminal: Terminal,
): Promise<string> => {
  refuseOptions(
    options,
    to === "hf" ? ["baseModel"] : ["baseModel", "dtype", "maxShardBytes"],
    to === "hf" ? "models" : "T5X checkpoints, which are written in float32",
  );
  if (to === "hf") for (const name of WEIGHTS) checkFree(join(out, name), options.force);
  const model = await withProgress(terminal, "reading", (onProgress) => orThrow(loadT5(input, { onProgress })));
  if (to === "t5x") {
    checkFree(stepFolder(out, model.step ?? 0), options.force);
    return toT5x(out, model, terminal);
  }
  const dropped = Object.keys(model.prompts);
  if (dropped.length > 0)
    terminal.note(`left out, since a Hugging Face folder has no place for it: ${dropped.join(", ")}`);
  return toHuggingFace(input, out, model, options);
};

/** The prompt of a file, or the one that stands among the parameters of a T5X checkpoint. */
const promptOf = async (
  input: string,
  kind: CheckpointKind,
): Promise<{ readonly prompt: HostArray; readonly baseModel?: string | undefined }> => {
  if (kind !== "t5x") return orThrow(loadPrompt(input));
  const source = await orThrow(openT5x(input));
  const names = [...source.entries.keys()].filter((name) => name.endsWith("/prompt"));
  const [name] = names;
  if (name !== undefined && names.length === 1) return { prompt: await orThrow(source.read(name)) };
  throw new CheckpointError({
    where: WHERE,
    what: "there is not one prompt in this checkpoint",
    expected: "one parameter named prompt",
    got: names.length === 0 ? "none" : names.join(", "),
    at: input,
  });
};

const convertPrompt = async (
  input: string,
  kind: CheckpointKind,
  out: string,
  format: PromptFormat,
  options: ConvertOptions,
): Promise<string> => {
  refuseOptions(options, ["dtype", "maxShardBytes"], "prompts, which are written in float32");
  if (format !== "peft") refuseOptions(options, ["baseModel"], `${format} files, which have no place for it`);
  checkFree(out, options.force);
  const stored = await promptOf(input, kind);
  const baseModel = options.baseModel ?? stored.baseModel;
  await orThrow(savePrompt(out, stored.prompt, { format, ...(baseModel !== undefined && { baseModel }) }));
  return out;
};

const formatByName = (out: string): PromptFormat =>
  out.endsWith(".npy") ? "npy" : out.endsWith(".safetensors") ? "safetensors" : "peft";

/** Where no format is asked for: of models the other one, of prompts what the name says. */
const formatFor = (kind: CheckpointKind, out: string): Format => {
  if (kind === "huggingface") return "t5x";
  if (kind === "t5x" && /\.(npy|safetensors)$/.test(out)) return formatByName(out);
  return kind === "t5x" || kind === "meshtf" ? "hf" : formatByName(out);
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
  const isModel = kind === "huggingface" || kind === "t5x" || kind === "meshtf";
  if (isModelFormat(to) !== isModel && !(kind === "t5x" && !isModelFormat(to))) {
    const expected = isModel ? MODEL_FORMATS.join(" or ") : PROMPT_FORMATS.join(", ");
    throw usageError(WHERE, `a ${isModel ? "model" : "prompt"} cannot be written as ${to}`, {
      expected,
      got: `${kind} at ${basename(input)}`,
    });
  }
  const written = isModelFormat(to)
    ? await convertModel(input, out, to, options, terminal)
    : await convertPrompt(input, kind, out, to, options);
  terminal.write(
    options.json ? `${JSON.stringify({ in: input, kind, out: written, format: to })}\n` : `${written}: ${to}\n`,
  );
};
