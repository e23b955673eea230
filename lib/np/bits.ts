/** @file Integers by their bits. */
import { normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as bit from "../primitives/bits.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { cast, convertTo, noBool } from "./promote.js";
import { binaryInteger, unaryInteger } from "./ufunc.js";

export const bitwiseAnd = binaryInteger("np.bitwiseAnd", e.and);
export const bitwiseOr = binaryInteger("np.bitwiseOr", e.or);
export const bitwiseXor = binaryInteger("np.bitwiseXor", e.xor);
export const bitwiseNot = unaryInteger("np.bitwiseNot", e.not);
export const leftShift = binaryInteger("np.leftShift", (x, y) =>
  e.shiftLeft(noBool("np.leftShift", x), noBool("np.leftShift", y)),
);
/** Fills with the sign for int32, with zeros for uint32. */
export const rightShift = binaryInteger("np.rightShift", (x, y) => {
  const [a, b] = [noBool("np.rightShift", x), noBool("np.rightShift", y)];
  return a.dtype === "uint32" ? e.shiftRightLogical(a, b) : e.shiftRightArithmetic(a, b);
});

/** The number of ones among the bits of an integer; of a negative one among those of its size, as in NumPy. */
export const bitwiseCount = unaryInteger("np.bitwiseCount", (x) => {
  const t = noBool("np.bitwiseCount", x);
  return e.convert(bit.populationCount(t.dtype === "uint32" ? t : e.abs(t)), "uint32");
});

type BitOrder = "big" | "little";
/**
 * Truths packed into bytes along an axis (of all, flattened, without one), zeros at the end; each byte is a uint32 from 0 to 255,
 * since there is no smaller integer.
 */
export const packbits = composite(
  "np.packbits(x, { axis, bitorder })",
  (x: TensorLike, options: { readonly axis?: number | null; readonly bitorder?: BitOrder } = {}): Tensor => {
    const [t, axis] = along("np.packbits", convertTo(asTensor(x, "np.packbits"), "bool"), options.axis);
    const bytes = Math.ceil(t.shape[axis] / 8);
    const grow = t.shape.map((n, i) => (i === axis ? bytes * 8 - n : 0));
    const none = t.shape.map(() => 0);
    const padded = mv.pad(t, literal("np.packbits", 0, "bool"), { low: none, high: grow, interior: none });
    const shape = t.shape.flatMap((n, i) => (i === axis ? [bytes, 8] : [n]));
    const digits = cast("np.packbits", b.reshape(padded, shape), "uint32");
    return b.reduceSum(e.shiftLeft(digits, places(shape, axis + 1, options.bitorder)), [axis + 1]);
  },
);
/** The eight bits (uint32, 0 or 1) of each byte, which is an integer from 0 to 255, along an axis; the inverse of `packbits`. */
export const unpackbits = composite(
  "np.unpackbits(x, { axis, count, bitorder })",
  (
    x: TensorLike,
    options: { readonly axis?: number | null; readonly count?: number; readonly bitorder?: BitOrder } = {},
  ): Tensor => {
    const [t, axis] = along(
      "np.unpackbits",
      cast("np.unpackbits", asTensor(x, "np.unpackbits"), "uint32"),
      options.axis,
    );
    const shape = t.shape.flatMap((n, i) => (i === axis ? [n, 1] : [n]));
    const wide = shape.map((n, i) => (i === axis + 1 ? 8 : n));
    const shifted = e.shiftRightLogical(b.reshape(t, shape), places(wide, axis + 1, options.bitorder));
    const digits = b.reshape(
      e.and(shifted, literal("np.unpackbits", 1, "uint32")),
      t.shape.map((n, i) => (i === axis ? 8 * n : n)),
    );
    const size = digits.shape[axis];
    const count = options.count ?? size;
    return mv.sliceAxis(digits, axis, 0, count < 0 ? size + count : Math.min(count, size));
  },
);
const along = (where: string, x: Tensor, axis: number | null | undefined): [Tensor, number] =>
  axis === undefined || axis === null ? [b.reshape(x, [x.size]), 0] : [x, normalizeAxis(where, axis, x.ndim)];
/** How far each bit of a byte is from its end, along the axis of the bits. */
const places = (shape: readonly number[], axis: number, order: BitOrder = "big"): Tensor => {
  const counted = mv.iota(
    shape.map((n, i) => (i === axis ? n : 1)),
    "uint32",
    axis,
  );
  return order === "little" ? counted : e.sub(literal("np.packbits", 7, "uint32"), counted);
};
