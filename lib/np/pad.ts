import { composite } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as mv from "../primitives/movement.js";
import { cast } from "./promote.js";

/** Adds `[before, after]` elements of a constant on every axis. */
export const pad = composite(
  "np.pad",
  (x: TensorLike, widths: readonly (readonly [number, number])[], value: TensorLike = 0): Tensor => {
    const t = asTensor(x, "np.pad");
    return mv.pad(t, cast("np.pad", asTensor(value, "np.pad"), t.dtype), {
      low: widths.map(([low]) => low),
      high: widths.map(([, high]) => high),
      interior: widths.map(() => 0),
    });
  },
);
