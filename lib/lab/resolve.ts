/** @file Layers of settings, such as a preset, a file and a command line, as one full value; everything that is wrong is found at once. */
import * as E from "fp-ts/lib/Either.js";
import { closest } from "../core/closest.js";
import { ConfigError } from "../core/errors.js";
import { brief, describe } from "../edge/decode.js";
import { isRecord } from "./records.js";
import type { Choice, Fields, Named, OneOf, Schema, Setting } from "./schema.js";

export type Path = readonly string[];

/** Settings from one source; later layers win. */
export interface Layer {
  readonly value: unknown;
  /** What messages call a setting of it: a flag, a line of a file. */
  readonly nameOf: (path: Path) => string;
}

/** A setting that cannot be used. */
export interface Problem {
  readonly path: Path;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
}

/** A problem of the setting at a path with dots. */
export const problem = (path: string, expected: string, got: unknown, hint?: string): Problem => ({
  path: path.split("."),
  expected,
  got: String(got),
  ...(hint !== undefined && { hint }),
});

/** What one layer gives at a place. */
interface Given {
  readonly layer: Layer;
  readonly raw: unknown;
}

interface Visit {
  readonly problems: (Problem & { readonly layer: Layer })[];
}

/** Whether a value is a plain record: a Map or an instance of a class would lose what it holds. */
const isObject = (raw: unknown): raw is Readonly<Record<string, unknown>> => {
  if (!isRecord(raw)) return false;
  const prototype: unknown = Object.getPrototypeOf(raw);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const note = (visit: Visit, { layer }: Given, problem: Problem): void => {
  visit.problems.push({ ...problem, layer });
};

const didYouMean = (name: string, known: readonly string[]): string | undefined =>
  known.length === 0 ? undefined : `did you mean ${closest(name, known)}?`;

/** Those that are objects, whose other names are noted. */
const objectsIn = (visit: Visit, path: Path, given: readonly Given[], known: readonly string[]): readonly Given[] =>
  given.filter((one) => {
    if (!isObject(one.raw)) {
      note(visit, one, { path, expected: `settings by name: ${known.join(", ")}`, got: brief(one.raw) });
      return false;
    }
    for (const key of Object.keys(one.raw)) {
      if (known.includes(key)) continue;
      const expected = known.length === 0 ? "no settings" : `one of ${known.join(", ")}`;
      note(visit, one, { path: [...path, key], expected, got: key, hint: didYouMean(key, known) });
    }
    return true;
  });

const below = (given: readonly Given[], key: string): readonly Given[] =>
  given.flatMap(({ layer, raw }) => {
    const inner = Object.hasOwn(raw as object, key) ? (raw as Readonly<Record<string, unknown>>)[key] : undefined;
    return inner === undefined ? [] : [{ layer, raw: inner }];
  });

const settingAt = (visit: Visit, { codec, fallback }: Setting, path: Path, given: readonly Given[]): unknown => {
  const last = given.at(-1);
  if (last === undefined) return fallback;
  const decoded = codec.decode(last.raw);
  if (E.isRight(decoded)) return decoded.right;
  const { expected = codec.name, got = brief(last.raw), at } = describe(decoded.left);
  note(visit, last, { path, expected: at === undefined ? expected : `${at}: ${expected}`, got });
  return fallback;
};

const groupAt = (visit: Visit, fields: Fields, path: Path, given: readonly Given[]): object => {
  const objects = objectsIn(visit, path, given, Object.keys(fields));
  return Object.fromEntries(
    Object.entries(fields).map(([key, node]) => [key, valueAt(visit, node, [...path, key], below(objects, key))]),
  );
};

/** A layer that chooses another name begins anew: settings of the one before do not belong to it. */
const choiceAt = (visit: Visit, schema: Choice, path: Path, given: readonly Given[]): object => {
  const names = Object.keys(schema.variants);
  let name = schema.fallback;
  let kept: Given[] = [];
  for (const { layer, raw: short } of given) {
    const expanded = schema.expand?.(short) ?? short;
    const raw = typeof expanded === "string" ? { name: expanded } : expanded;
    const one = { layer, raw };
    if (!isObject(raw)) {
      note(visit, one, { path, expected: names.join(", "), got: brief(raw) });
      continue;
    }
    if (raw.name !== undefined && raw.name !== name) {
      if (typeof raw.name !== "string" || !Object.hasOwn(schema.variants, raw.name)) {
        const hint = typeof raw.name === "string" ? didYouMean(raw.name, names) : undefined;
        note(visit, one, { path, expected: names.join(", "), got: brief(raw.name), hint });
        continue;
      }
      name = raw.name;
      kept = [];
    }
    kept.push(one);
  }
  const unnamed = kept.map(({ layer, raw }): Given => {
    const { name: _, ...settings } = raw as Readonly<Record<string, unknown>>;
    return { layer, raw: settings };
  });
  return { name, ...groupAt(visit, schema.variants[name].fields, path, unnamed) };
};

const oneOfAt = (visit: Visit, { fields, fallback }: OneOf, path: Path, given: readonly Given[]): object => {
  const names = Object.keys(fields);
  const keysOf = ({ raw }: Given): string[] =>
    names.filter((name) => (raw as Readonly<Record<string, unknown>>)[name] !== undefined);
  const objects = objectsIn(visit, path, given, names);
  for (const one of objects) {
    const keys = keysOf(one);
    if (keys.length < 2) continue;
    note(visit, one, { path: [...path, keys[1]], expected: `one of ${keys.join(", ")}`, got: keys.join(" and ") });
  }
  const last = objects.filter((one) => keysOf(one).length > 0).at(-1);
  const key = last === undefined ? fallback : keysOf(last)[0];
  return { [key]: settingAt(visit, fields[key], [...path, key], below(objects, key)) };
};

const namedAt = (visit: Visit, { of }: Named, path: Path, given: readonly Given[]): object => {
  const objects = given.filter((one) => {
    if (!isObject(one.raw)) note(visit, one, { path, expected: "values by name", got: brief(one.raw) });
    return isObject(one.raw);
  });
  const keys = [...new Set(objects.flatMap(({ raw }) => Object.keys(raw as object)))];
  return Object.fromEntries(keys.map((key) => [key, valueAt(visit, of, [...path, key], below(objects, key))]));
};

const valueAt = (visit: Visit, schema: Schema, path: Path, given: readonly Given[]): unknown => {
  if (schema.kind === "setting") return settingAt(visit, schema, path, given);
  if (schema.kind === "group") return groupAt(visit, schema.fields, path, given);
  if (schema.kind === "choice") return choiceAt(visit, schema, path, given);
  if (schema.kind === "one-of") return oneOfAt(visit, schema, path, given);
  return namedAt(visit, schema, path, given);
};

/** Whether a value has something at a path. */
const has = (value: unknown, path: Path): boolean => {
  let at = value;
  for (const key of path) {
    if (!isObject(at) || !Object.hasOwn(at, key) || at[key] === undefined) return false;
    at = at[key];
  }
  return true;
};

/** What messages call a setting: as the last layer that has it does, or by its path. */
export const nameOf = (layers: readonly Layer[], path: Path): string => {
  const layer = layers.filter(({ value }) => has(value, path)).at(-1);
  return (layer ?? layers.at(-1))?.nameOf(path) ?? path.join(".");
};

/** Whether one path is that of the other, or of a group around it. */
const isAround = (one: Path, other: Path): boolean => one.every((key, i) => key === other[i]);

const MOST = 12;
const lines = (items: readonly string[]): string => {
  const more = items.length > MOST ? [`and ${items.length - MOST} more`] : [];
  return [...items.slice(0, MOST), ...more].join(`\n${" ".repeat(12)}`);
};

/** A problem, and what messages call its setting. */
export interface NamedProblem extends Problem {
  readonly name: string;
}

/** One error for all problems. */
export const problemsError = (where: string, problems: readonly NamedProblem[]): ConfigError => {
  if (problems.length === 1) {
    const [{ name, expected, got, hint }] = problems;
    return new ConfigError({ where, what: "a setting cannot be used", expected, got, at: name || undefined, hint });
  }
  const hints = problems.flatMap(({ name, hint }) => (hint === undefined ? [] : [`${name}: ${hint}`]));
  return new ConfigError({
    where,
    what: `${problems.length} settings cannot be used`,
    expected: lines(problems.map(({ name, expected }) => `${name}: ${expected}`)),
    got: lines(problems.map(({ name, got }) => `${name}: ${got}`)),
    hint: hints.length === 0 ? undefined : lines(hints),
  });
};

const givenOf = (layers: readonly Layer[]): readonly Given[] =>
  layers.flatMap((layer) => (layer.value === undefined ? [] : [{ layer, raw: layer.value }]));

/** The value of layers as far as it can be read; what is wrong has its default. */
export const peek = <A>(schema: Schema, layers: readonly Layer[]): A =>
  valueAt({ problems: [] }, schema, [], givenOf(layers)) as A;

/**
 * The full value (`ValueOf` the schema) of some layers, the last of which wins; what no layer gives has its default.
 *
 * - `contradictions`: what is wrong with values that are right one by one
 * - `before`: problems that were found before
 * @returns a ConfigError that names every setting that cannot be used, as its layer calls it
 */
export const resolve = <A>(
  where: string,
  schema: Schema,
  layers: readonly Layer[],
  contradictions: (value: A) => readonly Problem[] = () => [],
  before: readonly NamedProblem[] = [],
): E.Either<ConfigError, A> => {
  const visit: Visit = { problems: [] };
  const value = valueAt(visit, schema, [], givenOf(layers)) as A;
  const named = visit.problems.map(({ layer, ...one }) => ({ ...one, name: layer.nameOf(one.path) }));
  // Two layers may come from one source.
  const found = [...new Map(named.map((one) => [JSON.stringify(one), one])).values()];
  // What cannot be read has its default, which may contradict what is around it.
  const more = contradictions(value).filter(({ path }) => !found.some((one) => isAround(path, one.path)));
  const all = [...before, ...found, ...more.map((one) => ({ ...one, name: nameOf(layers, one.path) }))];
  return all.length === 0 ? E.right(value) : E.left(problemsError(where, all));
};
