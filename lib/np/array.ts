/** @file Making arrays: from data, from a value, from a range. */

import { Aval, asShape, checkShape, type DType, isFloat, type Shape } from "../core/aval.js";
import { similar } from "../core/closest.js";
import { composite, named, takes } from "../core/composite.js";
import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { allocate, type HostArray, hostArray, type TypedArray } from "../core/host.js";
import { flatten, MAX_DEPTH, unflatten } from "../core/pytree.js";
import { currentRuntime } from "../core/runtime.js";
import { wordsOf } from "../core/signature.js";
import { asTensor, DeviceArray, isTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { cast, promoteDType } from "./promote.js";
import { elementHint, ofTyped } from "./typed.js";

/** A tensor on the device from data on the host. */
export const fromHost = named("np.fromHost(x)", (x: HostArray): Tensor => {
  const { device } = currentRuntime("np.array");
  return new DeviceArray(new Aval(x.shape, x.dtype), device, device.upload(x));
});

const isHostArray = (x: unknown): x is HostArray =>
  typeof x === "object" && x !== null && "data" in x && ArrayBuffer.isView(x.data) && "shape" in x && "dtype" in x;

/** The tree type with a tensor in place of every host array. */
export type OnDevice<T> = T extends HostArray ? Tensor : { readonly [K in keyof T]: OnDevice<T[K]> };

/** A tensor of data that is not used elsewhere. */
const owned = (x: HostArray): Tensor => {
  const { device } = currentRuntime("np.devicePut");
  return new DeviceArray(new Aval(x.shape, x.dtype), device, device.uploadOwned?.(x) ?? device.upload(x));
};

export interface DevicePutOptions {
  /** Gives the arrays away: they must not be used afterwards, and are not kept in memory beside the tensors. */
  readonly donate?: boolean;
}

/**
 * A tree of host arrays (as files are read) as a tree of tensors on the device.
 *
 * @see jax.device_put
 * @example const params = np.devicePut(stored.params, { donate: true })
 */
export const devicePut = takes(
  "np.devicePut(tree, { donate })",
  <T>(tree: T, { donate = false }: DevicePutOptions = {}): OnDevice<T> => {
    const [leaves, def] = flatten(tree, isHostArray);
    const put = donate ? owned : fromHost;
    return unflatten(
      def,
      leaves.map((x) => (isHostArray(x) ? put(x) : x)),
    ) as OnDevice<T>;
  },
);

const shapeOfNested = (x: NestedTensors, at = "", depth = 0): number[] => {
  if (isTensor(x)) return [...x.shape];
  if (!Array.isArray(x)) return [];
  if (x.length === 0) return [0];
  if (depth === MAX_DEPTH) {
    const expected = `at most ${MAX_DEPTH} levels`;
    throw new ShapeError({
      where: "np.array",
      what: "the lists are nested too deeply",
      expected,
      got: "more, or a list within itself",
    });
  }
  const shapes = x.map((y: NestedTensors, i: number) => shapeOfNested(y, `${at}[${i}]`, depth + 1));
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

/** Lists in which tensors may stand beside numbers. */
export type NestedTensors = TensorLike | readonly NestedTensors[];

interface ArrayOptions {
  readonly dtype?: DType;
  readonly shape?: Shape;
}

const leavesOfLists = (x: NestedTensors): readonly TensorLike[] =>
  Array.isArray(x) ? x.flatMap(leavesOfLists) : [x as TensorLike];

/** Tensors and numbers in nested lists, joined along new first axes, in the dtype that they have together. */
const ofTensors = composite("np.array", (data: NestedTensors, { dtype, shape }: ArrayOptions): Tensor => {
  const whole = shapeOfNested(data);
  const leaves = promoteDType("np.array", leavesOfLists(data));
  let at = 0;
  const joined = (x: NestedTensors): Tensor => {
    if (!Array.isArray(x)) return b.broadcastTo(leaves[at], leaves[at++].shape);
    if (x.length === 0) return full([0], 0, leaves[0].dtype);
    const rows = x.map(joined);
    return mv.concatenate(
      rows.map((row) => b.reshape(row, [1, ...row.shape])),
      0,
    );
  };
  const all = b.reshape(joined(data), asShape(shape ?? whole));
  const made = dtype === undefined ? all : cast("np.array", all, dtype);
  return made === data ? copy(made) : made;
});

const OPTIONS: readonly string[] = ["dtype", "shape"];

/** The second argument of `array` as options. @throws {ArgumentError} for anything that is neither a dtype nor options */
const arrayOptions = (given: unknown): ArrayOptions => {
  if (typeof given === "string") return { dtype: given as DType };
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  const unknown = isObject ? Object.keys(given).find((key) => !OPTIONS.includes(key)) : undefined;
  if (isObject && unknown === undefined) return given;
  const near = unknown === undefined ? undefined : similar(unknown, OPTIONS);
  throw new ArgumentError({
    where: "np.array",
    what: unknown === undefined ? "the second argument is neither a dtype nor options" : "there is no such option",
    expected: 'a dtype such as "int32", or { dtype, shape }',
    got: unknown ?? (Array.isArray(given) ? "a list" : String(given)),
    hint:
      unknown === undefined
        ? "rows of a matrix are one nested list: np.array([[1, 2], [3, 4]])"
        : near && `did you mean ${near}?`,
  });
};

/**
 * A tensor from nested lists of numbers and tensors, a number, a tensor (as a copy), or a typed array with a `shape`.
 *
 * Numbers give float32 and booleans bool unless `dtype` says otherwise, or tensors beside them do; a typed array keeps its type. A
 * `Uint8Array` holds bools, as zeros and ones; of other bytes, and of typed arrays of other widths, `dtype` says what they become.
 *
 * - `dtypeOrOptions`: a dtype, or `{ dtype, shape }`
 * @throws {ShapeError} for ragged lists, or data that do not fill the shape; {DTypeError} for numbers the dtype cannot hold, and typed arrays without one
 * @example np.array([[1, 2], [3, 4]]) // f32[2,2]
 * @example np.array([np.sin(x), 0, np.cos(x)]) // as np.stack
 */
export const array = named(
  "np.array(data, dtypeOrOptions)",
  (data: NestedTensors | TypedArray, dtypeOrOptions: DType | ArrayOptions = {}): Tensor => {
    const options = arrayOptions(dtypeOrOptions);
    if (ArrayBuffer.isView(data)) {
      return fromHost(ofTyped(data as TypedArray, options));
    }
    if (isTensor(data)) return ofTensors(data, options);
    const shape = shapeOfNested(data);
    const flat = (Array.isArray(data) ? data.flat(Number.POSITIVE_INFINITY) : [data]) as (number | boolean)[];
    if (flat.some(isTensor)) return ofTensors(data, options);
    const bad = flat.findIndex((x) => typeof x !== "number" && typeof x !== "boolean");
    if (bad >= 0) {
      throw new DTypeError({
        where: "np.array",
        what: "an element is not a number",
        expected: "numbers, booleans or tensors",
        got: wordsOf(flat[bad]),
        at: `element ${bad}`,
        hint: elementHint(flat[bad]),
      });
    }
    const dtype = options.dtype ?? (flat.length > 0 && flat.every((x) => typeof x === "boolean") ? "bool" : "float32");
    const out = allocate(dtype, flat.length);
    flat.forEach((x, i) => {
      out[i] = isFloat(dtype) ? Number(x) : literal("np.array", Number(x), dtype).value;
    });
    return fromHost(hostArray(options.shape ?? shape, dtype, out));
  },
);

/** A scalar. */
export const scalar = named(
  "np.scalar(value, dtype)",
  (value: number | boolean, dtype?: DType): Tensor => array(value, dtype === undefined ? {} : { dtype }),
);

/** `value` everywhere. */
export const full = named(
  "np.full(shape, value, dtype)",
  (shape: Shape | number, value: TensorLike, dtype?: DType): Tensor => {
    const x = asTensor(value, "np.full");
    return b.broadcastTo(cast("np.full", x, dtype ?? x.dtype), asShape(shape));
  },
);
export const zeros = named(
  "np.zeros(shape, dtype)",
  (shape: Shape | number, dtype: DType = "float32"): Tensor => full(shape, 0, dtype),
);
export const ones = named(
  "np.ones(shape, dtype)",
  (shape: Shape | number, dtype: DType = "float32"): Tensor => full(shape, 1, dtype),
);
export const fullLike = named(
  "np.fullLike(x, value, dtype)",
  (x: TensorLike, value: TensorLike, dtype?: DType): Tensor => {
    const like = asTensor(x, "np.fullLike");
    return full(like.shape, value, dtype ?? like.dtype);
  },
);
export const zerosLike = named(
  "np.zerosLike(x, dtype)",
  (x: TensorLike, dtype?: DType): Tensor => fullLike(x, 0, dtype),
);
export const onesLike = named("np.onesLike(x, dtype)", (x: TensorLike, dtype?: DType): Tensor => fullLike(x, 1, dtype));

/** `[start, start + step, …)` up to `stop`, int32 when all are integers. */
export const arange = composite(
  "np.arange(startOrStop, stop, step, dtype)",
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
/** Whether the end is among the numbers (the default), and their dtype (float32). */
export interface SpacingOptions {
  readonly endpoint?: boolean;
  readonly dtype?: DType;
}
const spaced = (
  where: string,
  start: number,
  stop: number,
  n: number,
  { endpoint = true, dtype = "float32" }: SpacingOptions,
  at: (v: number) => number,
): Tensor => {
  checkShape(where, [n]);
  const step = (stop - start) / (endpoint ? n - 1 : n);
  const out = allocate(dtype, n);
  for (let i = 0; i < n; i++) {
    const value = at(endpoint && i > 0 && i === n - 1 ? stop : start + (i && i * step));
    // JAX rounds down to integers.
    out[i] = isFloat(dtype) ? value : literal(where, Math.floor(value), dtype).value;
  }
  return fromHost(hostArray([n], dtype, out));
};
/** `n` numbers from `start` to `stop`, evenly spaced, each rounded once. */
export const linspace = named(
  "np.linspace(start, stop, n, { endpoint, dtype })",
  (start: number, stop: number, n: number = 50, options: SpacingOptions = {}): Tensor =>
    spaced("np.linspace", start, stop, n, options, (v) => v),
);
/** `n` powers of `base` (10), their exponents evenly spaced from `start` to `stop`. */
export const logspace = named(
  "np.logspace(start, stop, n, { endpoint, dtype, base })",
  (start: number, stop: number, n: number = 50, options: SpacingOptions & { readonly base?: number } = {}): Tensor =>
    spaced("np.logspace", start, stop, n, options, (v) => (options.base ?? 10) ** v),
);
/**
 * `n` numbers from `start` to `stop`, each the same multiple of the one before.
 *
 * @throws {ArgumentError} when one of the ends is 0, or their signs differ
 */
export const geomspace = named(
  "np.geomspace(start, stop, n, { endpoint, dtype })",
  (start: number, stop: number, n: number = 50, options: SpacingOptions = {}): Tensor => {
    if (!(start * stop > 0)) {
      throw new ArgumentError({
        where: "np.geomspace",
        what: "no geometric sequence joins the ends",
        expected: "two numbers of one sign, not 0",
        got: `${start} and ${stop}`,
      });
    }
    const sign = Math.sign(start);
    const [from, to] = [Math.log2(Math.abs(start)), Math.log2(Math.abs(stop))];
    const exact = (v: number): number => (v === from ? start : v === to ? stop : sign * 2 ** v);
    return spaced("np.geomspace", from, to, n, options, exact);
  },
);

/** What `array` makes a tensor from, or a tensor as it is. */
export const asarray = named("np.asarray(x, dtype)", (x: NestedTensors | TypedArray, dtype?: DType): Tensor => {
  if (!isTensor(x)) return array(x, dtype === undefined ? {} : { dtype });
  return dtype === undefined || dtype === x.dtype ? x : e.convert(x, dtype);
});
/** The same tensor with its own lifetime: it stays when `x` is disposed. */
export const copy = named("np.copy(x)", (x: TensorLike): Tensor => {
  const t = asTensor(x, "np.copy");
  return t instanceof DeviceArray ? t.alias() : t;
});
/** A tensor of unspecified values; they are zeros. */
export const empty = named(
  "np.empty(shape, dtype)",
  (shape: Shape | number, dtype: DType = "float32"): Tensor => zeros(shape, dtype),
);
export const emptyLike = named("np.emptyLike(x, dtype)", (x: TensorLike, dtype?: DType): Tensor => zerosLike(x, dtype));
