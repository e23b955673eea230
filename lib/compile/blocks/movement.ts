/**
 * @file Where elements go: transpose, broadcast, slice, pad, concatenate, reverse and the dynamic slices, by one strided copy on
 * the data in place.
 */
import { type DType, itemBytes, type Shape, sizeOf, stridesOf } from "../../core/aval.js";
import type { TypedArray } from "../../core/host.js";
import { joinAxes } from "./axes.js";
import type { BlockKernel, Context, Lowering } from "./context.js";
import type { Block, BlockDevice } from "./device.js";
import { dotOf, VIEWS, type ViewOf } from "./views.js";

/** A copy between two strided boxes; all in elements. */
export interface Copy {
  readonly shape: Shape;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly fromStart?: number;
  readonly toStart?: number;
}

/** From this many contiguous elements on, `set` is faster than a loop. */
export const LONG_ROW = 24;

type Walker = (source: TypedArray, sourceAt: number, target: TypedArray, targetAt: number) => void;

/** A copy with its axes joined, ready to run from any start. */
const walker = ({ shape, from, to }: Copy): Walker => {
  const walk = joinAxes(shape, [from, to]);
  const depth = walk.sizes.length;
  const n = walk.sizes[depth - 1] ?? 1;
  const [a, b] = walk.strides.map((s) => s[depth - 1] ?? 0);
  const rows = walk.sizes[depth - 2] ?? 1;
  const [rowA, rowB] = walk.strides.map((s) => s[depth - 2] ?? 0);
  const outer = walk.sizes.slice(0, -2);
  const [outerA, outerB] = walk.strides.map((s) => s.slice(0, -2));
  const plane: Walker = (source, p, target, q) => {
    for (let r = 0; r < rows; r++, p += rowA, q += rowB) {
      if (b === 1 && a === 1 && n >= LONG_ROW) target.set(source.subarray(p, p + n), q);
      else if (b === 1 && a === 0) target.fill(source[p], q, q + n);
      else for (let i = 0, from = p, to = q; i < n; i++, from += a, to += b) target[to] = source[from];
    }
  };
  const nest = (axis: number): Walker => {
    if (axis === outer.length) return plane;
    const inner = nest(axis + 1);
    return (source, p, target, q) => {
      for (let i = 0; i < outer[axis]; i++) inner(source, p + i * outerA[axis], target, q + i * outerB[axis]);
    };
  };
  return sizeOf(shape) === 0 ? () => undefined : nest(0);
};

/** The data as bits, so that one loop serves all types of a size (and NaN keeps its bits). */
export const bitsOf = (data: TypedArray): TypedArray =>
  data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length) : data;

const bits = (device: BlockDevice, block: Block): TypedArray => bitsOf(device.view(block).data);

/** A kernel that makes one array by copies out of its first inputs. */
const copies = (
  { device, copy }: Context,
  shape: Shape,
  dtype: DType,
  list: readonly Copy[],
  fill?: (inputs: readonly Block[]) => number,
): BlockKernel => {
  const walkers = list.map(walker);
  const { heap } = device.backend;
  return (inputs) => {
    const out = device.make(shape, dtype);
    const target = bits(device, out);
    if (fill !== undefined) target.fill(fill(inputs));
    if (heap !== undefined && copy !== undefined && itemBytes(dtype) === 4) {
      const to = heap.addressOf(out.info);
      list.forEach((c, i) => {
        const from = heap.addressOf(inputs[i].info) + 4 * (c.fromStart ?? 0);
        copy(c.shape, { ptr: from, strides: c.from }, { ptr: to + 4 * (c.toStart ?? 0), strides: c.to });
      });
      return [out];
    }
    list.forEach(({ fromStart = 0, toStart = 0 }, i) => {
      walkers[i](bits(device, inputs[i]), fromStart, target, toStart);
    });
    return [out];
  };
};

/** A copy whose result is read off the operand in one go. */
const view =
  (viewOf: ViewOf): Lowering =>
  (context, { params, inAvals: [x], outAvals: [out] }) => {
    if (!context.device.backend.inPlace) return undefined;
    const { from, start = 0 } = viewOf(x.shape, out.shape, params);
    return copies(context, out.shape, out.dtype, [
      { shape: out.shape, from, to: stridesOf(out.shape), fromStart: start },
    ]);
  };

export const transpose = view(VIEWS.transpose);
export const broadcast = view(VIEWS.broadcast);
export const slice = view(VIEWS.slice);
export const reverse = view(VIEWS.reverse);

export const pad: Lowering = (context, { params, inAvals: [x], outAvals: [out] }) => {
  const { device } = context;
  if (!device.backend.inPlace) return undefined;
  const own = stridesOf(out.shape);
  const interior = params.interior as readonly number[];
  const copy = {
    shape: x.shape,
    from: stridesOf(x.shape),
    to: own.map((s, i) => s * (interior[i] + 1)),
    toStart: dotOf(params.low as readonly number[], own),
  };
  return copies(context, out.shape, out.dtype, [copy], ([, value]) => bits(device, value)[0]);
};

export const concatenate: Lowering = (context, { params, inAvals, outAvals: [out] }) => {
  if (!context.device.backend.inPlace) return undefined;
  const axis = params.axis as number;
  const to = stridesOf(out.shape);
  let start = 0;
  const list = inAvals.map(({ shape }) => {
    const copy = { shape, from: stridesOf(shape), to, toStart: start * to[axis] };
    start += shape[axis];
    return copy;
  });
  return copies(context, out.shape, out.dtype, list);
};

/** Where a slice of these sizes begins, moved so that it fits. */
const startOf = (device: BlockDevice, shape: Shape, sizes: Shape, starts: readonly Block[]): number => {
  const own = stridesOf(shape);
  return starts.reduce((sum, block, i) => {
    const start = device.view(block).data[0];
    return sum + own[i] * Math.min(Math.max(start, 0), shape[i] - sizes[i]);
  }, 0);
};

export const dynamicSlice: Lowering = ({ device }, { inAvals: [x], outAvals: [out] }) => {
  if (!device.backend.inPlace) return undefined;
  const walk = walker({ shape: out.shape, from: stridesOf(x.shape), to: stridesOf(out.shape) });
  return ([block, ...starts]) => {
    const result = device.make(out.shape, out.dtype);
    walk(bits(device, block), startOf(device, x.shape, out.shape, starts), bits(device, result), 0);
    return [result];
  };
};

export const dynamicUpdateSlice: Lowering = ({ device }, { inAvals: [x, update], outAvals: [out] }) => {
  if (!device.backend.inPlace) return undefined;
  const walk = walker({ shape: update.shape, from: stridesOf(update.shape), to: stridesOf(x.shape) });
  return ([block, change, ...starts]) => {
    const result = device.make(out.shape, out.dtype);
    const target = bits(device, result);
    target.set(bits(device, block));
    walk(bits(device, change), 0, target, startOf(device, x.shape, update.shape, starts));
    return [result];
  };
};
