/** @file Errors of one part of several: a method of `compose`, an adapter of a table. */
import { isFluxionError, type Mismatch } from "../core/errors.js";

/** Runs a part; its errors have its name in front of their place. */
export const inPart = <T>(name: string, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    if (!isFluxionError(error)) throw error;
    const Same = error.constructor as new (mismatch: Mismatch, options: { cause: unknown }) => Error;
    const { at } = error.mismatch;
    throw new Same({ ...error.mismatch, at: at === undefined ? name : `${name}/${at}` }, { cause: error });
  }
};
