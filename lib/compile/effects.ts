/**
 * @file Equations that call a function of the user while a program runs.
 *
 * Where data can be read at once the function is called at once. On an asynchronous device the calls come when their data are there, one
 * after the other.
 */
import { takesLater } from "../core/composite.js";
import type { AnyPrimitive, Params } from "../core/primitive.js";
import type { Executor, Kernel } from "./executor.js";

let underWay: Promise<void> = Promise.resolve();

/** Waits until all calls that programs have made so far have come. @see JAX, `jax.effects_barrier` */
export const effectsBarrier = takesLater("effectsBarrier()", () => underWay);

/** The kernel of an equation with an effect on an asynchronous device; undefined for all others. */
export const effectKernel = ({ device }: Executor, prim: AnyPrimitive, params: Params): Kernel | undefined => {
  const { fetch } = device;
  if (prim.effect !== true || fetch === undefined) return undefined;
  return (inputs) => {
    const held = inputs.map((h) => device.share(h));
    const call = async (): Promise<void> => {
      try {
        prim.impl(await Promise.all(held.map((h) => fetch.call(device, h))), params);
      } catch (error) {
        // It stops the program, as an error does where calls come at once.
        queueMicrotask(() => {
          throw error;
        });
      } finally {
        for (const h of held) device.free(h);
      }
    };
    underWay = underWay.then(call);
    return [];
  };
};
