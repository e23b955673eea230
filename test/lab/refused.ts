/** @file What errors say, in parts. */
import { isFluxionError, type Mismatch } from "../../lib/core/errors.js";

type Tag = "ArgumentError" | "CheckpointError" | "ConfigError" | "DataError";

const partsOf = (error: unknown, tag: Tag): Mismatch => {
  if (isFluxionError(error, tag)) return error.mismatch;
  throw error;
};

/** The parts of the error that `f` throws. */
export const refused = (f: () => unknown, tag: Tag = "ConfigError"): Mismatch => {
  let value: unknown;
  try {
    value = f();
  } catch (error) {
    return partsOf(error, tag);
  }
  throw new Error(`nothing was refused: ${JSON.stringify(value)}`);
};

/** The parts of the error that a promise rejects with. */
export const refusal = async (promise: Promise<unknown>, tag: Tag = "ConfigError"): Promise<Mismatch> => {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return partsOf(error, tag);
  }
  throw new Error(`nothing was refused: ${JSON.stringify(value)}`);
};

/** The message of the CheckpointError that some work ends with; `no error` without one. */
export const failure = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (isFluxionError(error, "CheckpointError")) return error.message;
    throw error;
  }
  return "no error";
};
