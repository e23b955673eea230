/**
 * @file Adapters of Hugging Face's PEFT as they lie in their folder: `adapter_config.json` and the tensors of `adapter_model.safetensors`.
 *
 * The JSON says more than a method's settings do. Keys that change nothing in use are kept and written back; keys that would change
 * results and have another value than the usual one are refused by name.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type * as t from "io-ts";
import { CheckpointError, ConfigError, type UnsupportedError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { brief, decodeAs, listing } from "../../edge/decode.js";
import { differencesOf, misfitError, type Wanted } from "../../edge/fit.js";
import { moduleName, nodePath } from "../../t5/huggingface-names.js";
import { type Kernels, kernelMatcher, kernelName } from "../kernel-names.js";
import type { Json, MethodSettings } from "../method.js";
import type { HostTree } from "../trees.js";

export const WHERE = "loadAdapter";

export type JsonObject = Readonly<Record<string, Json>>;

/** The two files of an adapter. */
export interface PeftAdapter {
  readonly config: JsonObject;
  readonly tensors: ReadonlyMap<string, HostArray>;
}

/** What an adapter says in the terms of a method. */
export interface PeftContent<S = MethodSettings, P = HostTree> {
  readonly settings: S;
  readonly tuned: P;
  /** The configuration that it was read from: what settings do not say is written back. */
  readonly config?: JsonObject | undefined;
  /** Rows of a prompt for a decoder, which PEFT stores and does not use with T5; they are left out. */
  readonly unusedRows?: number;
}

/** How PEFT stores the adapters of a method. */
export interface PeftForm<S = MethodSettings, P = HostTree> {
  /** Values of `peft_type`. */
  readonly types: readonly string[];
  /** `source` names the folder in errors. */
  fromPeft(adapter: PeftAdapter, source: string): E.Either<PeftFailure, PeftContent<S, P>>;
  toPeft(content: PeftContent<S, P>): E.Either<UnsupportedError, PeftAdapter>;
}
export type PeftFailure = CheckpointError | ConfigError;

/** What every configuration says beside its method. */
export const COMMON: JsonObject = {
  auto_mapping: null,
  base_model_name_or_path: null,
  inference_mode: true,
  peft_version: "0.21.2",
  revision: null,
  task_type: "SEQ_2_SEQ_LM",
};
const ANY_VALUE: readonly string[] = ["peft_type", ...Object.keys(COMMON)];

const TASK_TYPES: readonly Json[] = ["SEQ_2_SEQ_LM", null];

/** What a form knows of its configuration. */
interface ConfigRules<A> {
  /** The values that become settings. */
  readonly codec: t.Decoder<unknown, A>;
  /** The keys that the codec reads. */
  readonly read: readonly string[];
  /** Other keys that may have any value, since they change nothing once an adapter is trained. */
  readonly free: readonly string[];
  /** All keys with their usual values. */
  readonly usual: JsonObject;
  /** Other values of a key that change nothing, either. */
  readonly harmless?: Readonly<Record<string, readonly Json[]>>;
  /** What to do about a setting that is not supported. */
  readonly hint: string;
}

/** What to do about an adapter that changes weights in a way that is not supported. */
export const MERGE_HINT = "merge it in Python with merge_and_unload(), save that model, and load it without an adapter";

