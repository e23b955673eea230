/**
 * @file The reference executor: every primitive by its own `impl`, in plain arrays, in float32 and float64.
 *
 * The oracle that every other executor is tested against, and the device for finite differences.
 */

import { sizeOf } from "../../core/aval.js";
import { type HostArray, zerosHost } from "../../core/host.js";
import type { Atom, Jaxpr, Var } from "../../core/jaxpr.js";
import type { Handle } from "../../core/tensor.js";
import { Literal } from "../../core/tensor.js";
import { type AccountedDevice, type DeviceMemory, type Executor, Ledger, type Rows } from "../executor.js";

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

/** The number of handles that read a buffer, and the bytes that it counts for. */
interface Readers {
  count: number;
  readonly bytes: number;
}

/**
 * Where a buffer has its readers: on itself, so that one whose handles are unreachable is freed by the collector, also in a loop that never
 * lets the event loop turn. A `WeakMap` does the same in ten times the time.
 */
const READERS = Symbol("readers");
type Read = ArrayBufferLike & { [READERS]?: Readers };

/** The part of a handle that the registry holds. It does not reach the data, so the collector can free them. */
interface Lease {
  readonly readers: Readers;
  live: boolean;
}

/** One reader of host data; several may share the data. */
interface HostHandle {
  readonly array: HostArray;
  readonly lease: Lease;
}

/** Host memory as a device. */
export class HostDevice implements AccountedDevice {
  readonly name: string = "host";
  readonly #ledger = new Ledger();
  readonly #unreachable = new FinalizationRegistry<Lease>((lease) => void this.#end(lease));
  readonly rows: Rows = {
    view: (handle, index) => {
      const { shape, dtype, data } = this.read(handle);
      const row = shape.slice(1);
      const n = sizeOf(row);
      return this.wrap({ shape: row, dtype, data: data.subarray(index * n, (index + 1) * n) });
    },
    empty: (aval) => this.wrap(zerosHost(aval)),
    write: (stack, index, row) => {
      const { data } = this.read(row);
      this.read(stack).data.set(data, index * data.length);
    },
  };

  wrap(array: HostArray): HostHandle {
    const { buffer, byteLength: bytes } = array.data;
    let readers = (buffer as Read)[READERS];
    if (readers === undefined || readers.count === 0) {
      readers = { count: 0, bytes };
      (buffer as Read)[READERS] = readers;
    }
    this.#ledger.add(readers.count === 0 ? bytes : 0);
    readers.count++;
    return { array, lease: { readers, live: true } };
  }
  /** One reader less; gives whether it was the last. */
  #end(lease: Lease): boolean {
    if (!lease.live) return false;
    lease.live = false;
    const { readers } = lease;
    readers.count--;
    this.#ledger.remove(readers.count > 0 ? 0 : readers.bytes);
    return readers.count === 0;
  }
  read(handle: Handle): HostArray {
    return (handle as HostHandle).array;
  }
  upload(x: HostArray): Handle {
    return this.wrap({ ...x, data: x.data.slice() });
  }
  uploadOwned(x: HostArray): Handle {
    return this.wrap(x);
  }
  download(handle: Handle): HostArray {
    const { array } = handle as HostHandle;
    return { ...array, data: array.data.slice() };
  }
  share(handle: Handle): Handle {
    return this.wrap((handle as HostHandle).array);
  }
  free(handle: Handle): void {
    const { array, lease } = handle as HostHandle;
    if (this.#end(lease)) this.released(array.data.buffer);
  }
  watch(owner: object, handle: Handle): void {
    this.#unreachable.register(owner, (handle as HostHandle).lease);
  }
  /** Called with a buffer that no handle reads any more. */
  protected released(_buffer: ArrayBufferLike): void {}
  storage(handle: Handle): unknown {
    return (handle as HostHandle).array.data.buffer;
  }
  memory(): DeviceMemory {
    return this.#ledger.memory();
  }
  resetPeak(): void {
    this.#ledger.resetPeak();
  }
}

/** A new reference executor with its own device. */
export const referenceExecutor = (): Executor => {
  const device = new HostDevice();
  return {
    name: "reference",
    device,
    compiles: () => false,
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
