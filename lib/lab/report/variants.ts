/** @file Which runs belong together: variants, whose runs differ in seeds and tasks alone, and what variants are called. */
import { basename } from "node:path";
import { canonicalJson } from "../canonical.js";
import { methodLabel } from "../method-settings.js";
import { isPretraining } from "../pretraining/recipe.js";
import type { Recipe } from "../recipe.js";
import { isRecord, typedShares } from "../records.js";
import type { EndedRun } from "./load.js";
import { type ModelName, modelNames, shortDigest } from "./model-names.js";

/** The settings of a variant: those of its recipes without seed, tasks and what changes rounding alone, with digests of what was read. */
export type Settings = Readonly<Record<string, unknown>>;

/** Runs that differ in seeds and tasks alone. */
export interface Variant {
  /** Its number, from 1, in the order of names. */
  readonly number: number;
  readonly label: string;
  /** The names of its methods: `prompt`, `prompt+lora`; of runs that learned from texts, which all train all weights, the objective. */
  readonly method: string;
  readonly settings: Settings;
  readonly runs: readonly EndedRun[];
}

/** The settings that distinguish variants. Paths count by their ends: the digests say what was there. */
export const settingsOf = (
  { recipe, lock }: Pick<EndedRun, "recipe" | "lock">,
  { model, digest }: ModelName,
): Settings => {
  const {
    seed: _,
    seeds: __,
    each: ___,
    backend: ____,
    executor: _____,
    train,
    evaluate,
    table,
    taskFiles,
    ...rest
  } = recipe;
  const { tokenizer, data } = recipe;
  // A tokenizer that is not named is the model's, which has a name here, and a digest where that does not suffice.
  const read = lock && {
    ...(digest && { model: digest }),
    ...(tokenizer !== "" && { tokenizer: shortDigest(lock.tokenizer.digest) }),
  };
  return {
    ...rest,
    // Tasks beside texts are a part of what a model learned from, and are not what it is evaluated on.
    ...(isPretraining(recipe) && { train }),
    model,
    tokenizer: basename(tokenizer),
    data: basename(data),
    ...(read && { read }),
  };
};

/** The value at a path with dots; undefined where there is none. */
export const valueAt = (settings: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), settings);

/** All settings by their paths with dots; a list is one value. */
export const leavesOf = (value: unknown, path = ""): readonly (readonly [path: string, value: unknown])[] =>
  isRecord(value)
    ? Object.entries(value).flatMap(([key, item]) => leavesOf(item, path === "" ? key : `${path}.${key}`))
    : [[path, value]];

/** The parent of a name that differs: with `method.init.name` all settings of `method.init` are one choice. */
const choiceOf = (path: string, paths: ReadonlySet<string>): string => {
  const keys = path.split(".");
  for (let n = 1; n < keys.length; n++) {
    const parent = keys.slice(0, n).join(".");
    if (paths.has(`${parent}.name`)) return parent;
  }
  return path;
};

/** The paths at which settings differ; a choice of another name counts as a whole. */
export const varyingPaths = (all: readonly Settings[]): readonly string[] => {
  const values = new Map<string, Set<string>>();
  const count = new Map<string, number>();
  for (const settings of all) {
    for (const [path, value] of leavesOf(settings)) {
      const known = values.get(path) ?? new Set<string>();
      values.set(path, known.add(canonicalJson(value)));
      count.set(path, (count.get(path) ?? 0) + 1);
    }
  }
  const varies = [...values].flatMap(([path, { size }]) => (size > 1 || count.get(path) !== all.length ? [path] : []));
  const paths = new Set(varies);
  return [...new Set(varies.map((path) => choiceOf(path, paths)))].sort();
};

/** The last name of a path, unless another path ends in it. */
const shortName = (path: string, paths: readonly string[]): string => {
  const last = path.slice(path.lastIndexOf(".") + 1);
  const isAlone = paths.every((other) => other === path || !(other === last || other.endsWith(`.${last}`)));
  return isAlone ? last : path;
};

