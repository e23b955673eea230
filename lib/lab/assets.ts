/** @file Files that come with the package. */
import { fileURLToPath } from "node:url";

const asset = (name: string): string => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url));

/** Synthetic rows for every task of SuperGLUE, in its official layout. */
export const MINI_DATA = asset("superglue-mini");
/** A T5 of 2.4 million parameters. */
export const NANO_MODEL = asset("t5-nano");

/** What recipes name by a word. */
export const EMBEDDED: Readonly<Record<string, string>> = { "t5-nano": NANO_MODEL, "superglue-mini": MINI_DATA };

/** The note beside scores of synthetic rows. */
export const SYNTHETIC =
  "the data is synthetic (superglue-mini): its scores say nothing about SuperGLUE; --data DIR names the official files";
