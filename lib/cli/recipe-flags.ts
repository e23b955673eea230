/** @file The settings of a recipe as flags and overrides, from their description. */
import { Option } from "commander";
import { parse } from "yaml";
import { methodLabel, pathOfPart } from "../lab/method-settings.js";
import { RECIPE, type Recipe } from "../lab/recipe.js";
import { isRecord } from "../lab/records.js";
import { type Layer, type NamedProblem, type Path, peek } from "../lab/resolve.js";
import { type Choice, type Placed, placesOf, type Schema, type Setting } from "../lab/schema.js";

const PLACES = placesOf(RECIPE);

/** A flag, and the places that it sets: one, or the same setting of several methods, optimizers and so on. */
interface Flag {
  readonly flags: string;
  readonly places: readonly Placed[];
}

const FLAGS: readonly Flag[] = [...new Set(PLACES.flatMap(({ node }) => node.flag ?? []))].map((flags) => ({
  flags,
  places: PLACES.filter(({ node }) => node.flag === flags),
}));

/** A value as text, as a help page shows it. */
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
};

const fallbackOf = (node: Setting | Choice): string => shown(node.fallback);

/** The default of a flag; where it differs, that of each method, optimizer and so on. */
const fallbacksOf = (places: readonly Placed[]): string => {
  const all = new Map<string, string[]>();
  for (const { node, under } of places) {
    const value = fallbackOf(node);
    all.set(value, [...(all.get(value) ?? []), under.at(-1)?.name ?? ""]);
  }
  if (all.size === 1) return `: ${[...all.keys()][0]}`;
  return [...all].map(([value, names]) => ` of ${names.join(", ")}: ${value}`).join(";");
};

const optionOf = ({ flags, places }: Flag): Option => {
  const [{ node }] = places;
  const fallback = fallbackOf(node);
  const plain = fallback === "" || fallback === "false" || fallback === "{}";
  return new Option(flags, plain ? node.what : `${node.what} (default${fallbacksOf(places)})`);
};

/** An option for every setting that has a short form. */
export const recipeOptions = (): readonly Option[] => FLAGS.map(optionOf);

/** A value in text, as YAML has it; text that is not YAML stands for itself. */
const scalar = (text: string): unknown => {
  if (text.trim() === "") return text;
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
};

const typedValue = (node: Schema | undefined, text: string | boolean): unknown => {
  if (typeof text === "boolean") return text;
  const read = node?.kind === "setting" ? node.parse : undefined;
  return (read ?? scalar)(text);
};

/** Both of two groups; where both have a value, the second one's. */
const merged = (a: unknown, b: unknown): unknown => {
  if (!isRecord(a) || !isRecord(b)) return b;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const both = (key: string): boolean => Object.hasOwn(a, key) && Object.hasOwn(b, key);
  const valueAt = (key: string): unknown => (both(key) ? merged(a[key], b[key]) : (Object.hasOwn(b, key) ? b : a)[key]);
  return Object.fromEntries(keys.map((key) => [key, valueAt(key)]));
};

/** A setting as it was typed. */
interface Typed {
  readonly name: string;
  readonly path: Path;
  readonly value: unknown;
}

/** The flag of a setting that was not given. */
const flagAt = (path: string): string | undefined =>
  FLAGS.find(({ places }) => places.some((place) => place.path.join(".") === path))?.flags;

const layerOf = (typed: readonly Typed[]): Layer => {
  const values = typed.map(({ path, value }) => path.reduceRight((inner, key) => ({ [key]: inner }), value));
  const nameOf = (path: Path): string => {
    const at = path.join(".");
    const exact = typed.find((one) => one.path.join(".") === at);
    const around = typed.find(
      (one) => at.startsWith(`${one.path.join(".")}.`) || one.path.join(".").startsWith(`${at}.`),
    );
    return exact?.name ?? around?.name ?? flagAt(at) ?? at;
  };
  return { value: values.reduce(merged, {}), nameOf };
};

/** Finds the schema at a path. */
const nodeAt = (schema: Schema | undefined, [key, ...rest]: Path): Schema | undefined => {
  if (key === undefined || schema === undefined) return schema;
  if (schema.kind === "setting") return undefined;
  if (schema.kind === "named") return nodeAt(schema.of, rest);
  if (schema.kind !== "choice") return nodeAt(Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined, rest);
  const variants = Object.values<Schema>((schema as Choice).variants);
  return variants.map((variant) => nodeAt(variant, [key, ...rest])).find((found) => found !== undefined);
};

/** The names in a group, without its settings. */
const namesIn = (value: unknown): unknown => {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, key === "name" ? inner : namesIn(inner)]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
};

/** A choice by its name as the group that it stands for. */
const asGroup = (value: unknown): unknown => (typeof value === "string" ? { name: value } : value);

/** Keeps the names of typed choices, without their settings. */
const choices = (typed: readonly Typed[]): Typed[] =>
  typed.flatMap((one) => {
    const node = nodeAt(RECIPE, one.path);
    if (node?.kind !== "choice") return [];
    const group = asGroup((node as Choice).expand?.(one.value) ?? one.value);
    return [{ ...one, value: isRecord(group) ? namesIn(group) : group }];
  });

