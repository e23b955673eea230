/** @file Where two values differ, by path. */
import { takes } from "../core/composite.js";
import { isRecord } from "./records.js";
import type { Path } from "./resolve.js";

/** A place at which two values differ; undefined where one has nothing. */
export interface Difference {
  readonly path: Path;
  readonly before: unknown;
  readonly after: unknown;
}

/** Finds the places at which two JSON values differ; lists differ as a whole. */
export const differences = takes(
  "differences(before, after, inside)",
  (before: unknown, after: unknown, inside: Path = []): readonly Difference[] => differencesAt(inside, before, after),
);

const differencesAt = (path: Path, before: unknown, after: unknown): readonly Difference[] => {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differencesAt([...path, key], before[key], after[key]));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
};
