/**
 * @file Abstract values: what is known of a tensor before it is computed.
 *
 * An aval is a shape, a dtype and whether the dtype is *weak* (it came from a plain JS number and yields to its partner).
 * Equality includes all three. In print: `f32[8,512]`, weak `f32*[]`.
 */
import { ArgumentError, DTypeError, ShapeError } from "./errors.js";

export type DType = "float32" | "float64" | "int32" | "uint32" | "bool";
export type Shape = readonly number[];

const SHORT: Record<DType, string> = { float32: "f32", float64: "f64", int32: "i32", uint32: "u32", bool: "bool" };
const BYTES: Record<DType, number> = { float32: 4, float64: 8, int32: 4, uint32: 4, bool: 1 };

/** Bytes of one element, as a host array stores it. */
export const itemBytes = (dtype: DType): number => BYTES[dtype];

export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";
export const isInteger = (dtype: DType): boolean => dtype === "int32" || dtype === "uint32";
export const isDType = (x: unknown): x is DType => typeof x === "string" && Object.hasOwn(SHORT, x);

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => sizeBetween(shape, 0, shape.length);

/** The product of the sizes of the axes from `start` up to `end`, without it; 1 where there are none. */
export const sizeBetween = (shape: Shape, start: number, end: number): number => {
  let n = 1;
  for (let i = start; i < end; i++) n *= shape[i];
  return n;
};

export const sameShape = (a: Shape, b: Shape): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

export const printShape = (shape: Shape): string => `[${shape.join(",")}]`;

/** Shape, dtype and weakness of a tensor. Immutable. */
export class Aval {
  readonly shape: Shape;
  #text: string | undefined;
  constructor(
    shape: Shape,
    readonly dtype: DType,
    readonly weak: boolean = false,
  ) {
    this.shape = Object.isFrozen(shape) ? shape : Object.freeze(shape.slice());
  }
  get ndim(): number {
    return this.shape.length;
  }
  get size(): number {
    return sizeOf(this.shape);
  }
  get bytes(): number {
    return this.size * BYTES[this.dtype];
  }
  withShape(shape: Shape): Aval {
    return new Aval(shape, this.dtype, this.weak);
  }
  withDType(dtype: DType, weak = false): Aval {
    return new Aval(this.shape, dtype, weak);
  }
  /** The same aval with a strong dtype. */
  strong(): Aval {
    return this.weak ? new Aval(this.shape, this.dtype) : this;
  }
  equals(other: Aval): boolean {
    return this.dtype === other.dtype && this.weak === other.weak && sameShape(this.shape, other.shape);
  }
  toString(): string {
    this.#text ??= `${SHORT[this.dtype]}${this.weak ? "*" : ""}${printShape(this.shape)}`;
    return this.#text;
  }
}

/**
 * Common dtype of two operands. Equal dtypes stay; bool yields to anything; two floats give the wider one; an integer and a
 * float give the float; a weak operand yields to a strong float, and a weak integer to any number. Decision 11 of the architecture: a weak
 * float whose value is not known does not combine with integers (a literal does, when it is an integer: the callers convert it first).
 * @throws {DTypeError} for int32 with uint32, and for an integer tensor with a weak number that may have a fraction
 */
export const promoteDTypes = (where: string, a: Aval, b: Aval): Aval => {
  const weak = a.weak && b.weak;
  const of = (dtype: DType): Aval => new Aval([], dtype, weak);
  if (a.dtype === b.dtype) return of(a.dtype);
  if (a.dtype === "bool") return of(b.dtype);
  if (b.dtype === "bool") return of(a.dtype);
  const refuse = (what: string, hint: string): never => {
    const [left, right] = [a, b].map((x) => (x.weak && isFloat(x.dtype) ? `a plain number (${x})` : `${x}`));
    throw new DTypeError({ where, what, expected: "dtypes with a common type", got: `${left} and ${right}`, hint });
  };
  if (isInteger(a.dtype) && isInteger(b.dtype)) {
    if (a.weak !== b.weak) return of(a.weak ? b.dtype : a.dtype);
    return refuse("int32 and uint32 have no common type", "convert one of them with np.astype");
  }
  if (isFloat(a.dtype) && isFloat(b.dtype)) return of(a.weak === b.weak ? "float64" : a.weak ? b.dtype : a.dtype);
  const [float, integer] = isFloat(a.dtype) ? [a, b] : [b, a];
  if (float.weak && !integer.weak) {
    return refuse(
      "a number that may have a fraction meets an integer tensor",
      'convert the tensor, np.astype(x, "float32"), or make it of floats, np.arange(3, { dtype: "float32" }); jit keeps whole numbers whole as static arguments',
    );
  }
  return of(float.dtype);
};

