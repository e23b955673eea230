/** @file Gather, scatter and dynamic slices as ONNX nodes. */
import { type Aval, range, type Shape, sameShape, sizeOf, without } from "../../core/aval.js";
import {
  fillOf,
  type GatherDims,
  type GatherParams,
  type ScatterParams,
  windowsOf,
} from "../../primitives/gather-dims.js";
import type { GraphBuilder } from "./builder.js";
import { Nodes } from "./elementwise.js";
import type { Lowering } from "./lowering.js";
import { reshaped } from "./movement.js";
import { between } from "./sums.js";

const int32 = (b: GraphBuilder, shape: Shape, values: ArrayLike<number>): string =>
  b.array({ shape, dtype: "int32", data: Int32Array.from(values) });

/** Whole rows of the leading axes are taken: then rows move, not single elements. */
interface Unit {
  /** Elements that move together. */
  readonly inner: number;
  /** Units of the operand. */
  readonly count: number;
}

/** The largest contiguous run of the operand that every window is made of. */
const unitOf = (operand: Shape, d: GatherDims): Unit => {
  let inner = 1;
  for (let axis = operand.length - 1; axis >= 0; axis--) {
    const whole = d.sliceSizes[axis] === operand[axis] && !d.collapsedSliceDims.includes(axis);
    if (!whole || d.operandBatchingDims.includes(axis)) break;
    inner *= operand[axis];
  }
  return { inner, count: inner === 0 ? 0 : sizeOf(operand) / inner };
};

/** `x` of a shape as one of another. */
const shapedAs = (b: GraphBuilder, x: string, from: Shape, to: Shape): string =>
  sameShape(from, to) ? x : reshaped(b, x, to);

interface Places {
  /** The unit at which each unit of each window lies, `int32[windows, units]`. */
  readonly places: string;
  /** Units of a window. */
  readonly units: number;
  /** Writes which windows are outside, `bool[windows, 1]`; absent where none can be. */
  readonly outside: (() => string) | undefined;
}

const placesOf = (
  b: GraphBuilder,
  operand: Shape,
  indicesAval: Aval,
  indices: string,
  d: GatherDims,
  { inner }: Unit,
): Places => {
  const n = new Nodes(b);
  const w = windowsOf(operand, indicesAval.shape, d);
  const starts = w.resultStarts.length;
  const components = w.strides.length;
  const offsets = w.operandOffsets.filter((offset) => offset % inner === 0).map((offset) => offset / inner);
  // Within a window the offsets of the unit's elements follow its first one; only whole units are counted.
  const units = w.operandOffsets.length / inner;
  const firsts = inner === 1 ? w.operandOffsets : offsets.slice(0, units);
  const added = (x: string, shape: Shape, values: Int32Array): string =>
    values.every((value) => value === 0) ? x : n.op("Add", x, int32(b, shape, values));
  const bases = w.operandStarts.map((start) => start / inner);
  if (components === 0) {
    return { places: added(int32(b, [starts, 1], bases), [1, units], firsts), units, outside: undefined };
  }
  const rows = shapedAs(b, indices, indicesAval.shape, [starts, components]);
  const clipped =
    components === 1
      ? n.op("Clip", rows, n.int(0), n.int(w.lastStarts[0]))
      : n.op("Min", n.op("Max", rows, n.int(0)), int32(b, [1, components], w.lastStarts));
  const strides = w.strides.map((stride) => stride / inner);
  const scaled = strides.every((stride) => stride === 1)
    ? clipped
    : n.op("Mul", clipped, int32(b, [1, components], strides));
  const alongRows = (op: string, x: string): string =>
    components === 1 ? x : b.node(op, [x, b.ints([1])], { keepdims: 1 });
  const base = added(alongRows("ReduceSum", scaled), [starts, 1], bases);
  return {
    places: added(base, [1, units], firsts),
    units,
    outside: () => n.cast(alongRows("ReduceMax", n.signed(n.not(n.op("Equal", clipped, rows)))), "bool"),
  };
};

