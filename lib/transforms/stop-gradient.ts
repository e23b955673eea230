/** @file Where derivatives end. */
import { composite } from "../core/composite.js";
import { treeMap } from "../core/pytree.js";
import { asTensor, type GradsOf } from "../core/tensor.js";
import { stopGradient as stop } from "../primitives/elementwise.js";

/**
 * The same values without their derivatives: tangents and cotangents end here.
 *
 * @param tree  tensors or numbers
 * @see JAX's `jax.lax.stop_gradient`
 * @example grad((x: Tensor) => np.multiply(x, stopGradient(x)))(3) // 3, not 6
 */
export const stopGradient: <T>(tree: T) => GradsOf<T> = composite(
  "stopGradient(tree)",
  <T>(tree: T): GradsOf<T> => treeMap((x: unknown) => stop(asTensor(x, "stopGradient")), tree) as GradsOf<T>,
);
