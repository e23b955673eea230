/** @file Joining, splitting and repeating. */
import { normalizeAxis, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as mv from "../primitives/movement.js";
import { promoteDType } from "./promote.js";
import { expandDims } from "./shape.js";
import { pythonSlice } from "./slice.js";

export const concatenate = composite("np.concatenate", (xs: readonly TensorLike[], axis: number = 0): Tensor => {
  if (xs.length === 0) {
    throw new ArgumentError({
      where: "np.concatenate",
      what: "the list is empty",
      expected: "at least one tensor",
      got: "none",
    });
  }
  const same = promoteDType("np.concatenate", xs);
  return mv.concatenate(same, normalizeAxis("np.concatenate", axis, same[0].ndim));
});
export const stack = composite("np.stack", (xs: readonly TensorLike[], axis: number = 0): Tensor => {
  const tensors = xs.map((x) => asTensor(x, "np.stack"));
  const place = tensors.length === 0 ? 0 : normalizeAxis("np.stack", axis, tensors[0].ndim + 1);
  return concatenate(
    tensors.map((t) => expandDims(t, place)),
    place,
  );
});

/** That many equal parts, or the parts between the given indices, which count as in Python's slices. */
export const split = (x: TensorLike, parts: number | readonly number[], axis = 0): Tensor[] => {
  const t = asTensor(x, "np.split");
  const at = normalizeAxis("np.split", axis, t.ndim);
  const size = t.shape[at];
  if (typeof parts === "number" && (!Number.isInteger(parts) || parts < 1 || size % parts !== 0)) {
    throw new ShapeError({
      where: "np.split",
      what: "the axis does not divide into equal parts",
      expected: `a size that ${parts} divides`,
      got: `${t.aval}, axis ${at}`,
    });
  }
  const cuts = typeof parts === "number" ? range(parts - 1).map((i) => ((i + 1) * size) / parts) : parts;
  const bounds = [0, ...cuts, size];
  return bounds.slice(1).map((stop, i) => {
    const [start, limit] = pythonSlice(size, bounds[i], stop, 1);
    return mv.sliceAxis(t, at, start, limit);
  });
}; /** The whole repeated along each axis. */
export const tile = composite("np.tile", (x: TensorLike, repeats: readonly number[]): Tensor => {
  const t = asTensor(x, "np.tile");
  const rank = Math.max(t.ndim, repeats.length);
  const shape = [...new Array<number>(rank - t.ndim).fill(1), ...t.shape];
  const times = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  const paired = b.reshape(
    t,
    shape.flatMap((n) => [1, n]),
  );
  const wide = b.broadcastTo(
    paired,
    shape.flatMap((n, i) => [times[i], n]),
  );
  return b.reshape(
    wide,
    shape.map((n, i) => n * times[i]),
  );
});
