/**
 * @file Trained trees in our own form: one safetensors file with the settings of the method beside the tensors, so that it needs nothing else
 * to be used.
 *
 * A tensor is named by its keys, joined by colons; the metadata has `format`, `method` (JSON) and the name of the model it was trained for.
 */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Aval } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { ArgumentError, CheckpointError, ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, pathsOf } from "../core/pytree.js";
import { brief, type Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import type { Method, MethodSettings } from "../methods/method.js";
import { methodOfE } from "../methods/registry.js";
import type { HostTree } from "../methods/trees.js";
import { writeAtomic } from "../store/files.js";
import { openSafetensorsTE, parseSafetensorsE, type SafetensorsFile } from "./safetensors.js";
import { type Outgoing, outgoing, safetensorsChunks } from "./safetensors-write.js";
import { checkValue, hostOf, isValue } from "./values.js";

const saving: Caller<CheckpointError> = { where: "saveTuned", error: CheckpointError };
const WHERE = "loadTuned";

/** The name of such a file in the folder of a run. */
export const TUNED_FILE = "tuned.safetensors";

const FORMAT = "fluxion-tuned";
const KEYS = { format: "format", method: "method", baseModel: "base_model" } as const;

/** A trained tree to be saved. */
export interface Tuned {
  readonly settings: MethodSettings;
  /** The tree that the method trains, of float32 tensors or host arrays. */
  readonly tuned: object;
  /** The model that it was trained for: a path or a name. */
  readonly baseModel?: string | undefined;
  /** More strings to keep, such as the step. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A trained tree as it was stored. */
export interface StoredTuned {
  readonly settings: MethodSettings;
  readonly method: Method;
  /** All float32. */
  readonly tuned: HostTree;
  readonly baseModel: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

const SEPARATOR = ":";

/** The tensors by their names. @throws {ArgumentError} for a key that the names cannot hold, or an array of another dtype */
const tensorsOf = (tuned: object): Outgoing[] => {
  const [leaves, treedef] = flatten(tuned, isValue);
  return pathsOf(treedef).map((path, i) => {
    const name = path.join(SEPARATOR);
    const value = checkValue(saving.where, leaves[i], name);
    if (value.dtype !== "float32") {
      const [expected, got] = ["float32", value.dtype];
      throw new ArgumentError({
        where: saving.where,
        what: "a trained tensor is not float32",
        expected,
        got,
        at: name,
      });
    }
    const bad = path.find((key) => typeof key === "number" || key === "" || key.includes(SEPARATOR));
    if (bad !== undefined) {
      const expected = `keys of nested records, without ${SEPARATOR}`;
      throw new ArgumentError({
        where: saving.where,
        what: "the tree cannot be named",
        expected,
        got: `${bad}`,
        at: name,
      });
    }
    return outgoing(name, value, () => hostOf(saving.where, value));
  });
};

/** @throws {ArgumentError} for a name that the format itself needs */
const metadataOf = ({ settings, baseModel, metadata = {} }: Tuned): Record<string, string> => {
  const taken = Object.values(KEYS).find((key) => Object.hasOwn(metadata, key));
  if (taken !== undefined) {
    const hint = "choose another name";
    throw new ArgumentError({
      where: saving.where,
      what: "the metadata has a name that the format needs",
      got: taken,
      hint,
    });
  }
  return {
    ...metadata,
    [KEYS.format]: FORMAT,
    [KEYS.method]: JSON.stringify(settings),
    ...(baseModel !== undefined && { [KEYS.baseModel]: baseModel }),
  };
};

/**
 * Encodes a trained tree with the settings of its method as the pieces of a file; see `saveTuned`.
 *
 * @throws as `saveTuned`
 */
export const encodeTuned = (content: Tuned): Iterable<Uint8Array> =>
  safetensorsChunks(tensorsOf(content.tuned), metadataOf(content));

/** As `saveTuned`, as a TaskEither of fp-ts. */
export const saveTunedTE = takes(
  "saveTunedTE(path, content)",
  (path: string, content: Tuned): TE.TaskEither<CheckpointError, void> =>
    writeAtomic(path, encodeTuned(content), saving),
);

/**
 * Saves a trained tree with the settings of its method, atomically: the file has the new content or is as it was.
 *
 * - `path`: a file, by convention `.safetensors`
 *
 * @throws {ArgumentError} for a leaf that is not float32, a key with a colon, or metadata under a name that the format needs;
 * {TreeError} for a leaf that is not an array; {CheckpointError} when the file cannot be written
 * @example await saveTuned("lora.safetensors", { settings: method.settings, tuned, baseModel: "google/t5-base-lm-adapt" })
 */
export const saveTuned = promised("saveTuned(path, content)", saveTunedTE);

/** The name of the method in the metadata of such a file, for a message. */
export const methodNameOf = (metadata: Readonly<Record<string, string>>): string => {
  const settings = E.getOrElseW(() => null)(
    parseJson(metadata[KEYS.method] ?? "", { where: WHERE, error: ConfigError }, ""),
  );
  return brief((settings as { name?: unknown } | null)?.name ?? null);
};

/** Whether the metadata of a safetensors file are those of this form. */
export const isTuned = (metadata: Readonly<Record<string, string>>): boolean => metadata[KEYS.format] === FORMAT;

/** What is read of a file, open or in memory. */
interface TunedFile extends Pick<SafetensorsFile, "path" | "metadata" | "read"> {
  readonly entries: ReadonlyMap<string, Pick<HostArray, "shape" | "dtype">>;
}

type Named = readonly (readonly [keys: readonly string[], array: HostArray])[];

/** Nested records of arrays by their keys; undefined where one name is the beginning of another. */
const nested = (named: Named): HostTree | undefined => {
  const groups = new Map<string, [readonly string[], HostArray][]>();
  for (const [[head, ...rest], array] of named) groups.set(head, [...(groups.get(head) ?? []), [rest, array]]);
  const entries: [string, HostTree | HostArray][] = [];
  for (const [head, below] of groups) {
    const isLeaf = below.some(([keys]) => keys.length === 0);
    const child = isLeaf ? (below.length === 1 ? below[0][1] : undefined) : nested(below);
    if (child === undefined) return undefined;
    entries.push([head, child]);
  }
  return Object.fromEntries(entries);
};

const readTree = (file: TunedFile): TE.TaskEither<CheckpointError, HostTree> => {
  const wrong = [...file.entries].find(([, { dtype }]) => dtype !== "float32");
  if (wrong !== undefined) {
    const [name, { shape, dtype }] = wrong;
    const [expected, got] = ["float32", `${new Aval(shape, dtype)}`];
    const at = `${file.path}: ${name}`;
    return TE.left(new CheckpointError({ where: WHERE, what: "a trained tensor is not float32", expected, got, at }));
  }
  return pipe(
    [...file.entries.keys()],
    TE.traverseSeqArray((name) =>
      pipe(
        file.read(name),
        TE.map((array) => [name.split(SEPARATOR), array] as const),
      ),
    ),
    TE.chainEitherK((named) => {
      const tree = nested(named);
      const what = "the names of the tensors contradict each other";
      return tree === undefined
        ? E.left(new CheckpointError({ where: WHERE, what, got: brief([...file.entries.keys()]), at: file.path }))
        : E.right(tree);
    }),
  );
};

const methodIn = ({ metadata, path }: TunedFile): E.Either<CheckpointError | ConfigError, Method> => {
  if (!isTuned(metadata)) {
    const [expected, got] = [`metadata with ${KEYS.format}: ${FORMAT}`, brief(metadata)];
    const hint = "loadAdapter reads adapters of other kinds, too";
    return E.left(
      new CheckpointError({ where: WHERE, what: "not a file of a trained tree", expected, got, at: path, hint }),
    );
  }
  const source = `${path}: ${KEYS.method}`;
  return pipe(
    parseJson(metadata[KEYS.method] ?? "", { where: WHERE, error: ConfigError }, source),
    E.chain((settings) => methodOfE(settings, source)),
  );
};

const readFile = (file: TunedFile): TE.TaskEither<CheckpointError | ConfigError, StoredTuned> =>
  pipe(
    TE.fromEither(methodIn(file)),
    TE.chainW((method) =>
      pipe(
        readTree(file),
        TE.map((tuned) => {
          const { [KEYS.format]: _, [KEYS.method]: __, [KEYS.baseModel]: baseModel, ...metadata } = file.metadata;
          return { settings: method.settings, method, tuned, baseModel, metadata };
        }),
      ),
    ),
  );

/** As `loadTuned`, as a TaskEither of fp-ts. */
export const loadTunedTE = takes(
  "loadTunedTE(path)",
  (path: string): TE.TaskEither<CheckpointError | ConfigError, StoredTuned> =>
    TE.bracket(openSafetensorsTE(path), readFile, (file) => TE.fromTask(file.close)),
);

/**
 * Loads what `saveTuned` saved: the method, and the tree on the host.
 *
 * @throws {CheckpointError} for a file that is missing, damaged or of another kind; {ConfigError} for settings that no method has
 * @example const { method, tuned } = await loadTuned("lora.safetensors")
 */
export const loadTuned = promised("loadTuned(path)", loadTunedTE);

/**
 * What the bytes of a file that `saveTuned` saved hold; see `loadTuned`.
 *
 * @param source  what errors call the bytes: their path
 */
export const parseTuned = (
  bytes: Uint8Array,
  source: string,
): TE.TaskEither<CheckpointError | ConfigError, StoredTuned> =>
  pipe(
    TE.fromEither(parseSafetensorsE(bytes, source)),
    TE.chainW(({ tensors, metadata }) => {
      const read = (name: string) => TE.right(tensors.get(name) as HostArray);
      return readFile({ path: source, metadata, entries: tensors, read });
    }),
  );
