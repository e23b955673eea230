/**
 * @file A T5 from any file that gives its parameters under T5X's names: the configuration is read off the shapes, then every
 * name, shape and dtype is checked, then the parameters are read one by one.
 *
 * Such files hold no configuration. What shapes cannot tell (the epsilon, the farthest distance, the activation) is T5's own,
 * or the caller's choice; what they can tell is compared with the caller's choice.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, type KeyPath, pathsOf, unflatten } from "../core/pytree.js";
import { differencesOf, misfitError, type TensorInfo } from "../edge/fit.js";
import { dimSize, isDims, paramDims, type T5Config, type T5Dim, type T5Tree } from "../t5/config.js";
import { specialIdError } from "../t5/ids.js";
import { inUsualLayout, MAX_LAYERS } from "./flax-layouts.js";
import type { LoadOptions } from "./huggingface.js";
import type { SourceEntry, TensorSource } from "./tensor-source.js";

/** Choices for files that hold weights without a configuration. */
export interface SourceOptions extends LoadOptions {
  /** Parts of the configuration: those that shapes do not tell, or those that are to be made sure of. */
  readonly config?: Partial<T5Config>;
}

/** A T5 from such a file. */
export interface SourcedT5 {
  readonly config: T5Config;
  /** All float32. */
  readonly params: T5Tree<HostArray>;
  /** Tuned prompts that stand among the parameters, `[P, d]`, by name, such as `encoder/prompt/prompt/prompt`. */
  readonly prompts: Readonly<Record<string, HostArray>>;
  /** Steps of training; undefined when the checkpoint does not say. */
  readonly step: number | undefined;
}

const snake = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/(?<=[a-z])(?=\d)/g, "_");

/**
 * T5X's name of the parameter at a key path.
 *
 * @example t5xName(["encoder", "layers", 3, "mlp", "wi0", "kernel"]) // "encoder/layers_3/mlp/wi_0/kernel"
 */
export const t5xName = (path: KeyPath): string =>
  path
    .map((key) => (typeof key === "number" ? `_${key}` : `/${snake(key)}`))
    .join("")
    .slice(1);

/** T5's own for what shapes do not tell. */
const CONSTANTS = {
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  padId: 0,
  eosId: 1,
  decoderStartId: 0,
} as const;

/** What the caller may choose, since shapes do not tell. */
const CHOICES: ReadonlySet<string> = new Set([...Object.keys(CONSTANTS), "activation", "scaleDecoderOutputs"]);

/** Sizes under which a tree of the right form can be made before the sizes are known. */
const UNKNOWN = { vocabSize: 0, dModel: 0, dKv: 0, dFf: 0, numHeads: 0, relativeAttentionNumBuckets: 0 } as const;

const countLayers = (stack: string, names: readonly string[]): number =>
  names.reduce((most, name) => {
    const layer = new RegExp(`^${stack}/layers_(\\d+)/`).exec(name)?.[1];
    return layer === undefined ? most : Math.max(most, 1 + Number(layer));
  }, 0);

const namedDims = (config: T5Config): [string, readonly T5Dim[]][] => {
  const [dims, treedef] = flatten(paramDims(config), isDims);
  return pathsOf(treedef).map((path, i) => [t5xName(path), dims[i] as readonly T5Dim[]]);
};

