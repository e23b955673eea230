/** @file Alters golden values one by one, to see that a check notices each. */
import * as assert from "uvu/assert";
import { isExcepted } from "../golden/table.js";
import { isIn, type Leaf, leavesOf, type Part, printKeys } from "./golden-leaves.js";

/** Another value of the same kind, farther off than any tolerance. */
const altered = (value: unknown): unknown => {
  if (typeof value === "number") return value + 1 + Math.abs(value) / 10;
  // Numbers that JSON cannot hold are strings.
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return 1;
  if (typeof value === "string") return `${value}x`;
  if (typeof value === "boolean") return !value;
  if (!Array.isArray(value)) return 1;
  if (value.length === 0) return [1];
  return value.with(0, altered(value[0]));
};

/** The path without indices and weights' names: leaves of one kind are alike in it. */
const kindOf = ({ keys }: Leaf): string => keys.filter((key) => !/^\[|\../.test(key)).join(".");

/**
 * Asserts that `check` passes, and that it throws after each change of one value: one of every kind, in place, and changed back.
 *
 * @param file  whose exceptions in the table count
 * @param inputs  parts that the results under test were made from, so that the check cannot know them
 */
export const everyChangeIsSeen = (
  golden: object,
  check: () => void,
  file: string,
  inputs: readonly Part[] = [],
): number => {
  check();
  const kinds = new Map<string, Leaf>();
  for (const leaf of leavesOf(golden)) {
    const kind = kindOf(leaf);
    if (kinds.has(kind) || isExcepted(file, leaf) || inputs.some((part) => isIn(part, leaf))) continue;
    kinds.set(kind, leaf);
  }
  const unseen: string[] = [];
  for (const { holder, key, keys } of kinds.values()) {
    const before = holder[key];
    holder[key] = altered(before);
    try {
      check();
      unseen.push(printKeys(keys));
    } catch {
      // Seen.
    }
    holder[key] = before;
  }
  assert.equal(unseen, [], "changes that no check sees");
  return kinds.size;
};
