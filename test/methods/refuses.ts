/** @file Wrong use of methods on a small model, and what it must say. */
import * as assert from "uvu/assert";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import { random, type Tensor } from "../../lib/index.js";
import type * as methods from "../../lib/methods/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

/** Asserts that `f` throws an error of this kind whose message has all of these parts. */
export const refuses = (f: () => unknown, tag: ErrorTag, ...parts: readonly (string | RegExp)[]): void => {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  assert.ok(isFluxionError(thrown, tag), `${tag} expected, got ${thrown}`);
  for (const part of parts) assert.match((thrown as Error).message, part);
};

export const key = (): Tensor => random.key(0);
export const applying = (method: methods.Method, tuned: object): (() => unknown) => {
  const { config, params } = tinyT5();
  return () => method.apply(config, params, tuned);
};
export const any = (method: unknown): methods.Method => method as methods.Method;
