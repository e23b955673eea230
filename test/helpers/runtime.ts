/** @file Runtimes, arrays and comparisons for tests of the core. */
import * as assert from "uvu/assert";
import type { DeviceMemory } from "../../lib/compile/executor.js";
import { backendRows, EXECUTORS, ITSELF, programRows } from "../../lib/compile/executors.js";
import { type InitOptions, runtimeOf } from "../../lib/compile/init.js";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { Aval, type DType, isFloat, printShape, range, type Shape, sameShape, sizeOf } from "../../lib/core/aval.js";
import { allocate, type HostArray, hostArray } from "../../lib/core/host.js";
import { leavesOf } from "../../lib/core/pytree.js";
import { currentRuntime, setRuntime } from "../../lib/core/runtime.js";
import { DeviceArray, type Tensor } from "../../lib/core/tensor.js";
import { transposeP } from "../../lib/primitives/broadcast.js";

/** What every primitive is tested on: the plain definitions first, all that need no graphics card, and compiled programs run natively. */
const RUNTIMES: ReadonlyMap<string, InitOptions> = new Map<string, Record<string, string>>([
  ...backendRows(EXECUTORS)
    .filter(([, { gpu = false }]) => !gpu)
    .map(([backend]) => [backend, { backend, executor: ITSELF }] as const)
    .sort(([a], [b]) => Number(b === "reference") - Number(a === "reference")),
  ...programRows(EXECUTORS).map(([executor, { beside }]) => [executor, { backend: beside[0], executor }] as const),
]);

/** What a test per executor loops over: its name, and how to start it. */
export const runtimes = (): readonly { label: string; open: () => Promise<ExecutorRuntime> }[] =>
  [...RUNTIMES].map(([label, options]) => ({ label, open: () => runtimeOf(options) }));

/** Their runtimes, started once for the whole test process. */
export const startedRuntimes = async (): Promise<readonly ExecutorRuntime[]> => {
  // One after the other: TensorFlow.js sets up kernels for one backend at a time.
  const started: ExecutorRuntime[] = [];
  for (const options of RUNTIMES.values()) started.push(await runtimeOf(options));
  return started;
};

/** Runs `f` on a reference runtime of its own; what its programs hold goes with it. */
export const onReference = <T>(f: (runtime: ExecutorRuntime) => T): T => on(runtimeOn(referenceExecutor()), f, true);

/** Runs `f` on a runtime and puts the one before back; `once`: and disposes the runtime. */
export const on = <T>(runtime: ExecutorRuntime, f: (runtime: ExecutorRuntime) => T, once = false): T => {
  const before = setRuntime(runtime);
  try {
    return f(runtime);
  } finally {
    if (once) runtime.dispose();
    setRuntime(before);
  }
};

// --- arrays --------------------------------------------------------------------------------------------------------------

/** Host data of a dtype from plain numbers (or booleans); one number fills the whole shape. */
export const host = (dtype: DType, shape: Shape, values: number | ArrayLike<number | boolean>): HostArray => {
  const data = allocate(dtype, sizeOf(shape));
  if (typeof values === "number") data.fill(values);
  else data.set(Array.from(values, Number));
  return hostArray(shape, dtype, data);
};

/** Host data on the current device. */
export const onDevice = (x: HostArray): DeviceArray => {
  const { device } = currentRuntime("test");
  return new DeviceArray(new Aval(x.shape, x.dtype), device, device.upload(x));
};

/** Makes tensors of one dtype on the current device. `f32([1, 2])` is a vector, `f32([1, 2], [2, 1])` a column. */
const maker =
  (dtype: DType) =>
  (values: number | ArrayLike<number | boolean>, shape?: Shape): DeviceArray =>
    onDevice(host(dtype, shape ?? (typeof values === "number" ? [] : [values.length]), values));
export const f32 = maker("float32");
export const f64 = maker("float64");
export const i32 = maker("int32");
export const u32 = maker("uint32");
export const bool = maker("bool");

/** A tensor's data on the host. */
export const hostOf = (x: Tensor): HostArray => x.concrete("test").host();

/** A tensor's elements as plain numbers. */
export const numbers = (x: unknown): number[] => Array.from((x as Tensor).dataSync());

/** The examples of a batch, one behind the other along `axis`. */
export const stacked = (xs: readonly HostArray[], axis: number): HostArray => {
  const [first] = xs;
  const front = host(
    first.dtype,
    [xs.length, ...first.shape],
    xs.flatMap((x) => Array.from(x.data)),
  );
  const order = range(front.shape.length).slice(1);
  order.splice(axis, 0, 0);
  return transposeP.impl([front], { perm: order })[0];
};

// --- leaks ---------------------------------------------------------------------------------------------------------------

/** What a device holds now. */
export const heldBy = (device: { memory(): DeviceMemory }): Omit<DeviceMemory, "peakBytes"> => {
  const { peakBytes: _, ...held } = device.memory();
  return held;
};

