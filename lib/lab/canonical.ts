/** @file One text for one recipe, and its hash. */

import { createHash } from "node:crypto";
import { takes } from "../core/composite.js";
import type { Recipe } from "./recipe.js";

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
};

/** JSON with keys in the order of the alphabet: equal values have equal texts. */
export const canonicalJson = takes("canonicalJson(value)", (value: unknown): string => JSON.stringify(sorted(value)));

/** The SHA-256 of a text or bytes, in hexadecimal digits. */
export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** Methods as a list: composed ones are applied one after the other, so that their order counts. */
const inOrder = (method: Recipe["method"]): unknown =>
  method.name === "compose" ? Object.entries(method.methods) : method;

/**
 * A name for what a recipe comes to: the SHA-256 of its canonical JSON without backend and executor, which change rounding alone, and with its
 * methods in their order.
 *
 * @example hashOf(recipe({ seed: 1 })) // 64 hexadecimal digits
 */
export const hashOf = takes("hashOf(recipe)", ({ backend: _, executor: __, ...recipe }: Recipe): string =>
  sha256(canonicalJson({ ...recipe, method: inOrder(recipe.method) })),
);