/** Shape and order of axes between `[windows..., window...]` and the result. */
const layout = (operand: Shape, indices: Shape, d: GatherDims): { split: number[]; toResult: number[] } => {
  const window = without(range(operand.length), [...d.collapsedSliceDims, ...d.operandBatchingDims]);
  const batch = indices.slice(0, -1);
  const rank = batch.length + window.length;
  let [w, s] = [batch.length, 0];
  const toResult = range(rank).map((axis) => (d.offsetDims.includes(axis) ? w++ : s++));
  return { split: [...batch, ...window.map((axis) => d.sliceSizes[axis])], toResult };
};

const inverse = (perm: readonly number[]): number[] => {
  const out = new Array<number>(perm.length);
  perm.forEach((from, to) => {
    out[from] = to;
  });
  return out;
};
const isSorted = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

export const gather: Lowering = ({ inAvals: [operand, indices], outAvals: [out], params }) => {
  const { mode, fillValue, ...d } = params as unknown as GatherParams;
  if (out.size === 0 || operand.size === 0) return undefined;
  const unit = unitOf(operand.shape, d);
  return (b, [x, i]) => {
    const n = new Nodes(b);
    const at = placesOf(b, operand.shape, indices, i, d, unit);
    const table = shapedAs(b, x, operand.shape, [unit.count, unit.inner]);
    const windows = sizeOf(indices.shape.slice(0, -1));
    let taken = b.node("Gather", [table, at.places], { axis: 0 });
    if (mode === "fill" && at.outside !== undefined) {
      const condition = reshaped(b, at.outside(), [windows, 1, 1]);
      const value = b.scalar(operand.dtype, fillOf(operand.dtype, { mode, fillValue }));
      taken =
        operand.dtype === "bool"
          ? n.op("Or", n.op("And", condition, value), n.op("And", n.not(condition), taken))
          : n.where(condition, value, taken);
    }
    const { split, toResult } = layout(operand.shape, indices.shape, d);
    const whole = shapedAs(b, taken, [windows, at.units, unit.inner], split);
    return [isSorted(toResult) ? whole : b.node("Transpose", [whole], { perm: toResult })];
  };
};

/**
 * How many elements `ScatterND` may be given where two may fall on one place. From 210000 on it shares them out among threads, which then add
 * to one place at the same time, and updates are lost.
 */
const ONE_THREAD = 200_000;
/** A table of more elements is not copied once for every part of the updates. */
const LARGE_TABLE = 2 ** 22;

/** Rows of `inner` elements for a table of so many. */
interface Rows {
  readonly places: string;
  readonly values: string;
  readonly count: number;
  readonly inner: number;
  readonly tableSize: number;
}

/** Rows scattered into a table, in their order, so that results do not depend on threads. */
const scattered = (b: GraphBuilder, table: string, rows: Rows, reduction: string, unique: boolean): string => {
  const { places, values, count, inner, tableSize } = rows;
  if (unique || count * inner <= ONE_THREAD) return b.node("ScatterND", [table, places, values], { reduction });
  if (inner === 1 || tableSize > LARGE_TABLE) {
    // One by one and in one thread: slower for long rows, but there is one copy of the table.
    const all = inner === 1 ? places : b.node("Expand", [places, b.ints([count, inner])]);
    return b.node("ScatterElements", [table, all, values], { axis: 0, reduction });
  }
  const step = Math.max(1, Math.floor(ONE_THREAD / inner));
  let done = table;
  for (let start = 0; start < count; start += step) {
    const part = (x: string): string => between(b, x, 0, start, Math.min(count, start + step));
    done = b.node("ScatterND", [done, part(places), part(values)], { reduction });
  }
  return done;
};

