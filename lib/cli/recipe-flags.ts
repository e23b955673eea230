/** @file The settings of a recipe as flags and overrides, from their description. */
import { Option } from "commander";
import { parse } from "yaml";
import { pathOfPart } from "../lab/method-settings.js";
import { RECIPE, type Recipe } from "../lab/recipe.js";
import { type Layer, type NamedProblem, type Path, peek } from "../lab/resolve.js";
import { type Choice, type Placed, placesOf, type Setting } from "../lab/schema.js";

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

const optionOf = ({ flags, places }: Flag): Option => {
  const [{ node }] = places;
  const fallback = fallbackOf(node);
  const plain = fallback === "" || fallback === "false" || fallback === "{}";
  return new Option(flags, plain ? node.what : `${node.what} (default: ${fallback})`);
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

const typedValue = (node: Setting | Choice | undefined, text: string | boolean): unknown => {
  if (typeof text === "boolean") return text;
  const read = node?.kind === "setting" ? node.parse : undefined;
  return (read ?? scalar)(text);
};

/** Sets a path of nested objects. A choice that was a name becomes an object. */
const setAt = (tree: Record<string, unknown>, [key, ...rest]: Path, value: unknown): void => {
  const old = tree[key];
  const name = typeof old === "string" ? { name: old } : undefined;
  if (rest.length === 0) {
    tree[key] = typeof value === "string" && isRecord(old) ? { ...old, name: value } : value;
    return;
  }
  const inner = isRecord(old) ? old : (name ?? {});
  tree[key] = inner;
  setAt(inner as Record<string, unknown>, rest, value);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A setting as it was typed. */
interface Typed {
  readonly name: string;
  readonly path: Path;
  readonly value: unknown;
}

const layerOf = (typed: readonly Typed[]): Layer => {
  const value: Record<string, unknown> = {};
  for (const one of typed) setAt(value, one.path, one.value);
  const nameOf = (path: Path): string => {
    const at = path.join(".");
    const exact = typed.find((one) => one.path.join(".") === at);
    const around = typed.find(
      (one) => at.startsWith(`${one.path.join(".")}.`) || one.path.join(".").startsWith(`${at}.`),
    );
    return exact?.name ?? around?.name ?? at;
  };
  return { value, nameOf };
};

/** The path of a setting in a recipe, where methods may be composed; undefined where what it belongs to is not chosen. */
const placeIn = (recipe: Recipe, { path, under }: Placed): Path | undefined => {
  let moved = path;
  for (const { path: choice, name } of under) {
    if (choice.join(".") === "method") {
      const part = pathOfPart(recipe.method, name);
      if (part === undefined) return undefined;
      moved = [...part, ...path.slice(1)];
      continue;
    }
    const at = moved.slice(0, moved.length - (path.length - choice.length));
    if (
      (at.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], recipe) as { name?: string })
        ?.name !== name
    )
      return undefined;
  }
  return moved;
};

/** What a setting belongs to, in words: `the method prompt`. */
const owners = ({ places }: Flag): string =>
  [
    ...new Set(
      places.map(({ under }) => under.at(-1)).flatMap((one) => (one ? [`${one.path.join(".")} ${one.name}`] : [])),
    ),
  ].join(" or ");

/** What was given on a command line. */
export interface TypedSettings {
  /** By the names that commander gives to options. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  /** As `method.length=20`. */
  readonly overrides: readonly string[];
}

const overrideOf = (text: string): Typed => {
  const at = text.indexOf("=");
  const path = text.slice(0, at).split(".");
  const node = PLACES.find((place) => place.path.join(".") === path.join("."))?.node;
  return { name: text, path, value: typedValue(node, text.slice(at + 1)) };
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
  const above = layerOf(overrides.map(overrideOf));
  const given = FLAGS.filter((flag) => flags[optionOf(flag).attributeName()] !== undefined);
  const depth = ({ places }: Flag): number => places[0].under.length;
  const typed: Typed[] = [];
  const problems: NamedProblem[] = [];
  for (const flag of [...given].sort((a, b) => depth(a) - depth(b))) {
    const recipe = peek<Recipe>(RECIPE, [...below, layerOf(typed), above]);
    const value = typedValue(flag.places[0].node, flags[optionOf(flag).attributeName()]);
    const path = flag.places.map((place) => placeIn(recipe, place)).find((found) => found !== undefined);
    if (path !== undefined) typed.push({ name: flag.flags, path, value });
    else problems.push({ name: flag.flags, path: flag.places[0].path, expected: owners(flag), got: "another one" });
  }
  return { layers: [layerOf(typed), above], problems };
};
