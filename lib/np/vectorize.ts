/** @file Functions of small arrays applied to large ones, over `vmap`. */

import { broadcastShapes, normalizeAxes, normalizeAxis, range } from "../core/aval.js";
import { calledBack } from "../core/caller.js";
import { composite, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { vmap } from "../transforms/vmap.js";
import { expandDims, squeeze } from "./shape.js";

/** How many core axes each argument has by a signature as `(m,n),(n)->(m)`. */
const coreRanks = (signature: string): number[] => {
  const [inputs, outputs, ...more] = signature.replace(/\s/g, "").split("->");
  const groups = /^\((\w+(,\w+)*)?\)(,\((\w+(,\w+)*)?\))*$/;
  if (more.length > 0 || outputs === undefined || !groups.test(inputs) || !groups.test(outputs)) {
    throw new ArgumentError({
      where: "np.vectorize",
      what: "not a signature",
      expected: "groups of names of axes as in (m,n),(n)->(m)",
      got: signature,
    });
  }
  return [...inputs.matchAll(/\(([^)]*)\)/g)].map(([, names]) => (names === "" ? 0 : names.split(",").length));
};

/**
 * A function of scalars (or, with a signature, of arrays with core axes) as a function of arrays that broadcast: the core axes are
 * the last ones, the axes before them are mapped over.
 *
 * @param options.signature  the core axes of arguments and results, as NumPy writes them: `(n),(n)->()`
 * @see jax.numpy.vectorize; sizes of core axes are left to the function
 * @example const dots = np.vectorize(np.dot, { signature: "(n),(n)->()" })
 */
export const vectorize = takes(
  "np.vectorize(f, { signature })",
  <A extends readonly Tensor[], R>(
    f: (...args: A) => R,
    options: { readonly signature?: string } = {},
  ): ((...args: { readonly [K in keyof A]: TensorLike }) => R) => {
    const ranks = options.signature === undefined ? undefined : coreRanks(options.signature);
    return composite(`np.vectorize of ${f.name || "a function"}`, (...args: readonly TensorLike[]): R => {
      const tensors = args.map((x) => asTensor(x, "np.vectorize"));
      if (ranks !== undefined && ranks.length !== tensors.length) {
        throw new ArgumentError({
          where: "np.vectorize",
          what: "the signature has another number of arguments",
          expected: `${ranks.length}, as in ${options.signature}`,
          got: `${tensors.length}`,
        });
      }
      const loops = tensors.map((t, i) => {
        const core = ranks?.[i] ?? 0;
        if (t.ndim >= core) return t.shape.slice(0, t.ndim - core);
        throw new ShapeError({
          where: "np.vectorize",
          what: `argument ${i} has too few axes`,
          expected: `${core} or more, as in ${options.signature}`,
          got: `${t.aval}`,
        });
      });
      const common = broadcastShapes("np.vectorize", ...loops);
      const mapped = range(common.length).filter((axis) => common[axis] !== 1);
      // An argument takes part in an axis that it has with more than one element; its axes of one element go.
      const sizeAt = (i: number, axis: number): number => loops[i][axis - common.length + loops[i].length] ?? 1;
      const thin = tensors.map((t, i) =>
        squeeze(
          t,
          range(loops[i].length).filter((axis) => loops[i][axis] === 1),
        ),
      );
      const inner = [...mapped].reverse().reduce<(...xs: Tensor[]) => R>(
        (g, axis) => {
          const inAxes = tensors.map((_, i) => (sizeAt(i, axis) === 1 ? null : 0));
          return vmap(g as never, { inAxes } as never) as unknown as (...xs: Tensor[]) => R;
        },
        (...xs) => f(...(xs as unknown as A)),
      );
      const ones = range(common.length).filter((axis) => common[axis] === 1);
      return treeMap((y: unknown) => expandDims(y as Tensor, ones), inner(...thin)) as R;
    });
  },
);

/**
 * `f` of every vector along an axis; the axes of its results take the place of that axis.
 *
 * @example np.applyAlongAxis((v) => np.cumsum(v), 0, x)
 */
export const applyAlongAxis = composite(
  "np.applyAlongAxis(f, axis, x)",
  (f: (v: Tensor) => Tensor, axis: number, x: TensorLike): Tensor => {
    const t = asTensor(x, "np.applyAlongAxis");
    const at = normalizeAxis("np.applyAlongAxis", axis, t.ndim);
    const rows = b.moveAxis(t, at, t.ndim - 1);
    const apply = range(t.ndim - 1).reduce<(v: Tensor) => Tensor>((g) => vmap(g) as (v: Tensor) => Tensor, f);
    const y = apply(rows);
    const outer = range(t.ndim - 1);
    const own = range(y.ndim).slice(t.ndim - 1);
    return b.transpose(y, [...outer.slice(0, at), ...own, ...outer.slice(at)]);
  },
);
/** `f(x, axis)` for each axis in turn; an axis that `f` drops comes back with size 1. */
export const applyOverAxes = composite(
  "np.applyOverAxes(f, x, axes)",
  (f: (x: Tensor, axis: number) => Tensor, x: TensorLike, axes: number | readonly number[]): Tensor => {
    const t = asTensor(x, "np.applyOverAxes");
    return normalizeAxes("np.applyOverAxes", t.ndim, axes).reduce((y, axis) => {
      const next = calledBack(() => f(y, axis));
      if (next.ndim === y.ndim) return next;
      if (next.ndim === y.ndim - 1) return expandDims(next, axis);
      throw new ShapeError({
        where: "np.applyOverAxes",
        what: "the function changes the number of axes",
        expected: `rank ${y.ndim}, or one less`,
        got: `${next.aval}`,
      });
    }, t);
  },
);