const scatter =
  (reduction: "none" | "add" | "mul" | "max" | "min"): Lowering =>
  ({ inAvals: [operand, indices, updates], params }) => {
    const { mode, uniqueIndices, ...d } = params as unknown as ScatterParams;
    const { dtype } = operand;
    if (updates.size === 0 || operand.size === 0 || dtype === "bool") return undefined;
    // The runtime's max and min pass over NaN, and know no uint32.
    if (dtype !== "int32" && (reduction === "max" || reduction === "min")) return undefined;
    const unit = unitOf(operand.shape, d);
    return (b, [x, i, u]) => {
      const n = new Nodes(b);
      const at = placesOf(b, operand.shape, indices, i, d, unit);
      const windows = updates.size / (at.units * unit.inner);
      let table = shapedAs(b, x, operand.shape, [unit.count, unit.inner]);
      let to = at.places;
      const outside = mode === "clip" ? undefined : at.outside;
      if (outside !== undefined) {
        // What falls outside goes to an extra row, which is cut off again.
        to = n.where(outside(), n.int(unit.count), to);
        table = b.node("Pad", [table, b.ints([0, 0, 1, 0]), b.scalar(dtype, 0)]);
      }
      const { toResult } = layout(operand.shape, indices.shape, d);
      const ordered = isSorted(toResult) ? u : b.node("Transpose", [u], { perm: inverse(toResult) });
      const [count, inner] = [windows * at.units, unit.inner];
      const rows: Rows = {
        places: n.cast(reshaped(b, to, [count, 1]), "int64"),
        values: reshaped(b, ordered, [count, inner]),
        ...{ count, inner, tableSize: operand.size },
      };
      const done = scattered(b, table, rows, reduction, uniqueIndices === true || windows === 1);
      const kept =
        outside === undefined ? done : b.node("Slice", [done, b.ints([0]), b.ints([unit.count]), b.ints([0])]);
      return [shapedAs(b, kept, [unit.count, unit.inner], operand.shape)];
    };
  };

/** Starts of a slice that lies inside, `int64[rank]`. */
const inside = (b: GraphBuilder, operand: Shape, sizes: Shape, starts: readonly string[]): string => {
  const n = new Nodes(b);
  const list = b.node(
    "Concat",
    starts.map((s) => reshaped(b, s, [1])),
    { axis: 0 },
  );
  const last = int32(
    b,
    [operand.length],
    operand.map((size, axis) => size - sizes[axis]),
  );
  return n.cast(n.op("Min", n.op("Max", list, n.int(0)), last), "int64");
};

/** The indices of an array of this shape, `int64[...shape, rank]`. */
const indexGrid = (b: GraphBuilder, shape: Shape): string => {
  const rank = shape.length;
  const grid = new BigInt64Array(sizeOf(shape) * rank);
  const index = new Array<number>(rank).fill(0);
  for (let at = 0; at < grid.length; at += rank) {
    for (let axis = 0; axis < rank; axis++) grid[at + axis] = BigInt(index[axis]);
    for (let axis = rank - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return b.constant("int64", [...shape, rank], new Uint8Array(grid.buffer));
};

export const INDEXING = {
  gather,
  scatter: scatter("none"),
  scatter_add: scatter("add"),
  scatter_max: scatter("max"),
  scatter_min: scatter("min"),
  scatter_mul: scatter("mul"),
  dynamic_slice: ({ inAvals: [operand], params }) => {
    const sizes = params.sliceSizes as Shape;
    return (b, [x, ...starts]) => {
      if (sizes.length === 0) return [b.node("Identity", [x])];
      const start = inside(b, operand.shape, sizes, starts);
      return [b.node("Slice", [x, start, b.node("Add", [start, b.ints(sizes)]), b.ints(range(sizes.length))])];
    };
  },
  dynamic_update_slice: ({ inAvals: [operand, update] }) => {
    if (operand.dtype === "bool" || operand.size === 0 || update.size === 0) return undefined;
    // What is whole on the axes behind moves as one.
    let depth = operand.ndim;
    while (depth > 1 && update.shape[depth - 1] === operand.shape[depth - 1]) depth--;
    const [outer, sizes] = [operand.shape.slice(0, depth), update.shape.slice(0, depth)];
    return (b, [x, u, ...starts]) => {
      if (depth === 0) return [b.node("Identity", [u])];
      const first = starts.slice(0, depth);
      const places = b.once(`places ${outer}|${sizes}|${first}`, () =>
        b.node("Add", [indexGrid(b, sizes), inside(b, outer, sizes, first)]),
      );
      return [b.node("ScatterND", [x, places, u])];
    };
  },
} satisfies Record<string, Lowering>;
