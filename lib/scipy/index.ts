/** @file What `jax.scipy` has beyond `np`. */
export * as linalg from "./linalg.js";
