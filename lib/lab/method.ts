/** @file The method of a recipe, and what people call it. */

import { ConfigError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { counted } from "../edge/counted.js";
import { namedBy, orThrow } from "../edge/either.js";
import { isRun } from "../io/adapter-folder.js";
import { loadAdapterTE } from "../io/adapters.js";
import { loadPromptTE } from "../io/prompts.js";
import {
  compose,
  full,
  ia3,
  lora,
  type Method,
  type MptTree,
  mpt,
  multitask,
  norms,
  perLayer,
  prefix,
  prompt,
  pTuning,
  residual,
  weights,
} from "../methods/index.js";
import type { MptSource } from "../methods/mpt.js";
import type { PromptInit } from "../methods/prompt.js";
import * as np from "../np/index.js";
import { classLabels, fromArray, fromText, randomUniform, sampledVocabulary } from "../prompt/index.js";
import * as random from "../random/index.js";
import { nodeStore } from "../store/node.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import {
  type MethodRecipe,
  type MptRecipe,
  type MultitaskRecipe,
  type PartRecipe,
  type PrefixRecipe,
  type PromptRecipe,
  type PTuningRecipe,
  partsOf,
  type ResidualRecipe,
} from "./method-settings.js";
import { loadRun } from "./stored-run.js";

/** What names in the settings of a method refer to. */
export interface MethodContext {
  readonly tokenizer: Tokenizer;
  /** The labels of all tasks that are trained on. */
  readonly labels: readonly string[];
  /** How many tasks are trained on. */
  readonly tasks: number;
}

/** The key that the first values of a run are drawn with. */
export const startKey = (seed: number): Tensor => random.foldIn(random.key(seed), 1);

/** Where a prompt starts. */
export const initOf = async (
  { init }: Pick<PromptRecipe, "init">,
  { tokenizer, labels }: Pick<MethodContext, "tokenizer" | "labels">,
): Promise<PromptInit> => {
  if (init.name === "file") {
    const stored = await orThrow(namedBy("--init-file <file>", loadPromptTE(init.file)));
    return (_, table, length) => fromArray(stored.prompt, length, table.shape[1]);
  }
  if (init.name === "random-uniform") return (key, table, length) => randomUniform(key, length, table.shape[1]);
  if (init.name === "text") {
    const ids = [...tokenizer.encode(init.text), tokenizer.eosId];
    return (_, table, length) => fromText(table, ids, length);
  }
  const { population } = init;
  if (init.name === "sampled-vocabulary") {
    return (key, table, length) => sampledVocabulary(key, table, length, { population });
  }
  const encode = (text: string): readonly number[] => tokenizer.encode(text);
  return (key, table, length) => classLabels(key, table, encode, labels, length, { population });
};

const promptOf = async (part: PromptRecipe, context: MethodContext): Promise<Method> => {
  const { length, position, sees } = part;
  return prompt({ length, position, init: await initOf(part, context), ...(sees !== "all" && { sees }) }) as Method;
};

const pTuningOf = ({ length, encoder: { name, hidden, ...more } }: PTuningRecipe): Method =>
  pTuning({ length, encoder: name, ...(hidden > 0 && { hidden }), ...more }) as Method;

const prefixOf = ({ length, attentions, projection }: PrefixRecipe): Method =>
  prefix({ length, attentions, ...(projection > 0 && { projection }) }) as Method;

const residualOf = async ({ name: _, ...part }: ResidualRecipe, context: MethodContext): Promise<Method> =>
  residual({ ...part, init: await initOf(part, context) }) as Method;

const multitaskOf = ({ length, kind: { name: kind, ...own } }: MultitaskRecipe, { tasks }: MethodContext): Method => {
  const given = Object.entries(own).filter(([, value]) => value > 0);
  return multitask({ kind, tasks, length, ...Object.fromEntries(given) }) as Method;
};

/** The trained tree that a path names. @throws {ConfigError} for one of another method */
const mptSource = async (path: string): Promise<object> => {
  const { settings, tuned } = await orThrow(namedBy("--source <path>", loadAdapterTE(path)));
  if (settings.name === "mpt") return tuned;
  const [what, hint] = [
    "the source was not trained by MPT",
    "a run of one task alone keeps a plain prompt: --init-file FILE",
  ];
  throw new ConfigError({ where: "--source <path>", what, expected: "mpt", got: settings.name, at: path, hint });
};

