/** @file Notes on `jax.nn` and `jax.random`. */
import { all, type Module } from "./note.js";

export const JAX_NN: Module = {
  space: "nn",
  absent: "not yet",
  names: {
    ...all("scaled_matmul get_scaled_dot_general_config scaled_dot_general", { not: "no 8-bit floats" }),
  },
};

export const JAX_RANDOM: Module = { space: "random", absent: "not yet" };
