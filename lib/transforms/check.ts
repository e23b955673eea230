/**
 * @file Checking derivatives against central differences, for tests of user-defined functions and rules.
 *
 * Everything is computed in float64 on a separate executor, which takes no notice of the backend in use.
 */

import { referenceExecutor } from "../compile/reference/executor.js";
import { runtimeOn } from "../compile/runtime.js";
import { Aval, isFloat } from "../core/aval.js";
import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { unflatten } from "../core/pytree.js";
import { currentRuntime, withRuntime } from "../core/runtime.js";
import { DeviceArray, type Tensor } from "../core/tensor.js";
import { threefryRounds } from "../primitives/random.js";
import { vjp } from "./grad.js";
import { jvp } from "./jvp.js";
import { flattenArgs, flattenTensors, nameOf } from "./trees.js";

export interface CheckGradsOptions {
  /** Derivatives up to this order; default 2. */
  readonly order?: number;
  /** Forward mode, reverse mode, or both (the default); higher orders then take them in every combination. */
  readonly modes?: readonly ("forward" | "reverse")[];
  /** How far a number may be off, relative to the largest one beside it, or to 1; default 1e-6. */
  readonly tolerance?: number;
  /** Step of the differences, which are of fourth order; default 1e-3. */
  readonly step?: number;
  /** Chooses the directions; default 0. */
  readonly seed?: number;
}

/** A function of float64 tensors. */
type Flat = (...xs: Tensor[]) => Tensor[];
type Check = Required<CheckGradsOptions> & { readonly where: string };

const upload = (x: HostArray): Tensor => {
  const { device } = currentRuntime("checkGrads");
  return new DeviceArray(new Aval(x.shape, x.dtype), device, device.upload(x));
};
const download = (x: Tensor): HostArray => x.concrete("checkGrads").host();
const inDouble = (x: HostArray): HostArray =>
  isFloat(x.dtype) ? { ...x, dtype: "float64", data: Float64Array.from(x.data) } : x;

/** Numbers of [-1, 1) for each element, the same for the same seed. */
const directions = (like: readonly HostArray[], seed: number): HostArray[] =>
  like.map((x, leaf) => ({
    ...x,
    data: Float64Array.from(x.data, (_, i) => {
      const words = Uint32Array.of(leaf, i);
      threefryRounds(seed, 0, words);
      return words[0] / 2 ** 31 - 1;
    }),
  }));

const evaluate = (g: Flat, xs: readonly HostArray[]): HostArray[] => {
  let outs: HostArray[] = [];
  scope(() => {
    outs = g(...xs.map(upload)).map(download);
  });
  return outs;
};

/** The derivative of `g` at `xs` along `vs` by central differences of fourth order. */
const difference = (g: Flat, xs: readonly HostArray[], vs: readonly HostArray[], step: number): HostArray[] => {
  const at = (t: number): HostArray[] => {
    const moved = (x: HostArray, leaf: number): HostArray => ({
      ...x,
      data: Float64Array.from(x.data, (value, i) => value + t * vs[leaf].data[i]),
    });
    return evaluate(g, xs.map(moved));
  };
  const [a, b, c, d] = [at(-2 * step), at(-step), at(step), at(2 * step)];
  return a.map((y, k) => ({
    ...y,
    data: Float64Array.from(
      y.data,
      (_, i) => (a[k].data[i] - 8 * b[k].data[i] + 8 * c[k].data[i] - d[k].data[i]) / (12 * step),
    ),
  }));
};

const inner = (xs: readonly HostArray[], ys: readonly HostArray[]): number => {
  let sum = 0;
  xs.forEach((x, k) => {
    x.data.forEach((value, i) => {
      sum += value * ys[k].data[i];
    });
  });
  return sum;
};

const compare = (check: Check, what: string, got: ArrayLike<number>, want: ArrayLike<number>): void => {
  let scale = 1;
  for (let i = 0; i < want.length; i++) scale = Math.max(scale, Math.abs(want[i]));
  for (let i = 0; i < want.length; i++) {
    if (Math.abs(got[i] - want[i]) <= check.tolerance * scale) continue;
    throw new ArgumentError({
      where: check.where,
      what: `the ${what} differs from central differences`,
      expected: `${want[i]} (within ${check.tolerance * scale})`,
      got: `${got[i]} at element ${i}`,
      hint: "at a kink or a jump there is no derivative to compare with; try another point",
    });
  }
};

/** Checks `g` at `xs`, then each of its derivatives in a fixed direction as a function of the same arguments. */
const checkFlat = (check: Check, g: Flat, xs: readonly HostArray[], order: number, path: string): void => {
  const vs = directions(xs, check.seed + order);
  const dys = difference(g, xs, vs, check.step);
  const cts = directions(dys, check.seed + order + 1000);
  const derivatives: Record<"forward" | "reverse", Flat> = {
    forward: (...ts) => jvp(g, ts, vs.map(upload))[1],
    reverse: (...ts) => {
      const [, pull] = vjp(g, ...ts);
      try {
        return [...pull(cts.map(upload))];
      } finally {
        pull.dispose();
      }
    },
  };
  for (const mode of check.modes) {
    const derivative = derivatives[mode];
    const got = evaluate(derivative, xs);
    const what = `${path}${mode} derivative`;
    if (mode === "reverse") compare(check, what, [inner(got, vs)], [inner(cts, dys)]);
    else {
      got.forEach((dy, k) => {
        compare(check, `${what}, result ${k}`, dy.data, dys[k].data);
      });
    }
    if (order > 1) checkFlat(check, derivative, xs, order - 1, `${what} of the `);
  }
};

/**
 * Compares the derivatives of `f` at `args` with central differences, in random directions and in float64.
 *
 * @param f     a function of trees that is smooth near `args`; results and arguments that are not floats are left alone
 * @param args  its arguments; floats are taken as float64 (and so is what `f` makes of them, unless it converts)
 * @throws {ArgumentError} where a derivative is off
 * @see JAX's `jax.test_util.check_grads`
 * @example checkGrads((x: Tensor) => np.sin(x), [np.array([0.3, 2])], { order: 3 })
 */
export const checkGrads = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: readonly [...A],
  options: CheckGradsOptions = {},
): void => {
  const where = nameOf("checkGrads", f);
  const { order = 2, modes = ["forward", "reverse"], tolerance = 1e-6, step = 1e-3, seed = 0 } = options;
  const [leaves, def] = flattenArgs(where, args);
  const all = leaves.map((x) => inDouble(download(x)));
  const active = all.filter((x) => isFloat(x.dtype));
  if (active.length === 0) {
    throw new ArgumentError({ where, what: "no argument is a float", expected: "a float to differentiate by" });
  }
  const g: Flat = (...xs) => {
    let next = 0;
    const inputs = all.map((x) => (isFloat(x.dtype) ? xs[next++] : upload(x)));
    const [outs] = flattenTensors(where, f(...(unflatten(def, inputs) as unknown as A)), "the result");
    return outs.filter((y) => isFloat(y.dtype));
  };
  const runtime = runtimeOn(referenceExecutor());
  try {
    withRuntime(runtime, () => checkFlat({ where, order, modes, tolerance, step, seed }, g, active, order, ""));
  } finally {
    runtime.dispose();
  }
};
