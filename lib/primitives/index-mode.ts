/** @file What becomes of an index out of range, in JAX's words. */
import { ArgumentError } from "../core/errors.js";

/**
 * What becomes of an index out of range: read, `fill` gives NaN (the lowest int32, the highest uint32, true) and `clip` the nearest;
 * written, `fill` and `drop` leave it out and `clip` takes the nearest. `promise_in_bounds` is `clip` in reading and `drop` in writing.
 */
export type IndexMode = "fill" | "drop" | "clip" | "promise_in_bounds";

const MODES: readonly string[] = ["fill", "drop", "clip", "promise_in_bounds"];

/** The mode checked. @throws {ArgumentError} */
export const checkMode = (where: string, mode: IndexMode): IndexMode => {
  if (MODES.includes(mode)) return mode;
  throw new ArgumentError({ where, what: "there is no such mode", expected: MODES.join(", "), got: String(mode) });
};
/** How gather reads in a mode. */
export const readMode = (mode: IndexMode): "fill" | "clip" => (mode === "fill" || mode === "drop" ? "fill" : "clip");
/** How scatter writes in a mode. */
export const writeMode = (mode: IndexMode): "drop" | "clip" => (mode === "clip" ? "clip" : "drop");
