/** @file Where the vocabulary of a model is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "./parse.js";

/** The given file, or that of the model's folder. */
export const tokenizerPath = (model: string, given: string | undefined): string => {
  if (given !== undefined) return given;
  const path = join(model, "spiece.model");
  if (existsSync(path)) return path;
  throw usageError("fluxion", "the model has no vocabulary of its own", {
    expected: "spiece.model in its folder",
    at: model,
    hint: "name the file: --tokenizer FILE",
  });
};
