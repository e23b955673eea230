/** @file Diagonals and triangles. */
import type { DType } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { cast } from "./promote.js";

/** Ones on the `k`-th diagonal. */
export const eye = composite("np.eye", (n: number, m: number = n, k: number = 0, dtype: DType = "float32"): Tensor => {
  const rows = mv.iota([n, m], "int32", 0);
  const columns = mv.iota([n, m], "int32", 1);
  return cast("np.eye", e.eq(e.add(rows, literal("np.eye", k, "int32")), columns), dtype);
});

const triangle = (name: string, keep: (row: Tensor, column: Tensor) => Tensor) =>
  composite(name, (x: TensorLike, k: number = 0): Tensor => {
    const t = asTensor(x, name);
    if (t.ndim < 2) {
      throw new ShapeError({ where: name, what: "this is no matrix", expected: "rank 2 or more", got: `${t.aval}` });
    }
    const size = t.shape.slice(-2);
    const mask = keep(e.add(mv.iota(size, "int32", 0), literal(name, k, "int32")), mv.iota(size, "int32", 1));
    const aligned = b.reshape(mask, [...new Array<number>(t.ndim - 2).fill(1), ...size]);
    return e.select(aligned, t, e.zeroLike(t));
  });
/** Zero above the `k`-th diagonal of the last two axes. */
export const tril = triangle("np.tril", e.ge);
/** Zero below the `k`-th diagonal of the last two axes. */
export const triu = triangle("np.triu", e.le);
