/** @file An index as the dimension numbers and int32 indices of a gather or scatter. */
import { Aval, broadcastShapes, range, type Shape, sizeOf } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { Literal, type Tensor } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import { wrapIndices } from "../primitives/gather.js";
import type { GatherDims } from "../primitives/gather-dims.js";
import * as mv from "../primitives/movement.js";
import type { Part, Parts } from "./index-items.js";

/** An index, ready to read or write. */
export interface Plan {
  readonly dims: GatherDims;
  /** int32 `[...batch, n]`. */
  readonly indices: Tensor;
  /** What is read, before axes are added: the shape of updates. */
  readonly windowShape: Shape;
  /** What is read: new axes among the others. */
  readonly shape: Shape;
  /** No place is named twice. */
  readonly unique: boolean;
}

const int = (value: number): Tensor => new Literal(value, "int32");

/** An integer of an index counted from the front; outside it stays outside. */
const fromFront = (at: number | Tensor, n: number): Tensor =>
  typeof at === "number" ? int(at < 0 ? at + n : at) : wrapIndices(at, n);

/** A part of the index vectors, which lies along some of the batch axes. */
interface Column {
  readonly axis: number;
  readonly values: Tensor;
  /** The first batch axis that the values lie along. */
  readonly along: number;
}

const joined = (columns: readonly Column[], batch: Shape): Tensor => {
  if (columns.length === 0) return b.fullOf(new Aval([0], "int32"), 0);
  const wide = columns.map(({ values, along }) => {
    const aligned = batch.map((_, i) => (i < along ? 1 : (values.shape[i - along] ?? 1)));
    return b.reshape(b.broadcastTo(b.reshape(values, aligned), batch), [...batch, 1]);
  });
  return mv.concatenate(wide, batch.length);
};

/** The plan of an index. @throws {ShapeError} for tensors that do not broadcast, or an element of an axis that has none */
export const planOf = (where: string, x: Aval, { parts, place }: Parts): Plan => {
  const ats = parts.filter((p): p is Part & { kind: "at" } => p.kind === "at");
  const tensors = ats.map(({ at, axis }) => fromFront(at, x.shape[axis]));
  const common = broadcastShapes(where, ...tensors.map((t) => t.shape));
  const columns: Column[] = [];
  const [batch, offsetDims, collapsed, shape, windowShape]: number[][] = [[], [], [], [], []];
  const sliceSizes = x.shape.map(() => 1);
  const push = (n: number): void => {
    shape.push(n);
    windowShape.push(n);
  };
  parts.forEach((part, i) => {
    if (i === place && ats.length > 0) {
      ats.forEach(({ axis }, k) => {
        const t = tensors[k];
        // Aligned at the end with the other tensors.
        columns.push({ axis, values: t, along: batch.length + common.length - t.ndim });
        collapsed.push(axis);
      });
      batch.push(...common);
      common.forEach(push);
    }
    if (part.kind === "new") shape.push(1);
    if (part.kind !== "slice") return;
    const { axis, start, step, count } = part;
    if (step === 1) {
      if (count !== x.shape[axis]) columns.push({ axis, values: int(start), along: batch.length });
      offsetDims.push(windowShape.length);
      sliceSizes[axis] = count;
    } else {
      const along = e.add(e.mul(mv.iota([count], "int32"), int(step)), int(start));
      columns.push({ axis, values: along, along: batch.length });
      collapsed.push(axis);
      batch.push(count);
    }
    push(count);
  });
  const empty = ats.find(({ axis }) => x.shape[axis] === 0);
  if (empty !== undefined && sizeOf(shape) > 0) {
    throw new ShapeError({
      where,
      what: `axis ${empty.axis} has no element`,
      expected: "an axis with elements, or no indices",
      got: `${x}`,
    });
  }
  return {
    dims: {
      offsetDims,
      collapsedSliceDims: collapsed.sort((p, q) => p - q),
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
      startIndexMap: columns.map(({ axis }) => axis),
      sliceSizes,
    },
    indices: joined(columns, batch),
    windowShape,
    shape,
    unique: common.length === 0,
  };
};

/** The result of slices and integers alone, all inside, without a gather; undefined for another index. */
export const sliced = (x: Tensor, { parts }: Parts): Tensor | undefined => {
  const spans = new Map<number, { start: number; step: number; count: number }>();
  const shape: number[] = [];
  for (const part of parts) {
    if (part.kind === "new") shape.push(1);
    else if (part.kind === "slice") {
      spans.set(part.axis, part);
      shape.push(part.count);
    } else {
      const n = x.shape[part.axis];
      if (typeof part.at !== "number" || part.at < -n || part.at >= n) return undefined;
      spans.set(part.axis, { start: part.at < 0 ? part.at + n : part.at, step: 1, count: 1 });
    }
  }
  const list = range(x.ndim).map((axis) => spans.get(axis) as { start: number; step: number; count: number });
  const last = ({ start, step, count }: (typeof list)[number]): number => start + Math.max(count - 1, 0) * step;
  const cut = mv.slice(
    x,
    list.map((span) => Math.min(span.start, last(span))),
    list.map((span) => (span.count === 0 ? Math.min(span.start, last(span)) : Math.max(span.start, last(span)) + 1)),
    list.map(({ step }) => Math.abs(step)),
  );
  const backwards = range(x.ndim).filter((axis) => list[axis].step < 0);
  return b.reshape(mv.reverse(cut, backwards), shape);
};
