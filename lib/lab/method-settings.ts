/** @file The settings of methods in recipes: what a method takes, and where a prompt starts. */
import * as t from "io-ts";
import { closed, such } from "../edge/decode.js";
import { COMBINES } from "../methods/per-layer.js";
import { ATTENTIONS } from "../methods/prefix.js";
import { VISIBILITIES } from "../methods/prompt.js";
import {
  either,
  flagged,
  nameIn,
  names,
  naturalNumber,
  plain,
  positive,
  positiveInteger,
  rate,
  split,
  text,
  whole,
} from "./codecs.js";
import { choice, group, named, setting, type ValueOf } from "./schema.js";

const population = setting(positiveInteger, 5000, "how many of the most frequent pieces are sampled", {
  flag: "--population <n>",
});

const INIT = choice(
  {
    "class-label": group({ population }),
    "sampled-vocabulary": group({ population }),
    "random-uniform": group({}),
    text: group({
      text: setting(text, "", "text whose pieces the vectors start from, repeated where it is short", {
        parse: String,
      }),
    }),
    file: group({
      file: setting(text, "", "prompt to start from (.npy, .safetensors or a PEFT adapter)", {
        flag: "--init-file <file>",
        parse: String,
      }),
    }),
  },
  "class-label",
  "where the prompt starts; without labels the rows of class-label are sampled from the vocabulary",
  { flag: "--init <name>" },
);

const POSITIONS = ["before", "after", "before-eos", "decoder"] as const;

type Kernels = readonly string[] | "all-linear" | { readonly pattern: string };

/** The forms that methods have besides a list of names come first: a list takes every text. */
const kernels = whole<Kernels>(
  t.union([t.literal("all-linear"), closed({ pattern: t.string }, "pattern"), names]),
  "names of kernels, all-linear, or { pattern }",
);

const patterns = setting<Readonly<Record<string, number>>>(
  whole(t.record(t.string, positive), "numbers above 0 by pattern"),
  {},
  "other values for kernels whose Hugging Face name ends with a key",
);

/** The setting of how many vectors a method puts in front of the text. */
const lengthOf = (fallback: number) =>
  setting(positiveInteger, fallback, "soft tokens", { flag: "--prompt-length <n>" });

const rankOf = (fallback: number) =>
  setting(positiveInteger, fallback, "inner size of low-rank terms", { flag: "--rank <n>" });

const features = setting(
  naturalNumber,
  0,
  "of each vector, the features that are the task's (features), or those that are projected (project); 0: a quarter",
);

const factors = such(text, (name) => name !== "", "average, fresh, the name of a task");

const hidden = setting(naturalNumber, 0, "inner size of the network that makes the prompt; 0: the model's width");

/** Some of the attentions, each once; a text is split at commas. */
const attentions = plain(
  whole(
    such(
      t.readonlyArray(nameIn(ATTENTIONS)),
      (list) => list.length > 0 && new Set(list).size === list.length,
      "attentions",
    ),
    `a list of ${ATTENTIONS.join(", ")}`,
  ),
  (raw) => (typeof raw === "string" ? split(raw) : raw),
);

