/** @file What the tests of transformations share: a reference runtime of their own, and checks of errors. */
import type { Test } from "uvu";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import { setRuntime } from "../../lib/core/runtime.js";

/** Runs a suite on a new reference runtime; the one before comes back afterwards. */
export const onOwnRuntime = (suite: Test): ExecutorRuntime => {
  const runtime = runtimeOn(referenceExecutor());
  let before: ReturnType<typeof setRuntime>;
  suite.before(() => {
    before = setRuntime(runtime);
  });
  suite.after(() => void setRuntime(before));
  return runtime;
};

/** For `assert.throws`: an error of ours with these words. */
export const failing =
  (tag: ErrorTag, words: RegExp) =>
  (e: unknown): boolean =>
    isFluxionError(e, tag) && words.test(e.message);
