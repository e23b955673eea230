/** @file Sorting along an axis: one array, or several together by the first few of them. */
import { type Aval, range, type Shape, sameShape } from "../core/aval.js";
import { axisView, type HostArray, type TypedArray, zerosHost } from "../core/host.js";
import { definePrimitive, isZero, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { demand } from "../core/rules.js";
import { Literal, type Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { sub } from "./elementwise.js";
import { takeAlongAxis } from "./gather.js";
import { iota, mappedFront, reverse, sliceAxis } from "./movement.js";

type Sort = { readonly axis: number; readonly numKeys: number };

/** Whether `a` goes before `b`: ascending, NaN last; zeros of both signs are equal. */
const goesBefore = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));

/** Elements `p` and `q` of rows compared by the first row, where that is equal by the second, and so on. */
const byRows =
  (rows: readonly TypedArray[]) =>
  (p: number, q: number): boolean => {
    for (const row of rows) {
      if (goesBefore(row[p], row[q])) return true;
      if (goesBefore(row[q], row[p])) return false;
    }
    return false;
  };

/** The numbers 0 to `n - 1` in order, by merging from the bottom up: stable. */
const orderBy = (n: number, before: (p: number, q: number) => boolean): Int32Array => {
  let from = Int32Array.from(range(n));
  let to = new Int32Array(n);
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const middle = Math.min(start + width, n);
      const end = Math.min(start + 2 * width, n);
      let [left, right] = [start, middle];
      for (let k = start; k < end; k++) {
        const takesLeft = left < middle && (right >= end || !before(from[right], from[left]));
        to[k] = takesLeft ? from[left++] : from[right++];
      }
    }
    [from, to] = [to, from];
  }
  return from;
};

/** Calls `f` for every row along an axis, with the place of its elements. */
const eachRow = (shape: Shape, axis: number, f: (at: (k: number) => number) => void): void => {
  const { outer, length, inner } = axisView(shape, axis);
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) f((k) => (o * length + k) * inner + i);
};

/** Inputs of one shape; outputs are the same, in the order that sorts the first `numKeys` of them: stable, ascending, NaN last. */
export const sortP: Primitive<Sort> = definePrimitive<Sort>({
  name: "sort",
  abstractEval: (xs, { axis, numKeys }) => {
    const [first] = xs;
    const print = (list: readonly Aval[]): string => list.join(", ");
    demand(axis >= 0 && axis < first.ndim, "sort", "no such axis", "an axis of the operand", `${first}, ${axis}`);
    demand(
      xs.every((x) => sameShape(x.shape, first.shape)),
      "sort",
      "shapes differ",
      "equal shapes",
      print(xs),
    );
    demand(
      Number.isInteger(numKeys) && numKeys >= 1 && numKeys <= xs.length,
      "sort",
      "the number of keys does not fit",
      `1 to ${xs.length}`,
      `${numKeys}`,
    );
    return xs;
  },
  impl: (xs, { axis, numKeys }) => {
    const outs: HostArray[] = xs.map(zerosHost);
    const [{ shape }] = xs;
    const n = shape[axis];
    // A single key is compared without a loop over keys.
    const rows = xs.slice(0, numKeys).map((x) => zerosHost({ shape: [n], dtype: x.dtype }).data);
    const [row] = rows;
    const before = numKeys === 1 ? (p: number, q: number): boolean => goesBefore(row[p], row[q]) : byRows(rows);
    eachRow(shape, axis, (at) => {
      rows.forEach((r, key) => {
        for (let k = 0; k < n; k++) r[k] = xs[key].data[at(k)];
      });
      const order = orderBy(n, before);
      xs.forEach((x, i) => {
        for (let k = 0; k < n; k++) outs[i].data[at(k)] = x.data[at(order[k])];
      });
    });
    return outs;
  },
  jvp: (xs, dxs, { axis, numKeys }) => {
    const [{ shape, size }] = xs;
    const sorted = bind(sortP, [...xs, iota(shape, "int32", axis)], { axis, numKeys });
    const outs = sorted.slice(0, -1);
    const order = sorted[outs.length];
    // Of no elements nothing can be taken.
    const tangents = dxs.map((dx, i) =>
      isZero(dx) || size === 0 ? new Zero(outs[i].aval.strong()) : takeAlongAxis(dx, order, axis, "clip"),
    );
    return [outs, tangents];
  },
  transpose: notLinear("sort"),
  batch: (size, xs, dims, { axis, numKeys }) => {
    const fronts = xs.map((x, i) => mappedFront(x, dims[i], size));
    return [bind(sortP, fronts, { axis: axis + 1, numKeys }), xs.map(() => 0)];
  },
});

/** The operands in the order that sorts the first `numKeys` of them along `axis`. */
export const sortTogether = (xs: readonly Tensor[], axis: number, numKeys = 1): readonly Tensor[] =>
  bind(sortP, xs, { axis, numKeys });

/** Values in ascending order along `axis` and where they came from (int32). */
export const sort = (x: Tensor, axis: number): readonly [values: Tensor, indices: Tensor] => {
  const [values, indices] = sortTogether([x, iota(x.shape, "int32", axis)], axis);
  return [values, indices];
};

/**
 * Values in descending order along `axis`, NaN first, and where they came from (int32). Sorted from back to front and back again: equal
 * ones come by lower index first.
 */
export const sortDescending = (x: Tensor, axis: number): readonly [values: Tensor, indices: Tensor] => {
  const [values, indices] = sort(reverse(x, [axis]), axis);
  return [reverse(values, [axis]), sub(new Literal(x.shape[axis] - 1, "int32"), reverse(indices, [axis]))];
};

/** The `k` largest along `axis`, and where they are. @throws {ShapeError} when there are not so many */
export const largest = (where: string, x: Tensor, k: number, axis: number): [values: Tensor, indices: Tensor] => {
  const n = x.shape[axis];
  demand(
    Number.isInteger(k) && k >= 0 && k <= n,
    where,
    "the axis has no such number of elements",
    `k from 0 to ${n}, as in ${x.aval}`,
    `${k}`,
  );
  const [values, indices] = sortDescending(x, axis);
  return [sliceAxis(values, axis, 0, k), sliceAxis(indices, axis, 0, k)];
};