/** The value of a key, which may be called like something that every object has. */
const own = <T>(x: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(x, key) ? x[key] : undefined;

/** Whether a value switches nothing on. */
const isOff = (value: Json): boolean =>
  value === null || value === false || (typeof value === "object" && Object.keys(value).length === 0);

const refusal = (
  usual: JsonObject,
  keys: readonly string[],
  config: JsonObject,
  at: string,
  hint: string,
): ConfigError =>
  new ConfigError({
    where: WHERE,
    what: `the adapter sets what is not supported: ${keys.join(", ")}`,
    expected: listing(keys.map((key) => `${key}: ${brief(own(usual, key) ?? null)}`)),
    got: listing(keys.map((key) => `${key}: ${brief(config[key])}`)),
    at,
    hint,
  });

/** The settings in a configuration; Left names every key with a value that is not supported. */
const readConfig = <A>(
  config: JsonObject,
  source: string,
  { codec, read, free, usual, harmless = {}, hint }: ConfigRules<A>,
): E.Either<ConfigError, A> => {
  const known = new Set([...read, ...free, ...ANY_VALUE]);
  const isUsual = (key: string): boolean =>
    [own(usual, key), ...(own(harmless, key) ?? [])].some(
      (value) => JSON.stringify(config[key]) === JSON.stringify(value),
    );
  const refused = Object.keys(config).filter((key) => !known.has(key) && !isOff(config[key]) && !isUsual(key));
  const task = TASK_TYPES.includes(config.task_type ?? null) ? [] : ["task_type"];
  const keys = [...task, ...refused];
  if (keys.length > 0) return E.left(refusal({ ...COMMON, ...usual }, keys, config, source, hint));
  return decodeAs(codec, { where: WHERE, error: ConfigError }, source)(config);
};

const PREFIX = "base_model.model.";

/** PEFT's name of a tensor of the node at a slash path. */
export const tensorName = (node: string, part: string): string => `${PREFIX}${moduleName(node)}.${part}`;

/** A tensor under the name that it has in the file. */
interface NamedTensor {
  readonly name: string;
  readonly array: HostArray;
}

/** The tensors of a node, by the names of their parts. */
export type Parts<K extends string> = Readonly<Partial<Record<K, NamedTensor>>>;

/**
 * The tensors of the selected nodes, by slash path; `parts` has the end of the name of each part, where PEFT may have put the adapter's name.
 * Tensors with other names are left out.
 */
export const selectNodes = <K extends string>(
  { tensors }: PeftAdapter,
  parts: Readonly<Record<K, RegExp>>,
  selected: Kernels,
): (readonly [node: string, parts: Parts<K>])[] => {
  const nodes = new Map<string, Parts<K>>();
  for (const [name, array] of tensors) {
    for (const part of Object.keys(parts) as K[]) {
      const end = parts[part].exec(name);
      const node = end === null ? undefined : nodePath(name.slice(0, end.index).replace(PREFIX, ""));
      if (node !== undefined) nodes.set(node, { ...nodes.get(node), [part]: { name, array } } as Parts<K>);
    }
  }
  const fits = kernelMatcher(WHERE, selected);
  return [...nodes].filter(([node]) => fits(kernelName(node)));
};

/**
 * The tensors of the selected nodes where each node has one, whose name ends as `end` says.
 *
 * @see `selectNodes`
 */
export const selectTensors = (
  adapter: PeftAdapter,
  end: RegExp,
  selected: Kernels,
): (readonly [node: string, tensor: NamedTensor])[] =>
  selectNodes(adapter, { only: end }, selected).map(([node, { only }]) => [node, only as NamedTensor]);

/** Refuses tensors that are not those wanted, with all differences; `expected` says what there should be where there is nothing at all. */
export const checkTensors = (
  wanted: readonly Wanted[],
  { tensors }: PeftAdapter,
  source: string,
  expected: string,
): E.Either<CheckpointError, null> => {
  const error =
    wanted.length === 0
      ? new CheckpointError({
          where: WHERE,
          what: "the adapter holds nothing for a T5",
          expected,
          got: tensors.size === 0 ? "no tensors" : brief([...tensors.keys()]),
          at: source,
          hint: "fetch the adapter again, or name the one that belongs to this model",
        })
      : misfitError(WHERE, source, wanted.length, differencesOf(wanted, tensors), {
          hint: "was it saved by another version?",
        });
  return error === undefined ? E.right(null) : E.left(error);
};

/** A configuration as PEFT writes it: keys in alphabetical order. */
export const sortedConfig = (...parts: readonly (JsonObject | undefined)[]): JsonObject =>
  Object.fromEntries(Object.entries(Object.assign({}, ...parts) as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * A form whose configuration is read by `rules`.
 *
 * @param contentOf  what the decoded configuration and the tensors say
 */
export const peftForm = <A, S, P>(
  types: readonly string[],
  rules: ConfigRules<A>,
  contentOf: (config: A, adapter: PeftAdapter, source: string) => E.Either<PeftFailure, PeftContent<S, P>>,
  toPeft: PeftForm<S, P>["toPeft"],
): PeftForm<S, P> => ({
  types,
  fromPeft: (adapter, source) =>
    pipe(
      readConfig(adapter.config, source, rules),
      E.chainW((config) => contentOf(config, adapter, source)),
    ),
  toPeft,
});
