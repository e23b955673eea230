/**
 * @file Sums of float32 that stay exact where many are added up.
 *
 * The runtime adds one element after the other, in one chain or, along the last axis, in some side by side. The error of a chain grows with its
 * length: 10^6 times 0.1 in eight chains is 0.1% off. So long sums are taken in blocks, and then over the blocks, which costs no time.
 */
import { type Shape, sizeOf } from "../../core/aval.js";
import type { GraphBuilder } from "./builder.js";
import { ELEMENT } from "./model.js";

/**
 * The longest sum that is left as it is. Shorter ones keep the runtime's one operator, whose results and times they have always had: 4096 equal
 * numbers in a chain are off by 4e-5 at most, random ones by 1e-6; along a last axis, where the runtime adds eight chains side by side, by 5e-6.
 */
const LONGEST = 4096;
/** The longest row that the runtime's softmax and norms are given, which are faster than their parts; its chains are of 4096. */
export const LONGEST_ROW = 32_768;

/** Largest blocks: chains of 32 side by side in a row, and of 64 down a column, are off by 1e-6 at most. */
const ROW_BLOCK = 256;
const COLUMN_BLOCK = 64;
/** With fewer columns than this, rows of several blocks are added, as one long row. */
const FEW_COLUMNS = 16;

/** The largest divisor of `length` that is at most `most` and not much smaller; undefined where there is none. */
export const blockOf = (length: number, most: number): number | undefined => {
  for (let block = most; block >= most / 8; block--) if (length % block === 0) return block;
  return undefined;
};

/** One axis among others: `[outer, length, inner]`. */
interface View {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

const shaped = (b: GraphBuilder, x: string, shape: Shape): string => b.node("Reshape", [x, b.ints(shape)]);
const sumOf = (b: GraphBuilder, x: string, axis: number): string =>
  b.node("ReduceSum", [x, b.ints([axis])], { keepdims: 0 });
/** From `start` to before `limit` along one axis. */
export const between = (b: GraphBuilder, x: string, axis: number, start: number, limit: number): string =>
  b.node("Slice", [x, b.ints([start]), b.ints([limit]), b.ints([axis])]);

/** Sums of blocks: `[outer, length / block, inner]`. */
const sumsOfBlocks = (b: GraphBuilder, x: string, { outer, length, inner }: View, block: number): string => {
  const count = length / block;
  if (inner === 1) return sumOf(b, shaped(b, x, [outer * count, block]), 1);
  // A block may be any of the elements: with few columns those that are far apart, so that long rows are added.
  if (inner < FEW_COLUMNS) return sumOf(b, shaped(b, x, [outer, block, count * inner]), 1);
  return sumOf(b, shaped(b, x, [outer * count, block, inner]), 1);
};

/** The sum along the axis in the middle, `[outer, inner]`, in blocks; the value's own shape may be another of as many elements. */
export const sumAlong = (b: GraphBuilder, x: string, view: View): string => {
  const { outer, inner } = view;
  const most = inner === 1 ? ROW_BLOCK : COLUMN_BLOCK;
  let [sums, length] = [x, view.length];
  while (length > most) {
    let block = blockOf(length, most);
    const whole = block === undefined ? length - (length % most) : length;
    block ??= most;
    const parts = shaped(b, sums, [outer, length, inner]);
    const head = whole === length ? sums : between(b, parts, 1, 0, whole);
    const blocks = sumsOfBlocks(b, head, { outer, length: whole, inner }, block);
    if (whole === length) sums = blocks;
    else {
      const rest = b.node("ReduceSum", [between(b, parts, 1, whole, length), b.ints([1])], { keepdims: 1 });
      sums = b.node("Concat", [shaped(b, blocks, [outer, whole / block, inner]), rest], { axis: 1 });
    }
    length = Math.ceil(length / block);
  }
  return sumOf(b, shaped(b, sums, [outer, length, inner]), 1);
};

/** Neighbouring axes that are summed, or not, as one each. */
const groupsOf = (shape: Shape, axes: readonly number[]): { length: number; readonly summed: boolean }[] => {
  const groups: { length: number; readonly summed: boolean }[] = [];
  shape.forEach((size, axis) => {
    const summed = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.summed === summed) last.length *= size;
    else groups.push({ length: size, summed });
  });
  return groups;
};

/** The sum of float32 over `axes`, of the shape `out`. */
export const sum = (b: GraphBuilder, x: string, shape: Shape, axes: readonly number[], out: Shape): string => {
  if (sizeOf(axes.map((axis) => shape[axis])) <= LONGEST) {
    return b.node("ReduceSum", [x, b.ints(axes)], { keepdims: Number(out.length === shape.length) });
  }
  const groups = groupsOf(shape, axes);
  let sums = x;
  for (let left = groups.filter(({ summed }) => summed).length; left > 0; left--) {
    // The longest first: what is left for the others is short.
    const longest = Math.max(...groups.map(({ length, summed }) => (summed ? length : 0)));
    const at = groups.findIndex(({ length, summed }) => summed && length === longest);
    const sizes = groups.map(({ length }) => length);
    sums = sumAlong(b, sums, {
      outer: sizeOf(sizes.slice(0, at)),
      length: longest,
      inner: sizeOf(sizes.slice(at + 1)),
    });
    groups.splice(at, 1);
  }
  return shaped(b, sums, out);
};

/**
 * Running sums of float32 along an axis. Long ones go in doubles, as in the primitive's definition: adding the sums before a block to it would
 * be one more pass over all, and slow where the axes behind are small.
 */
export const runningSum = (b: GraphBuilder, x: string, length: number, axis: number, reverse: boolean): string => {
  const sums = (y: string): string => b.node("CumSum", [y, b.int(axis)], { reverse: Number(reverse) });
  if (length <= LONGEST) return sums(x);
  const cast = (y: string, to: "float32" | "float64"): string => b.node("Cast", [y], { to: ELEMENT[to] });
  return cast(sums(cast(x, "float64")), "float32");
};