/** Those that are more than the name of a choice. */
const settings = (typed: readonly Typed[]): Typed[] =>
  typed.filter(({ path, value }) => nodeAt(RECIPE, path)?.kind !== "choice" || isRecord(value));

/** Choices come first, from any source: settings of what was chosen are not lost when an override chooses. */
const layersOf = (flags: readonly Typed[], overrides: readonly Typed[]): readonly Layer[] => [
  layerOf(choices([...flags, ...overrides])),
  layerOf(settings(flags)),
  layerOf(settings(overrides)),
];

/** The value at a path of a recipe. */
const at = (recipe: Recipe, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], recipe);

/** Another choice than the one that a setting belongs to, and the number of choices before it that agree with the setting. */
interface Instead {
  readonly instead: string;
  readonly depth: number;
}

/** The other choices at the places that agree the longest. */
const closestOf = (others: readonly Instead[]): string => {
  const most = Math.max(...others.map(({ depth }) => depth));
  return [...new Set(others.filter(({ depth }) => depth === most).map(({ instead }) => instead))].join(" or ");
};

/** The path of a setting in a recipe, where methods may be composed; or what is chosen in place of that which it belongs to. */
const placeIn = (recipe: Recipe, { path, under }: Placed): { readonly path: Path } | Instead => {
  let moved = path;
  for (const [depth, { path: choice, name }] of under.entries()) {
    if (choice.join(".") === "method") {
      const part = pathOfPart(recipe.method, name);
      if (part === undefined) return { instead: `method ${methodLabel(recipe.method)}`, depth };
      moved = [...part, ...path.slice(1)];
      continue;
    }
    const chosen = at(recipe, moved.slice(0, moved.length - (path.length - choice.length))) as {
      readonly name: string;
    };
    if (chosen.name !== name) return { instead: `${choice.join(".")} ${chosen.name}`, depth };
  }
  return { path: moved };
};

/** Names the choice that a setting belongs to: `method prompt`. */
const owners = ({ places }: Flag): string => {
  const chosen = places.flatMap(({ under }) => under.slice(-1));
  return [...new Set(chosen.map(({ path, name }) => `${path.join(".")} ${name}`))].join(" or ");
};

/** The flags that choose what a setting belongs to, such as `--init file`. */
const choosing = ({ places }: Flag): string | undefined => {
  const last = places[0].under.at(-1);
  const flag = last && flagAt(last.path.join("."))?.split(" ")[0];
  return flag && `add ${flag} ${last.name}`;
};

/** The commands that begin with another objective, by the objective in whose place it is wanted. */
const COMMANDS: Readonly<Record<string, string>> = {
  "objective task": "fluxion pretrain trains on texts; in a recipe: objective: { name: pretraining }",
  "objective pretraining": "fluxion train trains on tasks, from a model that was pre-trained: --model DIR",
};

/** The settings of a command line. */
export interface TypedSettings {
  /** By the names that commander gives to options. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  /** As `method.length=20`. */
  readonly overrides: readonly string[];
}

const overrideOf = (text: string): Typed => {
  const end = text.indexOf("=");
  const whole = text.slice(0, end).split(".");
  const isName = whole.at(-1) === "name" && nodeAt(RECIPE, whole.slice(0, -1))?.kind === "choice";
  const path = isName ? whole.slice(0, -1) : whole;
  return { name: text, path, value: typedValue(nodeAt(RECIPE, path), text.slice(end + 1)) };
};

/**
 * The layers of settings that were typed, over those below.
 *
 * @returns problems for flags of something that is not chosen, such as `--rank` without LoRA
 */
export const typedLayers = (
  { flags, overrides }: TypedSettings,
  below: readonly Layer[],
): { readonly layers: readonly Layer[]; readonly problems: readonly NamedProblem[] } => {
  const above = overrides.map(overrideOf);
  const given = FLAGS.filter((flag) => flags[optionOf(flag).attributeName()] !== undefined);
  const depth = ({ places }: Flag): number => places[0].under.length;
  const typed: Typed[] = [];
  const problems: NamedProblem[] = [];
  for (const flag of [...given].sort((a, b) => depth(a) - depth(b))) {
    const recipe = peek<Recipe>(RECIPE, [...below, ...layersOf(typed, above)]);
    const value = typedValue(flag.places[0].node, flags[optionOf(flag).attributeName()]);
    const found = flag.places.map((place) => placeIn(recipe, place));
    const here = found.find((one) => "path" in one);
    const instead = closestOf(found.flatMap((one) => ("instead" in one ? [one] : [])));
    if (here !== undefined) typed.push({ name: flag.flags, path: here.path, value });
    else {
      const [name, hint] = [flag.flags, COMMANDS[instead] ?? choosing(flag)];
      problems.push({ name, path: flag.places[0].path, expected: owners(flag), got: instead, hint });
    }
  }
  return { layers: layersOf(typed, above), problems };
};