const PARTS = {
  prompt: group({
    length: lengthOf(20),
    init: INIT,
    position: setting(nameIn(POSITIONS), "before", `where the prompt stands: ${POSITIONS.join(", ")}`),
    sees: setting<"all" | readonly (typeof VISIBILITIES)[number][]>(
      whole(
        t.union([t.literal("all"), t.readonlyArray(nameIn(VISIBILITIES))]),
        `all, or a list of ${VISIBILITIES.join(", ")}`,
      ),
      "all",
      "what the prompt sees",
    ),
  }),
  "p-tuning": group({
    length: lengthOf(20),
    encoder: choice(
      {
        mlp: group({ hidden }),
        lstm: group({ hidden, layers: setting(positiveInteger, 2, "layers of the LSTM") }),
      },
      "mlp",
      "the network that makes the prompt",
      { flag: "--prompt-encoder <name>" },
    ),
  }),
  residual: group({
    length: lengthOf(10),
    bottleneck: setting(positiveInteger, 800, "inner size of the network beside the prompt", {
      flag: "--bottleneck <n>",
    }),
    shared: setting(flagged, true, "one network for all soft tokens; otherwise each has its own"),
    layerNorm: setting(flagged, true, "whether the network ends in a layer norm"),
    init: INIT,
  }),
  prefix: group({
    length: lengthOf(20),
    attentions: setting<readonly (typeof ATTENTIONS)[number][]>(
      attentions,
      ATTENTIONS,
      "attentions that have keys and values of soft tokens",
      { flag: "--attentions <names>", parse: String },
    ),
    projection: setting(naturalNumber, 0, "inner size of a network that makes them in training; 0: none"),
  }),
  "per-layer": group({
    length: lengthOf(10),
    combine: setting(nameIn(COMBINES), "replace", "replace the hidden states of a layer, or add to them"),
  }),
  lora: group({
    rank: rankOf(8),
    alpha: setting(positive, 8, "LoRA's terms are scaled by this over the rank", { flag: "--alpha <x>" }),
    kernels: setting<Kernels, Kernels | string>(
      kernels,
      ["query", "value"],
      "kernels, by our names or Hugging Face's, or all-linear",
      {
        flag: "--kernels <names>",
        parse: String,
      },
    ),
    rankPattern: patterns,
    alphaPattern: patterns,
    dropout: setting(rate, 0, "share of the input that LoRA's terms drop in training"),
    rankStabilized: setting(flagged, false, "scale LoRA's terms by alpha over the root of the rank"),
    dora: setting(flagged, false, "train the lengths of LoRA's columns, too", { flag: "--dora" }),
  }),
  ia3: group({
    kernels: setting(names, ["key", "value", "wo"], "kernels that IA3 scales"),
    feedForward: setting(names, ["wo"], "those of them that are scaled where they are entered"),
  }),
  full: group({}),
  norms: group({}),
  weights: group({
    where: setting(names, ["**"], "paths of the weights that are trained, such as decoder/**,**/scale", {
      flag: "--where <globs>",
      parse: String,
    }),
  }),
  multitask: group({
    length: lengthOf(20),
    kind: choice(
      {
        add: group({}),
        concat: group({
          taskLength: setting(naturalNumber, 0, "soft tokens of each task, behind the shared ones; 0: as many"),
        }),
        features: group({ features }),
        project: group({ features }),
      },
      "add",
      "how the part of a task meets the shared one",
      { flag: "--kind <name>" },
    ),
  }),
  mpt: group({
    length: lengthOf(20),
    rank: rankOf(1),
    init: INIT,
    source: setting(text, "", "MPT trained on other tasks to start from, in place of init: a run, or an adapter", {
      flag: "--source <path>",
      parse: String,
    }),
    factors: setting<string | number>(
      either(factors, naturalNumber),
      "average",
      "where each task's matrix starts, with a source: the average of the source's, that of one of its tasks by name, or by number from 0, or fresh",
    ),
  }),
};

/** The names of methods. */
export const METHOD_NAMES = Object.keys(PARTS) as readonly (keyof typeof PARTS)[];

const part = choice(PARTS, "prompt", "a method");

/** `prompt+lora` stands for both, composed under their names. */
const composed = (value: unknown): unknown => {
  if (typeof value !== "string" || !value.includes("+")) return value;
  const parts = value.split("+");
  if (new Set(parts).size < parts.length) return value;
  return { name: "compose", methods: Object.fromEntries(parts.map((name) => [name, { name }])) };
};

export const METHOD = choice(
  { ...PARTS, compose: group({ methods: named(part) }) },
  "prompt",
  `what is trained: ${METHOD_NAMES.join(", ")}, or several of them as in prompt+lora`,
  { flag: "--method <name>", expand: composed },
);

/** A method with its settings. */
export type MethodRecipe = ValueOf<typeof METHOD>;
export type PartRecipe = ValueOf<typeof part>;
type Named<N extends PartRecipe["name"]> = Extract<PartRecipe, { readonly name: N }>;
export type PromptRecipe = Named<"prompt">;
export type PTuningRecipe = Named<"p-tuning">;
export type ResidualRecipe = Named<"residual">;
export type PrefixRecipe = Named<"prefix">;
export type MultitaskRecipe = Named<"multitask">;
export type MptRecipe = Named<"mpt">;

/** The methods of a recipe by the names of their trees; of one method alone its own name. */
export const partsOf = (method: MethodRecipe): readonly (readonly [key: string, part: PartRecipe])[] =>
  method.name === "compose" ? Object.entries(method.methods) : [[method.name, method]];

const BY_TASK: readonly string[] = ["multitask", "mpt"];

const OF_WEIGHTS: readonly string[] = ["lora", "ia3", "full", "norms", "weights"];

/** Whether a method changes weights alone, and puts nothing into a row. */
export const isOfWeights = (method: MethodRecipe): boolean =>
  partsOf(method).every(([, { name }]) => OF_WEIGHTS.includes(name));

/** Whether a method has a part for each task that is trained on. */
export const isByTask = (method: MethodRecipe): boolean =>
  partsOf(method).some(([, { name }]) => BY_TASK.includes(name));

/** The names of a method's parts, joined as the command line writes them. */
export const methodLabel = (method: MethodRecipe): string =>
  partsOf(method)
    .map(([, { name }]) => name)
    .join("+");

/** Where the part of a name stands among the settings, such as `method` or `method.methods.lora`. */
export const pathOfPart = (method: MethodRecipe, name: string): readonly string[] | undefined => {
  if (method.name === name) return ["method"];
  const found = method.name === "compose" ? partsOf(method).find(([, part]) => part.name === name) : undefined;
  return found && ["method", "methods", found[0]];
};