/** What the names tell: layers, and what differs between T5 1.0 and 1.1. */
const formOf = (names: readonly string[]): T5Config => {
  const gated = names.some((name) => name.endsWith("/mlp/wi_0/kernel"));
  const perLayer = names.some((name) => /\/layers_\d+\/relpos_bias\//.test(name));
  return {
    ...CONSTANTS,
    ...UNKNOWN,
    numLayers: countLayers("encoder", names),
    numDecoderLayers: countLayers("decoder", names),
    gated,
    activation: gated ? "gelu" : "relu",
    ...(perLayer && { relativeAttentionPerLayer: true }),
    tiedEmbeddings: !names.includes("decoder/logits_dense/kernel"),
  };
};

/** The size of every dimension, by the first tensor that has it; the others are compared later. */
const sizesOf = (form: T5Config, entries: ReadonlyMap<string, TensorInfo>): Map<T5Dim, number> => {
  const sizes = new Map<T5Dim, number>();
  for (const [name, dims] of namedDims(form)) {
    const shape = entries.get(name)?.shape;
    if (shape?.length !== dims.length) continue;
    for (const [axis, dim] of dims.entries()) if (!sizes.has(dim)) sizes.set(dim, shape[axis] as number);
  }
  return sizes;
};

const DIMS: readonly T5Dim[] = ["vocabSize", "dModel", "inner", "dFf", "numHeads", "relativeAttentionNumBuckets"];

const notT5 = (where: string, source: TensorSource, expected: string, got: string): CheckpointError =>
  new CheckpointError({ where, what: "the tensors are not those of a T5", expected, got, at: source.path });

const configOf = (where: string, source: TensorSource): E.Either<CheckpointError, T5Config> => {
  const names = [...source.entries.keys()];
  const form = formOf(names);
  if (Math.max(form.numLayers, form.numDecoderLayers) > MAX_LAYERS) {
    return E.left(
      notT5(where, source, `at most ${MAX_LAYERS} layers`, `${form.numLayers} and ${form.numDecoderLayers}`),
    );
  }
  const sizes = sizesOf(form, source.entries);
  const unknown = DIMS.filter((dim) => !sizes.has(dim));
  if (unknown.length > 0) {
    const got = `${names.length} tensors: ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", ..." : ""}`;
    return E.left(notT5(where, source, `tensors that tell ${unknown.join(", ")}`, got));
  }
  const size = (dim: T5Dim): number => sizes.get(dim) as number;
  const dKv = size("inner") / size("numHeads");
  if (!Number.isInteger(dKv) || dKv === 0) {
    return E.left(notT5(where, source, "heads of one size", `width ${size("inner")} for ${size("numHeads")} heads`));
  }
  return E.right({
    ...form,
    vocabSize: size("vocabSize"),
    dModel: size("dModel"),
    dKv,
    dFf: size("dFf"),
    numHeads: size("numHeads"),
    relativeAttentionNumBuckets: size("relativeAttentionNumBuckets"),
  });
};

/** The configuration that names and shapes tell; the rest is T5's own. `where` is the public function to name in errors. */
export const inferConfig = (where: string, source: TensorSource): E.Either<CheckpointError, T5Config> =>
  pipe(
    inUsualLayout(where, source),
    E.chain((usual) => configOf(where, usual)),
  );

/** Where the caller's choice contradicts what the tensors tell. */
const contradictions = (inferred: T5Config, chosen: Partial<T5Config>): string[] =>
  (Object.keys(chosen) as (keyof T5Config)[]).flatMap((key) =>
    CHOICES.has(key) || chosen[key] === undefined || chosen[key] === inferred[key]
      ? []
      : [`these tensors have ${key} ${inferred[key]}; the given configuration says ${chosen[key]}`],
  );

/** Whether a name is that of a tuned prompt among the parameters. */
export const isPrompt = (name: string): boolean => name.endsWith("/prompt");

/** Reads the named tensors one by one, in the order in which they are stored. */
const readAll = (
  source: TensorSource,
  wanted: ReadonlySet<string>,
  onProgress: LoadOptions["onProgress"],
): TE.TaskEither<CheckpointError, ReadonlyMap<string, HostArray>> => {
  const names = [...source.entries.keys()].filter((name) => wanted.has(name));
  const bytes = (name: string): number => (source.entries.get(name) as SourceEntry).storedBytes;
  const total = names.reduce((n, name) => n + bytes(name), 0);
  let done = 0;
  return pipe(
    names,
    TE.traverseSeqArray((name) =>
      pipe(
        source.read(name),
        TE.map((array) => {
          done += bytes(name);
          onProgress?.({ done, total, name });
          return [name, array] as const;
        }),
      ),
    ),
    TE.map((arrays) => new Map(arrays)),
  );
};

const load = (
  where: string,
  source: TensorSource,
  { config: chosen = {}, onProgress }: SourceOptions,
): TE.TaskEither<CheckpointError, SourcedT5> => {
  const inferred = configOf(where, source);
  if (E.isLeft(inferred)) return TE.left(inferred.left);
  const config: T5Config = { ...inferred.right, ...chosen };
  const special = specialIdError(where, config, source.path);
  if (special !== undefined) return TE.left(new CheckpointError(special.mismatch));
  const [dims, treedef] = flatten(paramDims(config), isDims);
  const wanted = pathsOf(treedef).map((path, i) => ({
    names: [t5xName(path)],
    dtype: "float32" as const,
    shape: (dims[i] as readonly T5Dim[]).map((dim) => dimSize(config, dim)),
  }));
  const names = wanted.map((want) => want.names[0] as string);
  const prompts = [...source.entries.keys()].filter(isPrompt);
  const hints = contradictions(inferred.right, chosen);
  const differences = differencesOf(wanted, source.entries, new Set(prompts));
  const error = misfitError(where, source.path, wanted.length, differences, {
    hint: hints.length > 0 ? hints.join("; ") : undefined,
  });
  if (error !== undefined) return TE.left(error);
  return pipe(
    readAll(source, new Set([...names, ...prompts]), onProgress),
    TE.map((arrays) => {
      const array = (name: string): HostArray => arrays.get(name) as HostArray;
      return {
        config,
        params: unflatten(treedef, names.map(array)) as T5Tree<HostArray>,
        prompts: Object.fromEntries(prompts.map((name) => [name, array(name)])),
        step: source.step,
      };
    }),
  );
};

/** Infers, checks and reads. `where` is the public function to name in errors. */
export const loadFromSource = (
  where: string,
  source: TensorSource,
  options: SourceOptions,
): TE.TaskEither<CheckpointError, SourcedT5> =>
  pipe(
    TE.fromEither(inUsualLayout(where, source)),
    TE.chain((usual) => load(where, usual, options)),
  );
