/**
 * @file Two executors as one runtime: one runs compiled programs, the backend runs single operations.
 *
 * Arrays begin in the memory of the first, which is JavaScript's on the native executor. One that an operation needs on the other
 * device is copied there once and stays.
 */
import { ITSELF } from "./executors.js";
import type { ExecutorRuntime } from "./runtime.js";

/** Programs on `native`, under its `name`, which counts traffic and memory of both; the rest on `eager`. */
export const besideBackend = (name: string, native: ExecutorRuntime, eager: ExecutorRuntime): ExecutorRuntime => ({
  ...native,
  evaluate: (prim, args, params) => {
    const compiled = prim.inline !== undefined && params.executor !== ITSELF;
    return (compiled ? native : eager).evaluate(prim, args, params);
  },
  executors: [name, ITSELF],
  fallbacks: (jaxpr, executor) => (executor === ITSELF ? eager : native).fallbacks(jaxpr),
  forget: (jaxpr) => {
    native.forget(jaxpr);
    eager.forget(jaxpr);
  },
});
