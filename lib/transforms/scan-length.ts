/** @file The number of turns of a scan: what the leading axes of `xs` and the option `length` say together. */
import { ArgumentError, ShapeError } from "../core/errors.js";
import { pathsOf, printPath, type TreeDef } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";

/** The number of turns. @throws where leading axes differ, or there is nothing to tell it */
export const lengthOf = (where: string, xs: readonly Tensor[], def: TreeDef, asked: number | undefined): number => {
  const paths = pathsOf(def);
  const at = (i: number): string => printPath(paths[i], "xs");
  const scalar = xs.findIndex((x) => x.ndim === 0);
  if (scalar >= 0) {
    throw new ShapeError({
      where,
      what: "a scalar has no rows to go through",
      expected: "tensors with a leading axis",
      got: `${xs[scalar].aval}`,
      at: at(scalar),
      hint:
        def.kind === "array" && xs.every((x) => x.ndim === 0)
          ? "np.array makes one tensor of a list of numbers"
          : "close over what is the same in every turn",
    });
  }
  if (xs.length === 0 && asked === undefined) {
    throw new ArgumentError({
      where,
      what: "the number of turns is not known",
      expected: "xs with a leaf, or the option length",
    });
  }
  const length = asked ?? xs[0].shape[0];
  if (!Number.isInteger(length) || length < 0) {
    throw new ArgumentError({
      where,
      what: "length is not a number of turns",
      expected: "0, 1, 2, …",
      got: String(length),
    });
  }
  const other = xs.findIndex((x) => x.shape[0] !== length);
  if (other >= 0) {
    throw new ShapeError({
      where,
      what: "leading axes differ",
      expected: `${length} rows, as ${asked === undefined ? `${at(0)} has` : "length says"}`,
      got: `${xs[other].aval}`,
      at: at(other),
    });
  }
  return length;
};