/** Shape of the result when shapes are broadcast against each other, NumPy's rule. */
export const broadcastShapes = (where: string, ...shapes: readonly Shape[]): Shape => {
  const [first] = shapes;
  let [same, rank] = [first !== undefined, 0];
  for (const shape of shapes) {
    same &&= sameShape(shape, first);
    rank = Math.max(rank, shape.length);
  }
  if (same) return first;
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((d, i) => {
      const at = rank - shape.length + i;
      if (out[at] === 1) out[at] = d;
      else if (d !== 1 && d !== out[at]) {
        throw new ShapeError({
          where,
          what: "shapes do not broadcast",
          expected: "sizes that are equal, or 1, from the last axis on",
          got: shapes.map(printShape).join(" and "),
        });
      }
    });
  }
  return out;
};

/** One axis as a number in `[0, ndim)`; negative axes count from the end. */
export const normalizeAxis = (where: string, axis: number, ndim: number): number => {
  if (!Number.isInteger(axis)) {
    const got = typeof axis === "string" ? JSON.stringify(axis) : String(axis);
    throw new ArgumentError({ where, what: "an axis must be an integer", expected: "an integer", got });
  }
  if (axis < -ndim || axis >= ndim) {
    throw new ShapeError({
      where,
      what: `axis ${axis} is out of range`,
      expected: ndim === 0 ? "no axis, since this is a scalar" : `an axis from ${-ndim} to ${ndim - 1}`,
      got: `axis ${axis} of a tensor of rank ${ndim}`,
    });
  }
  return axis < 0 ? axis + ndim : axis;
};

/** Axes as sorted, distinct numbers; `undefined` and null mean all of them. */
export const normalizeAxes = (
  where: string,
  ndim: number,
  axes?: number | readonly number[] | null,
): readonly number[] => {
  if (axes === undefined || axes === null) return range(ndim);
  const list = typeof axes === "number" ? [axes] : axes;
  const out = list.map((a) => normalizeAxis(where, a, ndim));
  if (new Set(out).size !== out.length) {
    throw new ShapeError({
      where,
      what: "an axis is named twice",
      expected: "distinct axes",
      got: `[${list.join(",")}]`,
    });
  }
  return out.sort((a, b) => a - b);
};

/** `[0, 1, …, n-1]`. */
export const range = (n: number): number[] => {
  const out: number[] = [];
  for (let i = 0; i < n; i++) out.push(i);
  return out;
};

/** The entries of `list` whose index is not in `drop`. */
export const without = <T>(list: readonly T[], drop: readonly number[]): T[] =>
  list.filter((_, i) => !drop.includes(i));

/** `shape` with the sizes at `axes` set to 1. */
export const keepDims = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((d, i) => (axes.includes(i) ? 1 : d));

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length);
  let n = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = n;
    n *= shape[i] as number;
  }
  return strides;
};

/** A number stands for the shape of a vector. */
export const asShape = (shape: Shape | number): Shape => {
  if (typeof shape === "number") return [shape];
  if (Array.isArray(shape)) return shape;
  throw new ShapeError({
    where: "shape",
    what: "not a shape",
    expected: "a number or a list of numbers",
    got: typeof shape,
  });
};

/** Checks that `shape` is a list of non-negative integers. */
export const checkShape = (where: string, shape: Shape): void => {
  for (const d of shape) {
    if (!Number.isInteger(d) || d < 0) {
      throw new ShapeError({
        where,
        what: "a size is not a non-negative integer",
        expected: "sizes 0, 1, 2, …",
        got: printShape(shape),
        hint:
          typeof d === "object"
            ? "a tensor is not a size: x.shape has sizes, jit's static keeps a number as it is"
            : undefined,
      });
    }
  }
};
