/**
 * @file The reference executor: every primitive by its own `impl`, in plain arrays, in float32 and float64.
 *
 * The oracle that every other executor is tested against, and the device for finite differences.
 */

import type { HostArray } from "../core/host.js";
import type { Atom, Jaxpr, Var } from "../core/jaxpr.js";
import type { Handle } from "../core/tensor.js";
import { Literal } from "../core/tensor.js";
import { type AccountedDevice, type DeviceMemory, type Executor, Ledger } from "./executor.js";

/** Evaluates a jaxpr without constants on host arrays. */
export const evaluateByImpl = (jaxpr: Jaxpr, args: readonly HostArray[]): HostArray[] => {
  const env = new Map<Var, HostArray>();
  jaxpr.inVars.forEach((v, i) => {
    env.set(v, args[i]);
  });
  const read = (a: Atom): HostArray => (a instanceof Literal ? a.host() : (env.get(a) as HostArray));
  for (const eqn of jaxpr.eqns) {
    const outs = eqn.prim.impl(eqn.inputs.map(read), eqn.params);
    eqn.outputs.forEach((v, i) => {
      env.set(v, outs[i]);
    });
  }
  return jaxpr.outs.map(read);
};

/** One reader of host data; several may share the data. */
interface HostHandle {
  readonly array: HostArray;
  live: boolean;
}

/** Host memory as a device. */
export class HostDevice implements AccountedDevice {
  readonly name = "host";
  readonly #live = new Map<unknown, number>();
  readonly #ledger = new Ledger();

  wrap(array: HostArray): HostHandle {
    const before = this.#live.get(array.data) ?? 0;
    this.#live.set(array.data, before + 1);
    this.#ledger.add(before === 0 ? array.data.byteLength : 0);
    return { array, live: true };
  }
  read(handle: Handle): HostArray {
    return (handle as HostHandle).array;
  }
  upload(x: HostArray): Handle {
    return this.wrap({ ...x, data: x.data.slice() });
  }
  download(handle: Handle): HostArray {
    const { array } = handle as HostHandle;
    return { ...array, data: array.data.slice() };
  }
  share(handle: Handle): Handle {
    return this.wrap((handle as HostHandle).array);
  }
  free(handle: Handle): void {
    const h = handle as HostHandle;
    if (!h.live) return;
    h.live = false;
    const left = (this.#live.get(h.array.data) as number) - 1;
    if (left > 0) this.#live.set(h.array.data, left);
    else this.#live.delete(h.array.data);
    this.#ledger.remove(left > 0 ? 0 : h.array.data.byteLength);
  }
  storage(handle: Handle): unknown {
    return (handle as HostHandle).array.data;
  }
  memory(): DeviceMemory {
    return this.#ledger.memory();
  }
  resetPeak(): void {
    this.#ledger.resetPeak();
  }
}

/** A new reference executor with a device of its own. */
export const referenceExecutor = (): Executor => {
  const device = new HostDevice();
  return {
    name: "reference",
    device,
    kernel: (prim, params) => (inputs) =>
      prim
        .impl(
          inputs.map((h) => device.read(h)),
          params,
        )
        .map((array) => device.wrap(array)),
    dispose: () => undefined,
  };
};
