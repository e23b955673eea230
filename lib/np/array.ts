/** @file Making arrays: from data, from a value, from a range. */
import { Aval, checkShape, type DType, isFloat, type Shape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { allocate, dtypeOf, type HostArray, hostArray, type TypedArray } from "../core/host.js";
import { flatten, unflatten } from "../core/pytree.js";
import { currentRuntime } from "../core/runtime.js";
import { asTensor, DeviceArray, isTensor, literal, type Nested, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { cast } from "./promote.js";

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
