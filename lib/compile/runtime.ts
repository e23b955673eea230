/** @file The runtime that eager evaluation and `jit` share: one executor, its programs, and what crosses to and from its device. */
import type { Aval } from "../core/aval.js";
import { leftOutside } from "../core/growth.js";
import type { HostArray } from "../core/host.js";
import { Jaxpr, Var } from "../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../core/primitive.js";
import type { Runtime } from "../core/runtime.js";
import { isScoped } from "../core/scope.js";
import { DeviceArray, type Handle, Literal } from "../core/tensor.js";
import { effectKernel } from "./effects.js";
import { type AccountedDevice, type DeviceMemory, type Executor, kernelError } from "./executor.js";
import { ITSELF } from "./executors.js";
import { fallbacksOf } from "./fallbacks.js";
import { Program } from "./program.js";
import { Singles } from "./singles.js";

/** Bytes that have crossed between host and device since the start. */
export interface Traffic {
  toDevice: number;
  toHost: number;
}

/** The memory of two devices. Their peaks need not fall together, so that their sum is an upper bound. */
const both = (a: DeviceMemory, b: DeviceMemory): DeviceMemory => ({
  arrays: a.arrays + b.arrays,
  bytes: a.bytes + b.bytes,
  peakBytes: a.peakBytes + b.peakBytes,
  heapBytes: a.heapBytes ?? b.heapBytes,
});

/** The same device, with its traffic counted, and with the memory of another one counted as its own. */
const counted = (device: AccountedDevice, traffic: Traffic, beside?: AccountedDevice): AccountedDevice => {
  const toHost = (host: HostArray): HostArray => {
    traffic.toHost += host.data.byteLength;
    return host;
  };
  const { uploadOwned, fetch, liveBytes } = device;
  return {
    name: device.name,
    upload: (x: HostArray) => {
      traffic.toDevice += x.data.byteLength;
      return device.upload(x);
    },
    ...(uploadOwned === undefined ? {} : { uploadOwned: (x: HostArray) => uploadOwned.call(device, x) }),
    download: (handle) => toHost(device.download(handle)),
    ...(fetch === undefined ? {} : { fetch: async (handle: Handle) => toHost(await fetch.call(device, handle)) }),
    share: (handle) => device.share(handle),
    free: (handle) => device.free(handle),
    watch: (owner, handle) => device.watch(owner, handle),
    ...(liveBytes === undefined ? {} : { liveBytes: () => liveBytes.call(device) }),
    storage: (handle) => device.storage(handle),
    ...(device.rows === undefined ? {} : { rows: device.rows }),
    memory: () => (beside === undefined ? device.memory() : both(device.memory(), beside.memory())),
    resetPeak: () => {
      device.resetPeak();
      beside?.resetPeak();
    },
  };
};

/** A runtime on one executor. */
export interface ExecutorRuntime extends Runtime {
  readonly executor: Executor;
  readonly device: AccountedDevice;
  readonly traffic: Traffic;
  /** Frees all programs and the executor. */
  dispose(): void;
}

/** A control primitive by itself, to be run once. */
const oneEquation = (prim: AnyPrimitive, params: Params, avals: readonly Aval[]): Jaxpr => {
  const inputs = avals.map((aval) => new Var(aval));
  const outputs = prim.abstractEval(avals, params).map((aval) => new Var(aval));
  return new Jaxpr([], inputs, [{ prim, params, inputs, outputs }], outputs);
};

/** @param beside  another runtime whose traffic and memory are counted with those of this one */
export const runtimeOn = (executor: Executor, beside?: ExecutorRuntime): ExecutorRuntime => {
  const traffic: Traffic = beside?.traffic ?? { toDevice: 0, toHost: 0 };
  const device = counted(executor.device, traffic, beside?.device);
  const programs = new Map<object, Program>();
  const singles = new Singles((prim, params, avals, outAvals) => {
    try {
      return effectKernel(executor, prim, params) ?? executor.kernel(prim, params, avals, outAvals);
    } catch (cause) {
      throw kernelError(executor.name, prim.name, avals, cause);
    }
  });

  const run = (prim: AnyPrimitive, params: Params, handles: readonly Handle[], avals: readonly Aval[]) => {
    if (prim.control !== undefined) {
      const program = new Program(executor, oneEquation(prim, params, avals));
      try {
        return { outs: program.run(handles), outAvals: prim.abstractEval(avals, params) };
      } finally {
        program.dispose();
      }
    }
    if (prim.inline !== undefined) {
      const jaxpr = params.jaxpr as Jaxpr;
      let program = programs.get(jaxpr);
      if (program === undefined) {
        program = new Program(executor, jaxpr);
        programs.set(jaxpr, program);
      }
      const compiled = program;
      const launch = executor.launch ?? (<T>(start: () => T): T => start());
      return { outs: launch(() => compiled.run(handles)), outAvals: jaxpr.outAvals };
    }
    const { kernel, outAvals } = singles.of(prim, params, avals);
    try {
      return { outs: kernel(handles), outAvals };
    } catch (cause) {
      throw kernelError(executor.name, prim.name, avals, cause);
    }
  };

  return {
    name: executor.name,
    executor,
    device,
    traffic,
    evaluate(prim, args, params) {
      const temporary: Handle[] = [];
      const handles = args.map((x) => {
        if (!(x instanceof Literal)) return x.handleOn(device, prim.name);
        const handle = device.upload(x.host());
        temporary.push(handle);
        return handle;
      });
      try {
        const { outs, outAvals } = run(
          prim,
          params,
          handles,
          args.map((x) => x.aval),
        );
        const made = outs.map((h, i) => new DeviceArray(outAvals[i], device, h));
        if (!isScoped()) leftOutside(device);
        return made;
      } finally {
        for (const h of temporary) device.free(h);
      }
    },
    executors: [executor.name, ITSELF],
    fallbacks: (jaxpr) => fallbacksOf(executor, jaxpr as Jaxpr),
    forget(jaxpr) {
      programs.get(jaxpr)?.dispose();
      programs.delete(jaxpr);
    },
    dispose() {
      for (const program of programs.values()) program.dispose();
      programs.clear();
      executor.dispose();
    },
  };
};
