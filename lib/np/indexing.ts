/** @file Elements at computed places. */
import { broadcastShapes, isInteger, normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { asTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as g from "../primitives/gather.js";
import { cast } from "./promote.js";

/** Indices as int32. @throws {DTypeError} for floats and bools */
export const asIndices = (where: string, x: TensorLike): Tensor => {
  const t = asTensor(x, where);
  if (isInteger(t.dtype) || (t instanceof Literal && t.dtype !== "bool")) return cast(where, t, "int32");
  throw new DTypeError({
    where,
    what: "indices are not integers",
    expected: "int32 or uint32",
    got: `${t.aval}`,
    hint: "convert them with np.astype, or use np.where for a mask",
  });
};

/**
 * Elements at `indices` along `axis`, with JAX's modes: `fill` counts negative ones from the end and gives NaN for others
 * out of range; `clip` takes the nearest.
 */
export const take = composite(
  "np.take",
  (x: TensorLike, indices: TensorLike, axis: number = 0, mode: "fill" | "clip" = "fill"): Tensor => {
    const t = asTensor(x, "np.take");
    const at = normalizeAxis("np.take", axis, t.ndim);
    const whole = asIndices("np.take", indices);
    return g.take(t, mode === "fill" ? g.wrapIndices(whole, t.shape[at]) : whole, at, mode);
  },
);
/** `x[..., indices[..., j], ...]` along `axis`, NumPy's `take_along_axis`. */
export const takeAlongAxis = composite(
  "np.takeAlongAxis",
  (x: TensorLike, indices: TensorLike, axis: number): Tensor => {
    const t = asTensor(x, "np.takeAlongAxis");
    const at = normalizeAxis("np.takeAlongAxis", axis, t.ndim);
    const i = asIndices("np.takeAlongAxis", indices);
    if (i.ndim !== t.ndim) {
      throw new ShapeError({
        where: "np.takeAlongAxis",
        what: "ranks differ",
        expected: "indices with the rank of the tensor",
        got: `${t.aval} and indices ${i.aval}`,
      });
    }
    const around = broadcastShapes(
      "np.takeAlongAxis",
      t.shape.map((n, a) => (a === at ? 1 : n)),
      i.shape.map((n, a) => (a === at ? 1 : n)),
    );
    const wide = (y: Tensor): Tensor =>
      b.broadcastTo(
        y,
        around.map((n, a) => (a === at ? y.shape[a] : n)),
      );
    return g.takeAlongAxis(wide(t), g.wrapIndices(wide(i), t.shape[at]), at);
  },
);
