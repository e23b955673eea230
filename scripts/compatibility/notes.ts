/** @file What is to be said of JAX's modules and names: where they are here, how they differ, why they are not there. */
import { JAX } from "./jax.js";
import { LAX, LAX_LINALG } from "./lax.js";
import { JAX_NN, JAX_NN_INITIALIZERS, JAX_RANDOM } from "./nn-random.js";
import type { Module } from "./note.js";
import { JAX_NUMPY, JAX_NUMPY_LINALG } from "./numpy.js";
import { SCIPY } from "./scipy.js";

export const MODULES: Readonly<Record<string, Module>> = {
  jax: JAX,
  "jax.numpy": JAX_NUMPY,
  "jax.numpy.fft": { absent: "no complex numbers" },
  "jax.numpy.linalg": JAX_NUMPY_LINALG,
  "jax.lax": LAX,
  "jax.lax.linalg": LAX_LINALG,
  "jax.nn": JAX_NN,
  "jax.nn.initializers": JAX_NN_INITIALIZERS,
  "jax.random": JAX_RANDOM,
  ...SCIPY,
};
