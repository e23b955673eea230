/** @file Files that come with the package. */
import { fileURLToPath } from "node:url";

const asset = (name: string): string => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url));

/** Synthetic rows for every task of SuperGLUE, in its official layout. */
export const MINI_DATA = asset("superglue-mini");
/** Synthetic rows of MRPC, QQP, SQuAD and two sets of MRQA, in their official layouts: a prompt of one set is tried on another. */
export const TRANSFER_DATA = asset("transfer-mini");
/** A T5 of 2.4 million parameters. */
export const NANO_MODEL = asset("t5-nano");

/** What recipes name by a word. */
export const EMBEDDED: Readonly<Record<string, string>> = {
  "t5-nano": NANO_MODEL,
  "superglue-mini": MINI_DATA,
  "transfer-mini": TRANSFER_DATA,
};

const warning = (name: string, official: string): string =>
  `the data is synthetic (${name}): its scores say nothing about ${official}; --data DIR names the official files`;

const SYNTHETIC: ReadonlyMap<string, string> = new Map([
  [MINI_DATA, warning("superglue-mini", "SuperGLUE")],
  [TRANSFER_DATA, warning("transfer-mini", "GLUE, SQuAD and MRQA")],
]);

/** Notes that the rows of a folder are synthetic, where it comes with the package. */
export const noteSynthetic = (data: string, { note }: { readonly note: (line: string) => void }): void => {
  const line = SYNTHETIC.get(data);
  if (line !== undefined) note(line);
};
