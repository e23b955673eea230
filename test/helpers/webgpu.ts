/** @file The webgpu runtime for tests, where the machine has an adapter. */
import { runtimeFor } from "../../lib/compile/init.js";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";

/** The runtime, or why there is none. `.ci/run` sets up SwiftShader; a machine with a graphics driver needs nothing. */
export const webGpuRuntime = async (): Promise<ExecutorRuntime | string> => {
  try {
    return await runtimeFor("webgpu");
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
};