/** Runs `f`, which frees what it makes, and asserts that the device holds what it held before. */
export const noLeaks = <T>(f: () => T, what = "leak"): T => {
  const { device } = currentRuntime("noLeaks") as ExecutorRuntime;
  const before = heldBy(device);
  const result = f();
  assert.equal(heldBy(device), before, `${what}: memory after differs from before`);
  return result;
};

/** Frees all tensors of a tree and gives their data. */
export const taken = (tree: unknown): HostArray[] =>
  leavesOf(tree).map((x) => {
    const data = hostOf(x as Tensor);
    (x as Tensor).dispose();
    return data;
  });

// --- comparison ----------------------------------------------------------------------------------------------------------

/**
 * How far a computed number may be from the right one: `abs + rel · |right|`. Integers and bools are exact.
 *
 * float32: executors may sum in another order and use polynomials of a few units in the last place. float64: two different
 * computations of the same thing on the reference executor.
 */
export const TOLERANCE: Record<DType, { readonly abs: number; readonly rel: number }> = {
  float32: { abs: 1e-6, rel: 1e-5 },
  float64: { abs: 1e-12, rel: 1e-11 },
  int32: { abs: 0, rel: 0 },
  uint32: { abs: 0, rel: 0 },
  bool: { abs: 0, rel: 0 },
};

/** Whether two numbers agree: NaN with NaN, an infinity with itself, others within the tolerance. */
export const near = (got: number, want: number, { abs, rel }: { abs: number; rel: number }): boolean =>
  Object.is(got, want) || got === want || Math.abs(got - want) <= abs + rel * Math.abs(want);

/** Asserts equal shape and dtype, and elements within the dtype's tolerance (or the given one). */
export const allclose = (got: HostArray, want: HostArray, what: string, tolerance = TOLERANCE[want.dtype]): void => {
  const print = (x: HostArray): string => `${x.dtype}${printShape(x.shape)}`;
  if (got.dtype !== want.dtype || !sameShape(got.shape, want.shape)) {
    assert.unreachable(`${what}: got ${print(got)}, expected ${print(want)}`);
  }
  for (let i = 0; i < want.data.length; i++) {
    if (near(got.data[i], want.data[i], tolerance)) continue;
    assert.unreachable(`${what}: element ${i} is ${got.data[i]}, expected ${want.data[i]}`);
  }
};

/** Asserts that the elements of a tensor are these numbers. */
export const elementsNear = (x: unknown, want: readonly number[], tolerance: number): void => {
  const got = numbers(x);
  assert.is(got.length, want.length);
  got.forEach((v, i) => {
    assert.ok(Math.abs(v - want[i]) <= tolerance, `element ${i} is ${v}, expected ${want[i]}`);
  });
};

/** `allclose` of two trees of tensors. */
export const treesClose = (
  got: unknown,
  want: unknown,
  what: string,
  tolerance?: { abs: number; rel: number },
): void => {
  const [a, b] = [leavesOf(got), leavesOf(want)];
  assert.is(a.length, b.length, `${what}: number of leaves`);
  a.forEach((x, i) => {
    allclose(hostOf(x as Tensor), hostOf(b[i] as Tensor), `${what}, leaf ${i}`, tolerance);
  });
};

// --- derivatives ---------------------------------------------------------------------------------------------------------

/** Floats as float64, other dtypes as they are. */
export const asDouble = (x: HostArray): HostArray =>
  isFloat(x.dtype) ? { ...x, dtype: "float64", data: Float64Array.from(x.data) } : x;

/** `x + t · dx`. */
export const moved = (x: HostArray, dx: HostArray, t: number): HostArray => ({
  ...x,
  data: Float64Array.from(x.data, (v, i) => v + t * dx.data[i]),
});

/** Sum of the products of all elements of two lists of arrays. */
export const inner = (xs: readonly HostArray[], ys: readonly HostArray[]): number => {
  let sum = 0;
  xs.forEach((x, k) => {
    for (let i = 0; i < x.data.length; i++) sum += x.data[i] * ys[k].data[i];
  });
  return sum;
};

/**
 * The derivative of `f` at `x` along `dx` by central differences of fourth order in float64; the error is of order
 * `step^4` in truncation and `1e-16 / step` in rounding.
 */
export const centralDifference = (
  f: (x: readonly HostArray[]) => readonly HostArray[],
  x: readonly HostArray[],
  dx: readonly HostArray[],
  step = 1e-3,
): HostArray[] => {
  const at = (t: number): readonly HostArray[] => f(x.map((v, i) => moved(v, dx[i], t)));
  const [a, b, c, d] = [at(-2 * step), at(-step), at(step), at(2 * step)];
  return a.map((y, k) => ({
    ...y,
    dtype: "float64",
    data: Float64Array.from(
      y.data,
      (_, i) => (a[k].data[i] - 8 * b[k].data[i] + 8 * c[k].data[i] - d[k].data[i]) / (12 * step),
    ),
  }));
};

/** The message of what `f` throws; undefined when it does not throw. (uvu's `throws` lets failed assertions through.) */
export const messageOf = (f: () => unknown): string | undefined => {
  try {
    f();
    return undefined;
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
};
