/** @file Texts with places for values, as Python's `str.format` has them: `{}`, `{0}`, `{name}`, `{x:.3f}`, and `{{` for a brace. */
import { ArgumentError } from "../core/errors.js";
import { printValues } from "../core/print.js";
import { isTensor } from "../core/tensor.js";

interface Place {
  /** An index among the values, or a name. */
  readonly key: number | string;
  readonly spec: string;
}
/** Text and places, in order. */
export type Parts = readonly (string | Place)[];

const refuse = (what: string, expected: string, got: string): never => {
  throw new ArgumentError({ where: "debug.print", what, expected, got });
};

/** @throws {ArgumentError} for a brace that is not a place, or a form that is not known */
export const parseFormat = (format: string): Parts => {
  const parts: (string | Place)[] = [];
  let [next, end] = [0, 0];
  for (const match of format.matchAll(/\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}|[{}]/g)) {
    const [found, name, spec = ""] = match;
    parts.push(format.slice(end, match.index));
    end = match.index + found.length;
    if (found === "{{" || found === "}}") parts.push(found[0]);
    else if (name === undefined) refuse("a brace is not a place", '{} for a value, "{{" for a brace', format);
    else if (!/^\d*(?:\.\d+[fe]|d)?$/.test(spec))
      refuse("the form is not known", "a width and .3f, .3e or d", `{${name}:${spec}}`);
    else parts.push({ key: name === "" ? next++ : /^\d+$/.test(name) ? Number(name) : name, spec });
  }
  return [...parts, format.slice(end)];
};

export const placesOf = (parts: Parts): readonly Place[] => parts.filter((part) => typeof part !== "string");

/** As NumPy prints it: without commas, a scalar with a digit behind the point. */
const textOf = (x: unknown): string => {
  if (isTensor(x)) {
    const text = printValues(x.concrete("debug.print").host()).replaceAll(",", "");
    return x.ndim === 0 && text.endsWith(".") ? `${text}0` : text.trim();
  }
  if (Array.isArray(x)) return `[${x.map(textOf).join(", ")}]`;
  const proto: unknown = typeof x === "object" && x !== null ? Object.getPrototypeOf(x) : undefined;
  if (proto !== Object.prototype) return String(x);
  const fields = Object.entries(x as object).map(([key, value]) => `${key}: ${textOf(value)}`);
  return `{ ${fields.join(", ")} }`;
};

const formed = (x: unknown, spec: string): string => {
  const [, width, digits, kind] = /^(\d*)(?:\.(\d+)([fe])|d)?$/.exec(spec) as unknown as string[];
  const number = isTensor(x) ? x.item() : Number(x);
  const text =
    kind === "f"
      ? number.toFixed(Number(digits))
      : kind === "e"
        ? number.toExponential(Number(digits))
        : String(number);
  return text.padStart(Number(width));
};

/** The text with values in its places. */
export const filled = (parts: Parts, lookUp: (key: number | string) => unknown): string =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      const value = lookUp(part.key);
      return part.spec === "" ? textOf(value) : formed(value, part.spec);
    })
    .join("");
