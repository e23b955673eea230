/** @file The language against JAX on every executor: all cases, natively every third one; jax.slow.ts has all of them natively. */
import { suite } from "uvu";
import { withShared } from "../helpers/shared.js";
import { readFloat32 } from "./cases.js";
import { checkOn } from "./check.js";

const Jax = suite("jax/jax.long");

for (const label of ["reference", "cpu", "wasm"] as const) {
  withShared(Jax, `on ${label}`, (root) => checkOn(label, readFloat32(root), ["eager", "jit"]));
}

withShared(Jax, "every third, compiled natively", (root) =>
  checkOn(
    "onnx",
    readFloat32(root).filter((_, i) => i % 3 === 1),
    ["jit"],
  ),
);

Jax.run();