/** What an MPT takes of the factors of its source. @throws {ConfigError} for the name of a task that the source does not have */
const factorsOf = async ({ source, factors }: MptRecipe): Promise<MptSource["factors"]> => {
  if (typeof factors === "number") return { task: factors };
  if (factors === "average" || factors === "fresh") return factors;
  const tasks = isRun(source) ? (await loadRun(nodeStore(source))).recipe.train.map(({ task }) => task) : [];
  const task = tasks.indexOf(factors);
  if (task >= 0) return { task };
  const expected = `average, fresh, ${tasks.length === 0 ? "or the number of a task" : `or one of ${tasks.join(", ")}`}`;
  const what =
    tasks.length === 0 ? "the source is not a run, whose tasks have names" : "the source has no factors of this task";
  throw new ConfigError({ where: "method.factors", what, expected, got: factors, at: source });
};

const mptOf = async (part: MptRecipe, context: MethodContext): Promise<Method> => {
  const { length, rank, source } = part;
  const options = { length, rank, tasks: context.tasks };
  if (source === "") return mpt({ ...options, init: await initOf(part, context) }) as Method;
  const host = await mptSource(source);
  const factors = await factorsOf(part);
  return {
    ...(mpt(options) as Method),
    init: (key, config, frozen) => {
      const tuned = np.devicePut(host) as unknown as MptTree;
      return mpt({ ...options, source: { tuned, factors } }).init(key, config, frozen);
    },
  };
};

const methodOfPart = async (part: PartRecipe, context: MethodContext): Promise<Method> => {
  if (part.name === "prompt") return promptOf(part, context);
  if (part.name === "p-tuning") return pTuningOf(part);
  if (part.name === "residual") return residualOf(part, context);
  if (part.name === "prefix") return prefixOf(part);
  if (part.name === "multitask") return multitaskOf(part, context);
  if (part.name === "mpt") return mptOf(part, context);
  if (part.name === "per-layer") return perLayer({ length: part.length, combine: part.combine }) as Method;
  if (part.name === "full") return full() as Method;
  if (part.name === "norms") return norms() as Method;
  if (part.name === "weights") return weights(part.where) as Method;
  const { name, ...options } = part;
  return (name === "lora" ? lora(options as PartRecipe & { name: "lora" }) : ia3(options as object)) as Method;
};

/**
 * The method of a recipe; several of them are composed by their names.
 *
 * @throws {ArgumentError} for options that the method does not take, {CheckpointError} for a stored prompt that cannot be read
 */
export const methodOfRecipe = async (method: MethodRecipe, context: MethodContext): Promise<Method> => {
  if (method.name !== "compose") return methodOfPart(method, context);
  const parts: (readonly [string, Method])[] = [];
  for (const [key, part] of partsOf(method)) parts.push([key, await methodOfPart(part, context)]);
  return compose(Object.fromEntries(parts)) as Method;
};

const describePart = (part: PartRecipe): string => {
  if (part.name === "prompt") return `${counted(part.length, "soft token")}`;
  if (part.name === "p-tuning")
    return `${counted(part.length, "soft token")} made by an ${part.encoder.name.toUpperCase()}`;
  if (part.name === "residual") return `${counted(part.length, "soft token")} with a residual network`;
  if (part.name === "prefix") return `prefixes of ${counted(part.length, "vector")}`;
  if (part.name === "per-layer") return `${counted(part.length, "soft token")} of each layer`;
  if (part.name === "multitask")
    return `${counted(part.length, "soft token")} for all tasks, and a part of each (${part.kind.name})`;
  if (part.name === "mpt")
    return `${counted(part.length, "soft token")} for all tasks, times a matrix of rank ${part.rank} of each`;
  if (part.name === "lora") return `${part.dora ? "DoRA" : "LoRA"} of rank ${part.rank}`;
  if (part.name === "ia3") return "IA3 scales";
  if (part.name === "full") return "all weights";
  return part.name === "norms" ? "the scales of the norms" : `the weights ${part.where.join(", ")}`;
};

/** What a method trains, such as `20 soft tokens`. */
export const describeMethod = (method: MethodRecipe): string =>
  partsOf(method)
    .map(([, part]) => describePart(part))
    .join(" and ");
