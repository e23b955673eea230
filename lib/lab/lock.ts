/** @file What a run was made from, by digests: `lock.json`. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { CheckpointError } from "../core/errors.js";
import { VERSION } from "../core/version.js";
import { decodeAs, optional } from "../edge/decode.js";
import { digestOfExamples, digestOfFiles } from "./digest.js";
import { pathOf, placesOf } from "./inputs.js";
import type { Part } from "./task-table.js";

const Input = t.readonly(
  t.type({
    /** As the recipe names it. */
    name: t.string,
    path: t.string,
    /** From the folder of the run. */
    relative: t.string,
    digest: t.string,
    /** Of every byte, where it was asked for. */
    whole: optional(t.string),
  }),
);

const Lock = t.readonly(
  t.type(
    {
      fluxion: t.string,
      schema: t.number,
      model: Input,
      tokenizer: Input,
      data: t.readonly(t.type({ name: t.string, path: t.string, relative: t.string })),
      examples: t.readonly(t.record(t.string, t.string)),
    },
    "lock",
  ),
);

export type InputLock = t.TypeOf<typeof Input>;
export type Lock = t.TypeOf<typeof Lock>;

/** The version of what stands in a run folder. */
export const SCHEMA = 2;

const WHERE = "run folder";

/** Decodes `lock.json`. */
export const decodeLock = (raw: unknown, source: string): E.Either<CheckpointError, Lock> =>
  decodeAs(Lock, { where: WHERE, error: CheckpointError }, source)(raw);

const lockOf = async (name: string, path: string, folder: string, whole: boolean): Promise<InputLock> => ({
  name,
  path: resolve(path),
  relative: relative(folder, resolve(path)),
  digest: (await digestOfFiles(path)) ?? "",
  whole: whole ? await digestOfFiles(path, true) : undefined,
});

/** The inputs of a run: names in the recipe, and where they were found. */
export interface Places {
  readonly model: string;
  readonly tokenizer: string;
  readonly data: string;
}

/** The digests of examples by task and split. */
export const examplesLock = (train: readonly Part[], validation: readonly Part[]): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...train.map(({ task, examples }) => [`${task.name}/train`, digestOfExamples(examples)] as const),
    ...validation.map(({ task, examples }) => [`${task.name}/validation`, digestOfExamples(examples)] as const),
  ]);

/**
 * Makes the lock of a run.
 *
 * - `folder`: the folder of the run, in the file system
 * - `whole`: whether every byte of the model counts, and not samples of it alone
 */
export const makeLock = async (
  names: Places,
  places: Places,
  examples: Readonly<Record<string, string>>,
  { folder, whole }: { readonly folder: string; readonly whole: boolean },
): Promise<Lock> => {
  const model = await lockOf(names.model, places.model, folder, whole);
  const name = names.tokenizer || names.model;
  const isOwn = places.tokenizer === places.model;
  return {
    fluxion: VERSION,
    schema: SCHEMA,
    model,
    // Every byte of a large model is read once.
    tokenizer: isOwn ? { ...model, name } : await lockOf(name, places.tokenizer, folder, whole),
    data: { name: names.data, path: resolve(places.data), relative: relative(folder, resolve(places.data)) },
    examples,
  };
};

/** Where an input may be, each place once. */
const allPlaces = ({ name, path, relative }: Lock["data"], folder: string): readonly string[] => [
  ...new Set([...placesOf(name, path, folder), resolve(folder, relative)]),
];

/** The first place that has an input, and whether it is the one that was locked. */
const find = async (
  places: readonly string[],
  digest: string,
): Promise<{ readonly right?: string; readonly wrong?: string }> => {
  let wrong: string | undefined;
  for (const place of places) {
    const found = await digestOfFiles(place);
    if (found === digest) return { right: place };
    if (found !== undefined) wrong ??= place;
  }
  return wrong === undefined ? {} : { wrong };
};

/**
 * Finds an input of a run again: at the given path, else as it was named or recorded, relative to the folder, or in the cache. Its digest decides.
 *
 * @throws {CheckpointError} when it is nowhere, or has changed
 */
export const findInput = async (
  what: "model" | "tokenizer",
  lock: InputLock,
  { folder, given, verify }: { readonly folder: string; readonly given: string | undefined; readonly verify: boolean },
): Promise<string> => {
  const places = given === undefined ? allPlaces(lock, folder) : [pathOf(`--${what} PATH`, given)];
  const { right, wrong } = await find(places, lock.digest);
  const hint = `name the one that the run was started with: --${what} PATH`;
  if (right === undefined) {
    const changed = `the ${what} has changed since the run was started`;
    const gone = `the ${what} of the run is not there`;
    const expected = wrong === undefined ? places.join(", ") : `the digest ${lock.digest.slice(0, 12)}`;
    throw new CheckpointError({
      where: WHERE,
      what: wrong === undefined ? gone : changed,
      expected,
      at: wrong ?? lock.name,
      hint,
    });
  }
  if (verify) await verifyWhole(what, lock, right);
  return right;
};

const verifyWhole = async (what: string, { whole }: InputLock, path: string): Promise<void> => {
  if (whole === undefined) {
    const [expected, hint] = [
      "a run that was started with --verify",
      "leave --verify out: samples of the files are compared",
    ];
    throw new CheckpointError({
      where: WHERE,
      what: `the run has no digest of every byte of its ${what}`,
      expected,
      hint,
    });
  }
  if ((await digestOfFiles(path, true)) === whole) return;
  throw new CheckpointError({ where: WHERE, what: `the ${what} has changed since the run was started`, at: path });
};

/** Folders at which the data of a run may be. */
export const dataPlaces = ({ data }: Lock, folder: string, given: string | undefined): readonly string[] => {
  if (given !== undefined) return [pathOf("--data DIR", given)];
  const there = allPlaces(data, folder).filter((place) => existsSync(place));
  return there.length === 0 ? [data.name] : there;
};

/** The tasks whose examples are not those of the lock. */
export const changedExamples = (lock: Lock, now: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys({ ...lock.examples, ...now }).filter((name) => lock.examples[name] !== now[name]);

/** Whether two runs use the same model, tokenizer and examples. */
export const sameInputs = (a: Lock, b: Lock): boolean =>
  a.model.digest === b.model.digest &&
  a.tokenizer.digest === b.tokenizer.digest &&
  changedExamples(a, b.examples).length === 0;
