/**
 * @file What stands between the brackets of `x[...]`, one item an axis: integers, tensors of integers, slices, new axes, an
 * ellipsis, masks. Here the items of a user become one part for each axis of `x` and for each new axis.
 */

import { type Aval, isFloat, isInteger, range, type Shape, sizeOf, stridesOf } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { ArgumentError, DTypeError, FLOAT_HINT, ShapeError } from "../core/errors.js";
import { hostArray } from "../core/host.js";
import { scalarOf } from "../core/rules.js";
import { wordsOf } from "../core/signature.js";
import { asTensor, isTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as e from "../primitives/elementwise.js";
import { toIndices } from "../primitives/gather.js";
import { fromHost } from "./array.js";
import { mod } from "./elementwise.js";
import { cast } from "./promote.js";
import { pythonSlice } from "./slice.js";

/** A slice as Python has it; null for what is left out. */
export interface Slice {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number;
}

/** A slice as it is typed: `"1:3"`, `":"`, `"::-1"`. */
export type SliceText = `${string}:${string}`;

/** An integer or a tensor of integers, a slice, `null` for a new axis, `"..."` for all axes that are not named, or a mask. */
export type Index = number | Tensor | Slice | SliceText | "..." | null;

/** A slice with computed bounds: `s(1, null)` is `"1:"`, `s(null, null, -1)` is `"::-1"`. */
export const s = takes(
  "np.s(start, stop, step)",
  (start: number | null = null, stop: number | null = null, step = 1): Slice => ({ start, stop, step }),
);

const refuse = (where: string, index: unknown): ArgumentError =>
  new ArgumentError({
    where,
    what: "not an index",
    expected: 'an integer, a tensor of integers or bools, a slice ("1:3", "::-1", np.s(1, 3)), null or "..."',
    got: Array.isArray(index) ? "an array" : typeof index === "object" ? "an object" : wordsOf(index),
    hint: Array.isArray(index)
      ? "make a tensor of it: np.array(list, { dtype: 'int32' })"
      : typeof index === "string"
        ? textHint(index)
        : undefined,
  });

/** What to do about a text that cannot be a slice. */
const textHint = (text: string): string | undefined => {
  const bare = text.replaceAll(/[[\]\s]/g, "");
  if (bare.includes(",")) {
    const items = bare.split(",").map((item) => (/^-?\d+$/.test(item) ? item : `"${item}"`));
    return `give one item an axis, not one text for all: np.get(x, ${items.join(", ")})`;
  }
  if (bare === text) return undefined;
  return `leave the brackets out: np.get(x, ${/^-?\d+$/.test(bare) ? bare : `"${bare}"`})`;
};

const parse = (where: string, text: string): Slice => {
  const parts = text.split(":").map((part) => part.trim());
  const numbers = parts.map((part) => (part === "" ? null : Number(part)));
  const isSlice = parts.length === 2 || parts.length === 3;
  if (!isSlice || text.includes(",") || numbers.some(Number.isNaN)) throw refuse(where, text);
  const [start, stop, step] = numbers;
  return { start, stop, step: step ?? 1 };
};

/** Indices as int32; see `toIndices`. @throws {DTypeError} for floats and bools */
export const asIndices = (where: string, x: TensorLike): Tensor => {
  const t = asTensor(x, where);
  if (t instanceof Literal && t.dtype !== "bool") return cast(where, t, "int32");
  if (isInteger(t.dtype)) return toIndices(t);
  throw new DTypeError({
    where,
    what: "indices are not integers",
    expected: "int32 or uint32",
    got: `${t.aval}`,
    hint: isFloat(t.dtype) ? FLOAT_HINT : "use np.where for a mask",
  });
};

/** Indices as int32 that count on from the beginning of an axis of `n` elements where they leave it; uint32 from where they are. */
export const asWrapped = (where: string, x: TensorLike, n: number): Tensor => {
  const t = asTensor(x, where);
  if (t.dtype !== "uint32") return mod(asIndices(where, t), n);
  return e.convert(e.rem(t, scalarOf(t.aval.strong(), n)), "int32");
};

/** `count` places along an axis, the first at `start`. */
interface SlicePart {
  readonly kind: "slice";
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** One part of an index, in the order of the result. */
export type Part =
  | { readonly kind: "new" }
  | { readonly kind: "at"; readonly axis: number; readonly at: number | Tensor }
  | SlicePart;

/** The parts, and where the axes of integer tensors go in the result: before this part. */
export interface Parts {
  readonly parts: readonly Part[];
  readonly place: number;
}

/** The places where a mask is true, as one vector of int32 for each of its axes. */
const placesOf = (where: string, mask: Tensor): Tensor[] => {
  const { data, shape } = mask.concrete(`${where} with a mask (its values give the size)`).host();
  const flat = range(data.length).filter((i) => data[i] !== 0);
  return stridesOf(shape).map((stride, axis) => {
    const along = Int32Array.from(flat, (i) => Math.floor(i / stride) % shape[axis]);
    return fromHost(hostArray([flat.length], "int32", along));
  });
};

const isMask = (x: unknown): x is Tensor => isTensor(x) && x.dtype === "bool";
const isSlice = (x: unknown): x is Slice => typeof x === "object" && x !== null && "step" in x && !isTensor(x);

/** How many axes of `x` an item takes; the ellipsis not counted. */
const axesOf = (item: Index): number => (item === null || item === "..." ? 0 : isMask(item) ? item.ndim : 1);

const sliceOf = (where: string, { start, stop, step }: Slice, axis: number, n: number): SlicePart => {
  if (step === 0 || [start ?? 0, stop ?? 0, step].some((v) => !Number.isInteger(v))) {
    throw new ArgumentError({
      where,
      what: `the slice along axis ${axis} has no meaning`,
      expected: "integers, and a step that is not 0",
      got: `${start ?? ""}:${stop ?? ""}:${step}`,
    });
  }
  const [from, limit, stride] = pythonSlice(n, start, stop, step);
  const count = Math.ceil((limit - from) / stride);
  return { kind: "slice", axis, start: step > 0 || count === 0 ? from : from + (count - 1) * stride, step, count };
};

/** The places along an axis of `n` that a slice names. */
export const placesOfSlice = (where: string, slice: Slice | SliceText, axis: number, n: number): number[] => {
  const { start, step, count } = sliceOf(where, typeof slice === "string" ? parse(where, slice) : slice, axis, n);
  return range(count).map((i) => start + i * step);
};

const checkMask = (where: string, mask: Tensor, x: Aval, axis: number): void => {
  const along = x.shape.slice(axis, axis + mask.ndim);
  if (mask.ndim > 0 && mask.shape.every((n, i) => n === along[i])) return;
  throw new ShapeError({
    where,
    what: "the mask has another shape than the axes it stands for",
    expected: mask.ndim === 0 ? "a mask with an axis" : `[${along}], as in ${x}`,
    got: `${mask.aval}`,
  });
};

/** What the items of an index mean for a tensor. @throws {ArgumentError} for what is not an index; {ShapeError} for too many */
export const partsOf = (where: string, x: Aval, index: readonly Index[]): Parts => {
  const named = index.reduce<number>((sum, item) => sum + axesOf(item), 0);
  const ellipses = index.filter((item) => item === "...").length;
  if (named > x.ndim || ellipses > 1) {
    throw new ShapeError({
      where,
      what: ellipses > 1 ? "there is more than one ellipsis" : "there are more indices than axes",
      expected: ellipses > 1 ? 'one "..."' : `at most ${x.ndim}, as in ${x}`,
      got: `${ellipses > 1 ? ellipses : named}`,
    });
  }
  const whole = (axis: number): Part => ({ kind: "slice", axis, start: 0, step: 1, count: x.shape[axis] });
  const parts: Part[] = [];
  /** Runs of neighbouring integers, by the item and part that each begins with. */
  const runs: number[] = [];
  let axis = 0;
  let inRun = false;
  const integers = (list: readonly (number | Tensor)[]): void => {
    if (!inRun) runs.push(parts.length);
    inRun = true;
    for (const at of list) parts.push({ kind: "at", axis: axis++, at });
  };
  const other = (list: readonly Part[]): void => {
    inRun = false;
    parts.push(...list);
  };
  for (const item of index) {
    if (item === null) other([{ kind: "new" }]);
    else if (item === "...") {
      other(range(x.ndim - named).map((i) => whole(axis + i)));
      axis += x.ndim - named;
    } else if (typeof item === "number" && Number.isInteger(item)) integers([item]);
    else if (isMask(item)) {
      checkMask(where, item, x, axis);
      integers(placesOf(where, item));
    } else if (isTensor(item)) integers([asIndices(where, item)]);
    else if (typeof item === "string" || isSlice(item)) {
      other([sliceOf(where, typeof item === "string" ? parse(where, item) : item, axis, x.shape[axis])]);
      axis++;
    } else throw refuse(where, item);
  }
  other(range(x.ndim - axis).map((i) => whole(axis + i)));
  return { parts, place: runs.length === 1 ? runs[0] : 0 };
};

/** Whether a shape has no elements. */
export const isEmpty = (shape: Shape): boolean => sizeOf(shape) === 0;
