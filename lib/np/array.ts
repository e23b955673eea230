/** @file Making arrays and giving them other shapes. */
import {
  Aval,
  broadcastShapes,
  checkShape,
  type DType,
  isFloat,
  normalizeAxes,
  normalizeAxis,
  printShape,
  range,
  type Shape,
  sizeOf,
} from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { allocate, dtypeOf, type HostArray, hostArray, type TypedArray } from "../core/host.js";
import { flatten, unflatten } from "../core/pytree.js";
import { currentRuntime } from "../core/runtime.js";
import { asTensor, DeviceArray, isTensor, literal, type Nested, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { cast, promoteDType } from "./promote.js";
import { pythonSlice } from "./slice.js";

/** A tensor on the device from data on the host. */
export const fromHost = (x: HostArray): Tensor => {
  const { device } = currentRuntime("np.array");
  return new DeviceArray(new Aval(x.shape, x.dtype), device, device.upload(x));
};

const isHostArray = (x: unknown): x is HostArray =>
  typeof x === "object" && x !== null && "data" in x && ArrayBuffer.isView(x.data) && "shape" in x && "dtype" in x;

/** The tree type with a tensor in place of every host array. */
export type OnDevice<T> = T extends HostArray ? Tensor : { readonly [K in keyof T]: OnDevice<T[K]> };

/**
 * A tree of host arrays (as files are read) as a tree of tensors on the device.
 *
 * @example const params = np.devicePut(stored.params)
 */
export const devicePut = <T>(tree: T): OnDevice<T> => {
  const [leaves, def] = flatten(tree, isHostArray);
  return unflatten(
    def,
    leaves.map((x) => (isHostArray(x) ? fromHost(x) : x)),
  ) as OnDevice<T>;
};

const shapeOfNested = (x: Nested, at = ""): number[] => {
  if (!Array.isArray(x)) return [];
  if (x.length === 0) return [0];
  const shapes = x.map((y: Nested, i: number) => shapeOfNested(y, `${at}[${i}]`));
  const [first] = shapes;
  const odd = shapes.findIndex((s) => s.join() !== first.join());
  if (odd >= 0) {
    throw new ShapeError({
      where: "np.array",
      what: "the nested lists are ragged",
      expected: `[${first}] at every place, as at ${at}[0]`,
      got: `[${shapes[odd]}]`,
      at: `${at}[${odd}]`,
    });
  }
  return [x.length, ...first];
};

/**
 * A tensor from nested lists, a number, or a typed array with a `shape`.
 *
 * Numbers give float32 and booleans bool unless `dtype` says otherwise; a typed array keeps its type (a `Uint8Array` holds bool).
 * @throws {ShapeError} for ragged lists, or data that do not fill the shape; {DTypeError} for numbers the dtype cannot hold
 * @example np.array([[1, 2], [3, 4]]) // f32[2,2]
 */
export const array = (
  data: Nested | TypedArray,
  options: { readonly dtype?: DType; readonly shape?: Shape } = {},
): Tensor => {
  if (ArrayBuffer.isView(data)) {
    const typed = data as TypedArray;
    const host = hostArray(options.shape ?? [typed.length], dtypeOf(typed), typed);
    return options.dtype === undefined || options.dtype === host.dtype
      ? fromHost(host)
      : astypeHost(host, options.dtype);
  }
  const shape = shapeOfNested(data);
  const flat = (Array.isArray(data) ? data.flat(Number.POSITIVE_INFINITY) : [data]) as (number | boolean)[];
  const bad = flat.findIndex((x) => typeof x !== "number" && typeof x !== "boolean");
  if (bad >= 0) {
    throw new DTypeError({
      where: "np.array",
      what: "an element is not a number",
      expected: "numbers or booleans (np.stack joins tensors)",
      got: isTensor(flat[bad]) ? "a tensor" : typeof flat[bad],
      at: `element ${bad}`,
    });
  }
  const dtype = options.dtype ?? (flat.length > 0 && flat.every((x) => typeof x === "boolean") ? "bool" : "float32");
  const out = allocate(dtype, flat.length);
  flat.forEach((x, i) => {
    out[i] = isFloat(dtype) ? Number(x) : literal("np.array", Number(x), dtype).value;
  });
  return fromHost(hostArray(options.shape ?? shape, dtype, out));
};

const astypeHost = (host: HostArray, dtype: DType): Tensor => fromHost(e.convertP.impl([host], { dtype })[0]);

/** A scalar. */
export const scalar = (value: number | boolean, dtype?: DType): Tensor =>
  array(value, dtype === undefined ? {} : { dtype });

/** `value` everywhere. */
export const full = (shape: Shape, value: TensorLike, dtype?: DType): Tensor => {
  const x = asTensor(value, "np.full");
  return b.broadcastTo(cast("np.full", x, dtype ?? x.dtype), shape);
};
export const zeros = (shape: Shape, dtype: DType = "float32"): Tensor => full(shape, 0, dtype);
export const ones = (shape: Shape, dtype: DType = "float32"): Tensor => full(shape, 1, dtype);
export const fullLike = (x: TensorLike, value: TensorLike, dtype?: DType): Tensor => {
  const like = asTensor(x, "np.fullLike");
  return full(like.shape, value, dtype ?? like.dtype);
};
export const zerosLike = (x: TensorLike): Tensor => fullLike(x, 0);
export const onesLike = (x: TensorLike): Tensor => fullLike(x, 1);

/** `[start, start + step, …)` up to `stop`, int32 when all are integers. */
export const arange = composite(
  "np.arange",
  (startOrStop: number, stop?: number, step: number = 1, dtype?: DType): Tensor => {
    const [from, to] = stop === undefined ? [0, startOrStop] : [startOrStop, stop];
    if (step === 0) {
      throw new ArgumentError({ where: "np.arange", what: "the step is zero", expected: "another step", got: "0" });
    }
    const n = Math.max(0, Math.ceil((to - from) / step));
    const kind = dtype ?? ([from, to, step].every(Number.isInteger) ? "int32" : "float32");
    const steps = mv.iota([n], kind);
    const lit = (v: number): Tensor => literal("np.arange", v, kind);
    const scaled = step === 1 ? steps : e.mul(steps, lit(step));
    return from === 0 ? scaled : e.add(scaled, lit(from));
  },
);
/** `n` numbers (float32) from `start` to `stop`, both included, each rounded once. */
export const linspace = (start: number, stop: number, n: number = 50): Tensor => {
  checkShape("np.linspace", [n]);
  const step = (stop - start) / (n - 1);
  const values = Float32Array.from({ length: n }, (_, i) => (i > 0 && i === n - 1 ? stop : start + (i && i * step)));
  return fromHost(hostArray([n], "float32", values));
};
/** Ones on the `k`-th diagonal. */
export const eye = composite("np.eye", (n: number, m: number = n, k: number = 0, dtype: DType = "float32"): Tensor => {
  const rows = mv.iota([n, m], "int32", 0);
  const columns = mv.iota([n, m], "int32", 1);
  return cast("np.eye", e.eq(e.add(rows, literal("np.eye", k, "int32")), columns), dtype);
});

const triangle = (name: string, keep: (row: Tensor, column: Tensor) => Tensor) =>
  composite(name, (x: TensorLike, k: number = 0): Tensor => {
    const t = asTensor(x, name);
    if (t.ndim < 2) {
      throw new ShapeError({ where: name, what: "this is no matrix", expected: "rank 2 or more", got: `${t.aval}` });
    }
    const size = t.shape.slice(-2);
    const mask = keep(e.add(mv.iota(size, "int32", 0), literal(name, k, "int32")), mv.iota(size, "int32", 1));
    const aligned = b.reshape(mask, [...new Array<number>(t.ndim - 2).fill(1), ...size]);
    return e.select(aligned, t, e.zeroLike(t));
  });
/** Zero above the `k`-th diagonal of the last two axes. */
export const tril = triangle("np.tril", e.ge);
/** Zero below the `k`-th diagonal of the last two axes. */
export const triu = triangle("np.triu", e.le);

// --- shapes --------------------------------------------------------------------------------------------------------------

/** The same elements under another shape; one size may be -1. */
export const reshape = (x: TensorLike, shape: Shape | number): Tensor => {
  const t = asTensor(x, "np.reshape");
  const wanted = typeof shape === "number" ? [shape] : shape;
  const open = wanted.filter((n) => n === -1).length;
  const rest = sizeOf(wanted.filter((n) => n !== -1));
  if (open > 1 || (open === 1 && (rest === 0 || t.size % rest !== 0))) {
    throw new ShapeError({
      where: "np.reshape",
      what: "the size -1 cannot be found out",
      expected: `one -1, beside sizes whose product divides the ${t.size} elements of ${t.aval}`,
      got: printShape(wanted),
    });
  }
  return b.reshape(
    t,
    wanted.map((n) => (n === -1 ? t.size / rest : n)),
  );
};
export const ravel = (x: TensorLike): Tensor => reshape(x, [asTensor(x, "np.ravel").size]);
/** Axes permuted; reversed when none are given. */
export const transpose = (x: TensorLike, axes?: readonly number[]): Tensor => {
  const t = asTensor(x, "np.transpose");
  return b.transpose(t, axes?.map((a) => normalizeAxis("np.transpose", a, t.ndim)) ?? range(t.ndim).reverse());
};
export const swapaxes = (x: TensorLike, i: number, j: number): Tensor => {
  const t = asTensor(x, "np.swapaxes");
  const perm = range(t.ndim);
  const [p, q] = [i, j].map((a) => normalizeAxis("np.swapaxes", a, t.ndim));
  [perm[p], perm[q]] = [q, p];
  return b.transpose(t, perm);
};
export const moveaxis = (x: TensorLike, from: number, to: number): Tensor => {
  const t = asTensor(x, "np.moveaxis");
  return b.moveAxis(t, normalizeAxis("np.moveaxis", from, t.ndim), normalizeAxis("np.moveaxis", to, t.ndim));
};
/** New axes of size 1, at these places of the result. */
export const expandDims = (x: TensorLike, axis: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.expandDims");
  const count = typeof axis === "number" ? 1 : axis.length;
  const places = normalizeAxes("np.expandDims", t.ndim + count, axis);
  const sizes = [...t.shape];
  for (const p of places) sizes.splice(p, 0, 1);
  return b.reshape(t, sizes);
};
/** Axes of size 1 dropped: those named, or all. */
export const squeeze = (x: TensorLike, axis?: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.squeeze");
  const named =
    axis === undefined ? range(t.ndim).filter((a) => t.shape[a] === 1) : normalizeAxes("np.squeeze", t.ndim, axis);
  const wide = named.find((a) => t.shape[a] !== 1);
  if (wide !== undefined) {
    throw new ShapeError({
      where: "np.squeeze",
      what: `axis ${wide} is not of size 1`,
      expected: "axes of size 1",
      got: `${t.aval}`,
    });
  }
  return b.reshape(
    t,
    t.shape.filter((_, i) => !named.includes(i)),
  );
};
export const broadcastTo = (x: TensorLike, shape: Shape): Tensor => {
  const t = asTensor(x, "np.broadcastTo");
  if (t.ndim > shape.length) broadcastShapes("np.broadcastTo", t.shape, shape);
  return b.broadcastTo(t, shape);
};
export const concatenate = composite("np.concatenate", (xs: readonly TensorLike[], axis: number = 0): Tensor => {
  if (xs.length === 0) {
    throw new ArgumentError({
      where: "np.concatenate",
      what: "the list is empty",
      expected: "at least one tensor",
      got: "none",
    });
  }
  const same = promoteDType("np.concatenate", xs);
  return mv.concatenate(same, normalizeAxis("np.concatenate", axis, same[0].ndim));
});
export const stack = composite("np.stack", (xs: readonly TensorLike[], axis: number = 0): Tensor => {
  const tensors = xs.map((x) => asTensor(x, "np.stack"));
  const place = tensors.length === 0 ? 0 : normalizeAxis("np.stack", axis, tensors[0].ndim + 1);
  return concatenate(
    tensors.map((t) => expandDims(t, place)),
    place,
  );
});

/** That many equal parts, or the parts between the given indices, which count as in Python's slices. */
export const split = (x: TensorLike, parts: number | readonly number[], axis = 0): Tensor[] => {
  const t = asTensor(x, "np.split");
  const at = normalizeAxis("np.split", axis, t.ndim);
  const size = t.shape[at];
  if (typeof parts === "number" && (!Number.isInteger(parts) || parts < 1 || size % parts !== 0)) {
    throw new ShapeError({
      where: "np.split",
      what: "the axis does not divide into equal parts",
      expected: `a size that ${parts} divides`,
      got: `${t.aval}, axis ${at}`,
    });
  }
  const cuts = typeof parts === "number" ? range(parts - 1).map((i) => ((i + 1) * size) / parts) : parts;
  const bounds = [0, ...cuts, size];
  return bounds.slice(1).map((stop, i) => {
    const [start, limit] = pythonSlice(size, bounds[i], stop, 1);
    return mv.sliceAxis(t, at, start, limit);
  });
};
export const flip = (x: TensorLike, axis?: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.flip");
  return mv.reverse(t, normalizeAxes("np.flip", t.ndim, axis));
};
/** Adds `[before, after]` elements of a constant on every axis. */
export const pad = composite(
  "np.pad",
  (x: TensorLike, widths: readonly (readonly [number, number])[], value: TensorLike = 0): Tensor => {
    const t = asTensor(x, "np.pad");
    return mv.pad(t, cast("np.pad", asTensor(value, "np.pad"), t.dtype), {
      low: widths.map(([low]) => low),
      high: widths.map(([, high]) => high),
      interior: widths.map(() => 0),
    });
  },
);
/** The whole repeated along each axis. */
export const tile = composite("np.tile", (x: TensorLike, repeats: readonly number[]): Tensor => {
  const t = asTensor(x, "np.tile");
  const rank = Math.max(t.ndim, repeats.length);
  const shape = [...new Array<number>(rank - t.ndim).fill(1), ...t.shape];
  const times = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  const paired = b.reshape(
    t,
    shape.flatMap((n) => [1, n]),
  );
  const wide = b.broadcastTo(
    paired,
    shape.flatMap((n, i) => [times[i], n]),
  );
  return b.reshape(
    wide,
    shape.map((n, i) => n * times[i]),
  );
});
/** Elements moved along `axis` by `shift`, those that fall off come back at the other end. */
export const roll = composite("np.roll", (x: TensorLike, shift: number, axis: number): Tensor => {
  const t = asTensor(x, "np.roll");
  const at = normalizeAxis("np.roll", axis, t.ndim);
  const n = t.shape[at];
  if (n === 0) return t;
  const by = ((shift % n) + n) % n;
  return by === 0 ? t : mv.concatenate([mv.sliceAxis(t, at, n - by, n), mv.sliceAxis(t, at, 0, n - by)], at);
});
