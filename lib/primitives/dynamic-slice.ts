/**
 * @file dynamicSlice and dynamicUpdateSlice: one slice whose place is computed, read or replaced.
 *
 * As in XLA, a start that would let the slice stick out is moved until the slice fits.
 */
import { Aval, printShape, range, type Shape, stridesOf } from "../core/aval.js";
import { type HostArray, stridedCopy, zerosHost } from "../core/host.js";
import { type BatchDim, definePrimitive, isLinear, type MaybeLinear, type Primitive } from "../core/primitive.js";
import { demand, known, one, sameDType } from "../core/rules.js";
import { Literal, type Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { fullOf, reshape } from "./broadcast.js";
import { max, select, sub } from "./elementwise.js";
import { gather } from "./gather.js";
import { concatenate, instantiate, mappedFront, pad } from "./movement.js";

const int = (value: number): Tensor => new Literal(value, "int32");

const checkStarts = (where: string, operand: Aval, starts: readonly Aval[]): void => {
  demand(
    starts.length === operand.ndim && starts.every((s) => s.ndim === 0),
    where,
    "the starts do not fit",
    `one int32 scalar for each axis of ${operand}`,
    `(${starts.join(", ")})`,
  );
  sameDType(where, starts, (a) => a.dtype === "int32", "int32 starts");
};

const checkSizes = (where: string, operand: Aval, sizes: Shape): void =>
  demand(
    sizes.length === operand.ndim && sizes.every((n, i) => Number.isInteger(n) && n >= 0 && n <= operand.shape[i]),
    where,
    "the slice is larger than the tensor",
    `one size for each axis of ${operand}, not above it`,
    printShape(sizes),
  );

/** The place of the slice's first element in row-major data of `shape`. */
const firstElement = (shape: Shape, sizes: Shape, starts: readonly HostArray[]): number => {
  const strides = stridesOf(shape);
  return starts.reduce((sum, s, i) => sum + strides[i] * Math.min(Math.max(s.data[0], 0), shape[i] - sizes[i]), 0);
};

const knownStarts = (starts: readonly MaybeLinear[], name: string): Tensor[] => starts.map((s) => known(s, name));

// --- dynamicSlice --------------------------------------------------------------------------------------------------------

type Sizes = { readonly sliceSizes: readonly number[] };

/** Inputs: the operand, and one int32 scalar for each of its axes. */
export const dynamicSliceP: Primitive<Sizes> = definePrimitive<Sizes>({
  name: "dynamic_slice",
  abstractEval: ([x, ...starts], { sliceSizes }) => {
    checkStarts("dynamicSlice", x, starts);
    checkSizes("dynamicSlice", x, sliceSizes);
    return [x.withShape(sliceSizes)];
  },
  impl: ([x, ...starts], { sliceSizes }) => [
    stridedCopy(x, sliceSizes, stridesOf(x.shape), firstElement(x.shape, sliceSizes, starts)),
  ],
  jvp: ([x, ...starts], [dx], params) => [
    [bind1(dynamicSliceP, [x, ...starts], params)],
    [bind1(dynamicSliceP, [instantiate(dx), ...starts], params)],
  ],
  transpose: (cts, [x, ...starts]) => [
    dynamicUpdateSlice(fullOf(x.aval, 0), one(cts), knownStarts(starts, "dynamicSlice")),
    ...starts.map(() => null),
  ],
  batch: (size, [x, ...starts], [d, ...dims], { sliceSizes }) => {
    if (dims.every((dim) => dim === null)) {
      const front = mappedFront(x, d, size);
      return [[bind1(dynamicSliceP, [front, int(0), ...starts], { sliceSizes: [size, ...sliceSizes] })], [0]];
    }
    return [[sliceForEach(size, x, d, starts, dims, sliceSizes)], [0]];
  },
});

/** A slice with its own start for each element of a batch: a gather. */
const sliceForEach = (
  size: number,
  x: Tensor,
  d: BatchDim,
  starts: readonly Tensor[],
  dims: readonly BatchDim[],
  sliceSizes: readonly number[],
): Tensor => {
  const columns = starts.map((s, i) => reshape(mappedFront(s, dims[i], size), [size, 1]));
  const indices = concatenate(columns, 1);
  const own = d !== null;
  const axes = range(starts.length);
  return gather(own ? mappedFront(x, d, size) : x, indices, {
    offsetDims: axes.map((a) => a + 1),
    collapsedSliceDims: [],
    operandBatchingDims: own ? [0] : [],
    startIndicesBatchingDims: own ? [0] : [],
    startIndexMap: own ? axes.map((a) => a + 1) : axes,
    sliceSizes: own ? [1, ...sliceSizes] : sliceSizes,
    mode: "clip",
  });
};

/**
 * The slice of `x` of `sliceSizes` that begins at `starts`, moved inside where it would stick out.
 *
 * @param starts  one int32 scalar for each axis of `x`
 * @throws {ShapeError} when the slice is larger than `x`
 */
export const dynamicSlice = (x: Tensor, starts: readonly Tensor[], sliceSizes: readonly number[]): Tensor =>
  bind1(dynamicSliceP, [x, ...starts], { sliceSizes });

// --- dynamicUpdateSlice --------------------------------------------------------------------------------------------------

type None = Record<never, never>;

/** Inputs: the operand, the update, and one int32 scalar for each axis. */
export const dynamicUpdateSliceP: Primitive<None> = definePrimitive<None>({
  name: "dynamic_update_slice",
  abstractEval: ([x, update, ...starts]) => {
    sameDType("dynamicUpdateSlice", [x, update], () => true, "any");
    checkStarts("dynamicUpdateSlice", x, starts);
    checkSizes("dynamicUpdateSlice", x, update.shape);
    return [new Aval(x.shape, x.dtype, x.weak && update.weak)];
  },
  impl: ([x, update, ...starts]) => {
    const out = zerosHost(x);
    out.data.set(x.data);
    // The places of all elements, read through the view that the slice is.
    const places = { shape: x.shape, dtype: "float64" as const, data: Float64Array.from(x.data, (_, i) => i) };
    const first = firstElement(x.shape, update.shape, starts);
    stridedCopy(places, update.shape, stridesOf(x.shape), first).data.forEach((place, i) => {
      out.data[place] = update.data[i];
    });
    return [out];
  },
  jvp: ([x, update, ...starts], [dx, du], params) => [
    [bind1(dynamicUpdateSliceP, [x, update, ...starts], params)],
    [bind1(dynamicUpdateSliceP, [instantiate(dx), instantiate(du), ...starts], params)],
  ],
  transpose: (cts, [x, update, ...rest]) => {
    const ct = one(cts);
    const starts = knownStarts(rest, "dynamicUpdateSlice");
    return [
      isLinear(x) ? dynamicUpdateSlice(ct, fullOf(update.aval, 0), starts) : null,
      isLinear(update) ? dynamicSlice(ct, starts, update.aval.shape) : null,
      ...rest.map(() => null),
    ];
  },
  batch: (size, [x, update, ...starts], [d, dUpdate, ...dims], params) => {
    const operand = mappedFront(x, d, size);
    if (dims.every((dim) => dim === null)) {
      const inputs = [operand, mappedFront(update, dUpdate, size), int(0), ...starts];
      return [[bind1(dynamicUpdateSliceP, inputs, params)], [0]];
    }
    return [[updateForEach(size, operand, update, dUpdate, starts, dims)], [0]];
  },
});

/**
 * An update with its own place for each element of a batch, by slices again: the update, padded by the room `r` that it has
 * on either side and cut `r - start` from the beginning, lies where it belongs; a mask treated alike says where that is.
 */
const updateForEach = (
  size: number,
  operand: Tensor,
  update: Tensor,
  dUpdate: BatchDim,
  starts: readonly Tensor[],
  dims: readonly BatchDim[],
): Tensor => {
  const shape = operand.shape.slice(1);
  const updateShape = update.shape.filter((_, i) => i !== dUpdate);
  const room = shape.map((n, i) => n - updateShape[i]);
  // A start below zero is zero, lest the difference overflow; other starts outside stay outside and are moved by the slice.
  const cuts = starts.map((s, i) => sub(int(room[i]), max(s, int(0))));
  const wide = (y: Tensor, fill: Tensor, dim: BatchDim): Tensor => {
    const amounts = dim === null ? room : [...room.slice(0, dim), 0, ...room.slice(dim)];
    return pad(y, fill, { low: amounts, high: amounts, interior: amounts.map(() => 0) });
  };
  const placed = sliceForEach(size, wide(update, new Literal(0, update.dtype), dUpdate), dUpdate, cuts, dims, shape);
  const everywhere = fullOf(new Aval(updateShape, "bool"), 1);
  const here = sliceForEach(size, wide(everywhere, new Literal(0, "bool"), null), null, cuts, dims, shape);
  return select(here, placed, operand);
};

/** `x` with the slice that begins at `starts` (moved inside where it would stick out) replaced by `update`. */
export const dynamicUpdateSlice = (x: Tensor, update: Tensor, starts: readonly Tensor[]): Tensor =>
  bind1(dynamicUpdateSliceP, [x, update, ...starts], {});
