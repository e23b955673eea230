/** @file `fluxion inspect`: what a checkpoint or an adapter is. */

import { statSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { counted } from "../edge/counted.js";
import { namedBy, orThrow } from "../edge/either.js";
import { printable } from "../edge/printable.js";
import { adapterNames, isRun, modelsOfRun, pathOfTask, withoutAdapter } from "../io/adapter-folder.js";
import { checkpointKindTE } from "../io/checkpoint-kind.js";
import { PROMPT_NAMES } from "../io/prompts.js";
import { isTuned } from "../io/tuned.js";
import { isByTask } from "../lab/method-settings.js";
import { runsIn } from "../lab/runs-in.js";
import { loadRun } from "../lab/stored-run.js";
import { nodeStore } from "../store/node.js";
import type { Store } from "../store/store.js";
import { isScaled, type T5Config } from "../t5/config.js";
import { adapterOfTask } from "./adapter.js";
import { type Contents, contentsOf, totalElements } from "./contents.js";
import { type InspectOptions, inspectAdapter, inspectFolder, plainTable } from "./inspect-adapter.js";
import { inspectRun } from "./inspect-run.js";
import { inspectSeveral } from "./inspect-several.js";
import { usageError } from "./parse.js";
import { printBytes, type Terminal } from "./terminal.js";

/** Describes scaling where it does not follow from tying. */
const scaling = (config: T5Config): string =>
  isScaled(config) === config.tiedEmbeddings ? "" : isScaled(config) ? ", scaled" : ", unscaled";

const describe = ({ kind, config, step }: Contents, path: string): string[] => {
  const form =
    config &&
    `${config.gated ? "gated " : ""}${config.activation}, ${config.tiedEmbeddings ? "tied" : "separate"}${scaling(config)} output layer`;
  return [
    `${path}: ${kind}${step === undefined ? "" : `, step ${step}`}`,
    ...(config === undefined
      ? []
      : [
          `T5 with ${config.numLayers} + ${config.numDecoderLayers} layers, width ${config.dModel}, ${config.numHeads} heads of ${config.dKv}, feed-forward ${config.dFf} (${form}), vocabulary ${config.vocabSize}`,
        ]),
  ];
};

const inspectTensors = (path: string, contents: Contents, options: InspectOptions, terminal: Terminal): void => {
  const { tensors, metadata, ...rest } = contents;
  const parameters = totalElements(tensors);
  const bytes = tensors.reduce((n, tensor) => n + tensor.bytes, 0);
  if (options.json) {
    terminal.write(
      `${JSON.stringify({ path, ...rest, metadata, tensors, total: { tensors: tensors.length, parameters, bytes } })}\n`,
    );
    return;
  }
  const table = plainTable(["parameter", "shape", "stored as", "bytes"], [3]);
  for (const { name, shape, dtype, bytes } of tensors)
    table.push([printable(name), `[${shape}]`, dtype, bytes.toLocaleString("en")]);
  table.push([counted(tensors.length, "tensor"), parameters.toLocaleString("en"), "", bytes.toLocaleString("en")]);
  const kept = Object.entries(metadata).map(([key, value]) => printable(`${key}: ${value}`));
  terminal.write(`${[...describe(contents, path), ...kept, `${table}`].join("\n")}\n`);
  terminal.note(`${counted(parameters, "number")} in ${printBytes(bytes)}`);
};

/** Tells whether a safetensors file is an adapter: a trained tree, or a prompt without settings. */
const isAdapter = ({ kind, tensors, metadata }: Contents): boolean =>
  kind === "safetensors" && (isTuned(metadata) || tensors.every(({ name }) => PROMPT_NAMES.includes(name)));

/** The prompts of a run: its own, or those of its tasks where each has one. */
const promptsOf = async (store: Store): Promise<readonly string[]> => {
  const { method, train } = (await loadRun(store)).recipe;
  const [path, apart] = [store.name(), method.name !== "compose" && isByTask(method)];
  return apart ? train.map(({ task }) => pathOfTask(path, task)) : [path];
};

/** The prompts of runs below a folder, by their paths, all or those of a task; the path itself where it is not that of a run. */
const promptsAt = async (path: string, task: string | undefined): Promise<readonly string[]> => {
  if (!isRun(path)) return [task === undefined ? path : adapterOfTask(path, task)];
  const stores = await runsIn(nodeStore(path));
  if (stores.length === 0 || modelsOfRun(path).length > 0) throw withoutAdapter("fluxion inspect", path);
  if (task !== undefined) return stores.map((store) => adapterOfTask(store.name(), task));
  return (await Promise.all(stores.map(promptsOf))).flat();
};

const isPromptRun = async (path: string): Promise<boolean> =>
  isRun(path) && (await loadRun(nodeStore(path))).recipe.method.name === "prompt";

/**
 * Shows the tensors of a checkpoint, what an adapter is, or where the prompt of a run went; of several paths, of a folder of several runs, or of a run
 * with a prompt for each task, how alike their prompts are; of a folder of adapters each of them.
 */
export const inspect = async (paths: readonly string[], options: InspectOptions, terminal: Terminal): Promise<void> => {
  const { task } = options;
  const all = (await Promise.all(paths.map((path) => promptsAt(path, task)))).flat();
  if (all.length !== 1) return inspectSeveral(all, options, terminal);
  const [path] = all;
  return (await isPromptRun(path))
    ? inspectRun(nodeStore(path), options, terminal)
    : inspectOne(path, options, terminal);
};

/** The adapters in a folder, by their paths; runs that left whole models have none. */
const adaptersIn = async (path: string): Promise<readonly string[]> => {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  const names = adapterNames(path).filter((name) => modelsOfRun(join(path, name)).length === 0);
  const kinds = names.map(async (name) => {
    const kind = await checkpointKindTE(join(path, name))();
    return E.isRight(kind) && ["adapter", "npy", "safetensors"].includes(kind.right) ? [join(path, name)] : [];
  });
  return (await Promise.all(kinds)).flat();
};

const inspectOne = async (path: string, options: InspectOptions, terminal: Terminal): Promise<void> => {
  const found = await namedBy("fluxion inspect", checkpointKindTE(path))();
  const several = E.isLeft(found) ? await adaptersIn(path) : [];
  if (several.length > 0) return inspectFolder(path, several, options, terminal);
  const kind = orThrow(found);
  if (kind === "adapter" || kind === "npy") return inspectAdapter(path, options, terminal);
  const contents = await contentsOf(path, kind);
  if (isAdapter(contents)) return inspectAdapter(path, options, terminal);
  if (options.model !== undefined) {
    throw usageError("fluxion inspect", "--model is for prompts", { got: `${kind} at ${path}` });
  }
  inspectTensors(path, contents, options, terminal);
};
