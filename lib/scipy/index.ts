/** @file What `jax.scipy` has beyond `np`. */
export * as linalg from "./linalg.js";
export * as special from "./special/index.js";
export * as stats from "./stats/index.js";
