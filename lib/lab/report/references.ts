/** @file Published numbers that a report shows beside its own. */
import * as t from "io-ts";
import { parse } from "yaml";
import { takesLater } from "../../core/composite.js";
import { ConfigError } from "../../core/errors.js";
import { closed, decodeAs } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { readText } from "../../store/files.js";

const Reference = closed(
  {
    /** As the report calls its column. */
    task: t.string,
    /** In percent. */
    score: t.number,
    label: t.string,
    /** Where it was published. */
    source: t.string,
  },
  "reference",
);

/** A published score. */
export type Reference = Readonly<t.TypeOf<typeof Reference>>;

const caller = { where: "--reference <file>", error: ConfigError };

/** Largest file of published numbers, in bytes. */
const MAX_BYTES = 2 ** 20;

const parsed = (text: string, path: string): unknown => {
  try {
    return parse(text, { prettyErrors: false });
  } catch (cause) {
    const got = (cause as Error).message;
    throw new ConfigError(
      { ...caller, what: "the file is not a list of references", expected: "YAML or JSON", got, at: path },
      { cause },
    );
  }
};

/**
 * Loads published numbers: a list in YAML or JSON, each with `task`, `score`, `label` and `source`.
 *
 * @throws {ConfigError} for a file that cannot be read, or is something else
 * @example const references = await loadReferences("published.yaml");
 */
export const loadReferences = takesLater(
  "loadReferences(path)",
  async (path: string): Promise<readonly Reference[]> => {
    const text = await orThrow(readText(path, caller, MAX_BYTES));
    return orThrow(decodeAs(t.readonlyArray(Reference, "references"), caller, path)(parsed(text, path)));
  },
);
