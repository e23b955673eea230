/** @file `fluxion convert`: models and adapters from one format to another. */

import { basename, dirname, join, resolve } from "node:path";
import { CheckpointError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { namedBy, orThrow } from "../edge/either.js";
import { loadAdapter } from "../io/adapters.js";
import { type CheckpointKind, checkpointKindTE } from "../io/checkpoint-kind.js";
import { type LoadedT5, loadT5 } from "../io/load-t5.js";
import { PEFT_FILES } from "../io/peft.js";
import { formatByName } from "../io/prompts.js";
import { saveAdapter } from "../io/save-adapter.js";
import { stepFolder } from "../io/t5x/checkpoint.js";
import { saveT5x } from "../io/t5x/save.js";
import { ensureDir } from "../store/files.js";
import { withProgress } from "./bar.js";
import { checkFree } from "./check-free.js";
import { ADAPTER_FORMATS, type AdapterFormat, type Format, MODEL_FORMATS, type ModelFormat } from "./formats.js";
import { dtypeFor, type HuggingFaceFlags, huggingFaceWriter, saidOf } from "./huggingface-out.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

const WHERE = "fluxion convert";
const caller: Caller<CheckpointError> = { where: WHERE, error: CheckpointError };

export interface ConvertOptions extends HuggingFaceFlags {
  readonly to?: Format;
  readonly baseModel?: string;
  readonly json?: boolean;
}

const isModelFormat = (format: Format): format is ModelFormat => (MODEL_FORMATS as readonly string[]).includes(format);

/** Options that the result has no use for. */
const refuseOptions = (options: ConvertOptions, names: readonly (keyof ConvertOptions)[], for_: string): void => {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const flag = `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw usageError(WHERE, `${flag} is not for ${for_}`);
};

const readModel = (input: string, terminal: Terminal): Promise<LoadedT5> =>
  withProgress(terminal, "reading", (onProgress) => loadT5(input, { onProgress }));

const toHuggingFace = async (
  input: string,
  kind: CheckpointKind,
  out: string,
  options: ConvertOptions,
  terminal: Terminal,
): Promise<string> => {
  refuseOptions(options, ["baseModel"], "models");
  const dtype = await dtypeFor(input, kind, options.dtype, terminal);
  const write = await huggingFaceWriter(WHERE, out, { input, kind }, { ...options, ...(dtype && { dtype }) });
  const model = await readModel(input, terminal);
  const { config, params, prompts } = model;
  const dropped = Object.keys(prompts);
  if (dropped.length > 0)
    terminal.note(`left out, since a Hugging Face folder has no place for it: ${dropped.join(", ")}`);
  await write({ config, params, ...saidOf(model) }, terminal);
  return out;
};

const toT5x = async (input: string, out: string, options: ConvertOptions, terminal: Terminal): Promise<string> => {
  refuseOptions(options, ["baseModel", "dtype", "maxShardBytes"], "T5X checkpoints, which are written in float32");
  const { config, params, prompts, step = 0 } = await readModel(input, terminal);
  checkFree(WHERE, stepFolder(out, step), options.force);
  return withProgress(terminal, "writing", (onProgress) =>
    saveT5x(out, { config, params, prompts, step }, { onProgress, replace: options.force }),
  );
};

const toAdapter = async (
  input: string,
  out: string,
  format: AdapterFormat,
  options: ConvertOptions,
): Promise<string> => {
  refuseOptions(options, ["dtype", "maxShardBytes"], "adapters, which are written in float32");
  if (format === "npy") refuseOptions(options, ["baseModel"], "npy files, which have no place for it");
  const files = format === "peft" ? PEFT_FILES.map((name) => join(out, name)) : [out];
  for (const path of files) checkFree(WHERE, path, options.force);
  const adapter = await loadAdapter(input);
  if (format !== "peft") await orThrow(ensureDir(dirname(out), caller));
  const { baseModel } = options;
  await saveAdapter(out, adapter, { format, ...(baseModel !== undefined && { baseModel }) });
  return out;
};

/** Where no format is asked for: what the name says, else of models the other one. */
const formatFor = (kind: CheckpointKind, out: string): Format => {
  const named = formatByName(out);
  if (named !== "peft" || !MODELS.includes(kind)) return named;
  return kind === "huggingface" ? "t5x" : "hf";
};

const MODELS: readonly CheckpointKind[] = ["huggingface", "t5x", "meshtf"];

/** Refuses a model for an adapter, and the other way round; a T5X checkpoint may be either. */
const checkFormat = (input: string, kind: CheckpointKind, to: Format): void => {
  const isModel = MODELS.includes(kind);
  if (isModelFormat(to) === isModel || kind === "t5x") return;
  throw usageError(WHERE, `${isModel ? "a model" : "an adapter"} cannot be written as ${to}`, {
    expected: isModel ? MODEL_FORMATS.join(" or ") : ADAPTER_FORMATS.join(", "),
    got: `${kind} at ${basename(input)}`,
    ...(!isModel && {
      hint: `a model with the adapter in it: fluxion merge --adapter ${input}${kind === "safetensors" ? "; of a model give the folder, with its config.json" : ""}`,
    }),
  });
};

/** Converts a model or an adapter. */
export const convert = async (
  input: string,
  out: string,
  options: ConvertOptions,
  terminal: Terminal,
): Promise<void> => {
  const kind = await orThrow(namedBy(WHERE, checkpointKindTE(input)));
  const to = options.to ?? formatFor(kind, out);
  if (resolve(input) === resolve(out)) throw usageError(WHERE, "IN and OUT are the same", { at: out });
  checkFormat(input, kind, to);
  const written =
    to === "hf"
      ? await toHuggingFace(input, kind, out, options, terminal)
      : to === "t5x"
        ? await toT5x(input, out, options, terminal)
        : await toAdapter(input, out, to, options);
  terminal.write(
    options.json ? `${JSON.stringify({ in: input, kind, out: written, format: to })}\n` : `${written}: ${to}\n`,
  );
};
