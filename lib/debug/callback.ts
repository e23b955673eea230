/** @file Functions of the user that are called while a program runs. */
import { HostDevice } from "../compile/reference/executor.js";
import { Aval } from "../core/aval.js";
import { calledByProgram } from "../core/caller.js";
import { takes } from "../core/composite.js";
import type { HostArray } from "../core/host.js";
import { flatten, unflatten } from "../core/pytree.js";
import { unscoped } from "../core/scope.js";
import { DeviceArray, isTensor, type Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { debugCallbackP } from "../primitives/debug-callback.js";

/** Where the values lie that callbacks are given: memory that the collector sees. */
const memory = new HostDevice();

const tensorOf = ({ shape, dtype, data }: HostArray): Tensor =>
  new DeviceArray(new Aval(shape, dtype), memory, memory.wrap({ shape, dtype, data: data.slice() }));

/** Stands among the arguments for a tensor whose value comes when the program runs. */
const VALUE = Symbol("value");

/** Calls `f` each time the program gets here; tensors among the arguments then have values. */
export const callLater = (f: (...args: never[]) => void, args: readonly unknown[]): void => {
  const [leaves, def] = flatten(args);
  const rest = leaves.map((x) => (isTensor(x) ? VALUE : x));
  const call = (arrays: readonly HostArray[]): void => {
    let next = 0;
    unscoped(() => {
      const given = unflatten(
        def,
        rest.map((x) => (x === VALUE ? tensorOf(arrays[next++]) : x)),
      );
      calledByProgram(() => f(...(given as never[])));
    });
  };
  bind(debugCallbackP, leaves.filter(isTensor), { call });
};

/**
 * Calls `f` with the values of `args` each time the program gets here, also compiled and under every transformation.
 *
 * Under `vmap` it is called for each example, once if nothing is mapped; under derivatives with primal values, once; in loops in each turn.
 * Calls come in the order of the program. On `webgpu` they come when the values have been computed: `await effectsBarrier()` waits for them.
 * @param f     gets the arguments as they were given, with tensors that have values; they are its own to keep; its result is ignored, and
 *              what it throws goes through the program
 * @param args  trees; what is not a tensor is handed on as it is
 * @see JAX, `jax.debug.callback`
 * @example const step = jit((x: Tensor) => { const y = np.sum(x); debug.callback((v: Tensor) => losses.push(v.item()), y); return y; })
 */
export const callback = takes(
  "debug.callback(f, ...args)",
  <A extends readonly unknown[]>(f: (...args: NoInfer<A>) => void, ...args: A): void => callLater(f as never, args),
);