/** What some settings are called among each other. */
export interface Naming {
  /** The paths at which they differ. */
  readonly paths: readonly string[];
  /** The setting at a path in words; a choice by its name, with what differs between choices of that name. */
  readonly describe: (settings: Settings, path: string) => string;
  /** A method with all settings that differ, but one. */
  readonly label: (method: string, settings: Settings, without?: string) => string;
}

/** Names settings by what differs between them. */
export const namingOf = (all: readonly Settings[]): Naming => {
  const paths = varyingPaths(all);
  const choices = new Map<string, Naming>();
  const amongChoices = (path: string, name: string): Naming => {
    const key = JSON.stringify([path, name]);
    const known = choices.get(key);
    if (known !== undefined) return known;
    const values = all.map((other) => valueAt(other, path));
    const naming = namingOf(values.filter((value) => isRecord(value) && value.name === name) as Settings[]);
    choices.set(key, naming);
    return naming;
  };
  const describe = (settings: Settings, path: string): string => {
    const value = valueAt(settings, path);
    if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return "none";
    if (typeof value === "string") return value;
    // 0.1 + 0.2 as a person writes it.
    if (typeof value === "number") return `${Number(value.toPrecision(12))}`;
    if (!isRecord(value) || typeof value.name !== "string") return typedShares(value) ?? JSON.stringify(value);
    const inner = amongChoices(path, value.name);
    return [value.name, ...inner.paths.map((key) => `${key} ${inner.describe(value, key)}`)].join(" ");
  };
  const label = (method: string, settings: Settings, without?: string): string => {
    const others = paths.filter((path) => path !== without);
    return [method, ...others.map((path) => `${shortName(path, paths)} ${describe(settings, path)}`)].join(", ");
  };
  return { paths, describe, label };
};

/** Values by the key that a function gives them, in the order in which keys come first. */
export const groupBy = <A>(list: Iterable<A>, keyOf: (value: A) => string): ReadonlyMap<string, readonly A[]> => {
  const groups = new Map<string, A[]>();
  for (const value of list) {
    const known = groups.get(keyOf(value));
    if (known === undefined) groups.set(keyOf(value), [value]);
    else known.push(value);
  }
  return groups;
};

const NUMBER = /(\d+(?:\.\d+)?(?:e[+-]?\d+)?)/;

/** Compares texts; numbers in them count as numbers, so that length 5 comes before length 20. */
export const inOrder = (a: string, b: string): number => {
  const [left, right] = [a.split(NUMBER), b.split(NUMBER)];
  // Every second part is a number.
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = i % 2 === 1 ? Number(left[i]) - Number(right[i]) : left[i].localeCompare(right[i], "en");
    if (order !== 0) return order;
  }
  return left.length - right.length;
};

const methodOf = (recipe: Recipe): string =>
  isPretraining(recipe) ? recipe.objective.kind.name : methodLabel(recipe.method);

/** Sorts runs into variants. */
export const variantsOf = (runs: readonly EndedRun[]): readonly Variant[] => {
  const nameOf = modelNames(runs);
  const settingsIn = (run: EndedRun): Settings => settingsOf(run, nameOf(run));
  const groups = [...groupBy(runs, (run) => canonicalJson(settingsIn(run))).values()].map((members) => {
    const [first] = members;
    return { method: methodOf(first.recipe), settings: settingsIn(first), runs: members };
  });
  const named = [...groupBy(groups, ({ method }) => method)].flatMap(([method, alike]) => {
    const { label } = namingOf(alike.map(({ settings }) => settings));
    return alike.map((group) => ({ ...group, label: label(method, group.settings) }));
  });
  return named.sort((a, b) => inOrder(a.label, b.label)).map((variant, i) => ({ ...variant, number: i + 1 }));
};
