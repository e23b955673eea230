/**
 * @file Two executors as one runtime: compiled programs run natively, single operations on the TensorFlow.js backend.
 *
 * Arrays begin in the native executor's memory, which is that of JavaScript. One that an operation needs on the other device is copied
 * there once and stays.
 */
import type { ExecutorRuntime } from "../runtime.js";

/** Programs on `native`, which counts traffic and memory of both; the rest on `eager`. */
export const nativeRuntime = (native: ExecutorRuntime, eager: ExecutorRuntime): ExecutorRuntime => ({
  ...native,
  evaluate: (prim, args, params) => {
    const compiled = prim.inline !== undefined && params.executor !== "tfjs";
    return (compiled ? native : eager).evaluate(prim, args, params);
  },
  executors: ["onnx", "tfjs"],
  fallbacks: (jaxpr, executor) => (executor === "tfjs" ? eager : native).fallbacks(jaxpr),
  forget: (jaxpr) => {
    native.forget(jaxpr);
    eager.forget(jaxpr);
  },
});
