/** @file Errors that are expected. */
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";

/** The message of the error of this kind that `f` throws, or that there was none; other errors are thrown on. */
export const refusalOf = (tag: ErrorTag, f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (isFluxionError(error, tag)) return error.message;
    throw error;
  }
  return "nothing was refused";
};
