/** @file The language against JAX: all cases compiled natively, and eager beside it. */
import { suite } from "uvu";
import { withShared } from "../helpers/shared.js";
import { readFloat32 } from "./cases.js";
import { checkOn } from "./check.js";

const Jax = suite("jax/jax.slow");

withShared(Jax, "all, compiled natively and eager", (root) => checkOn("onnx", readFloat32(root), ["eager", "jit"]));

Jax.run();
