/**
 * @file Starting a TensorFlow.js backend and reaching under its engine.
 *
 * Kernels are called directly (`getKernel(...).kernelFunc`): no tape, no tidy, no tensor objects. That surface is stable within
 * the pinned 4.22 and is touched in this folder only. Backends are imported when they are started.
 */

import { type Shape, sizeOf } from "../../core/aval.js";
import { BackendError } from "../../core/errors.js";
import { allocate, type TypedArray } from "../../core/host.js";
import type { Backend, Info, Kernel, StorageType, WasmHeap } from "./backend.js";

/** Names that `init` accepts. */
export type TfjsBackendName = "wasm" | "cpu" | "tensorflow";

/** The parts of the wasm backend object that are used. */
interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    readonly asm?: { readonly memory: WebAssembly.Memory };
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(ptr: number): void;
  };
  readonly dataIdMap: { get(id: object): { readonly memoryOffset: number } };
  typedArrayFromHeap(info: Info): TypedArray;
}
/** What all backends have. */
interface KernelBackend {
  write(values: TypedArray | null, shape: readonly number[], dtype: StorageType): object;
  readSync(dataId: object): TypedArray;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

const isNode = typeof process === "object" && process.versions?.node !== undefined;

/** Where the .wasm files are: beside the module, in Node; in a browser the bundler's or the page's business. */
const setPaths = async (setWasmPaths: (prefix: string) => void): Promise<void> => {
  if (!isNode) return;
  const module = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(decodeURIComponent(new URL(".", module).pathname));
};

const importBackend = async (name: TfjsBackendName): Promise<void> => {
  if (name === "cpu") await import("@tensorflow/tfjs-backend-cpu");
  else if (name === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    await setPaths(setWasmPaths);
  } else {
    // An optional peer: the name is not a literal so that bundlers and type checkers do not ask for it.
    const peer = "@tensorflow/tfjs-node-gpu";
    await import(peer);
  }
};

const FATAL = ["uncaughtException", "unhandledRejection"] as const;

/** Takes back the process-wide handlers that the wasm module installs: they print a page of its source for any error. */
const quietly = async (start: () => Promise<void>): Promise<void> => {
  if (!isNode) return start();
  const before = FATAL.map((event) => process.listeners(event as "uncaughtException"));
  await start();
  FATAL.forEach((event, i) => {
    for (const listener of process.listeners(event as "uncaughtException")) {
      if (!before[i].includes(listener)) process.removeListener(event, listener);
    }
  });
};

/**
 * Starts a backend.
 *
 * @throws {BackendError} when it is not installed or does not start
 */
export const startBackend = async (name: TfjsBackendName): Promise<Backend> => {
  const tf = await import("@tensorflow/tfjs-core");
  try {
    await quietly(async () => {
      await importBackend(name);
      if (!(await tf.setBackend(name))) throw new Error("the backend did not start");
      await tf.ready();
    });
  } catch (cause) {
    throw new BackendError(
      {
        where: "init",
        what: `the backend ${name} does not start: ${String(cause)}`,
        expected: "an installed backend: wasm or cpu, or tensorflow with @tensorflow/tfjs-node-gpu installed",
        got: name,
        hint: name === "tensorflow" ? "npm install @tensorflow/tfjs-node-gpu" : "npm install fluxion again",
      },
      { cause },
    );
  }
  const raw = tf.backend() as unknown as KernelBackend & Partial<WasmBackend>;
  const kernel = (kernelName: string): Kernel => {
    const found = tf.getKernel(kernelName, name);
    if (found === undefined || found === null) {
      throw new BackendError({ where: kernelName, what: `the backend ${name} has no such kernel` });
    }
    return (inputs, attrs = {}) => found.kernelFunc({ inputs, attrs, backend: raw } as never) as unknown as Info;
  };
  const wasm = raw.wasm;
  const heap: WasmHeap | undefined =
    wasm === undefined
      ? undefined
      : {
          memory: (wasm.wasmMemory ?? wasm.asm?.memory) as WebAssembly.Memory,
          malloc: (bytes) => wasm._malloc(bytes) >>> 0,
          free: (ptr) => wasm._free(ptr),
          addressOf: (info) => (raw.dataIdMap as WasmBackend["dataIdMap"]).get(info.dataId).memoryOffset,
        };
  return {
    name,
    kernel,
    make(shape: Shape, dtype, data) {
      // The cpu backend keeps the array it is given; wasm copies it to its heap, or leaves the memory as it is.
      const values = data ?? (heap === undefined ? allocate(dtype, sizeOf(shape)) : null);
      return { dataId: raw.write(values, shape, dtype), shape: [...shape], dtype };
    },
    view: (info) => (wasm === undefined ? raw.readSync(info.dataId) : (raw as WasmBackend).typedArrayFromHeap(info)),
    retain: (info) => raw.incRef(info.dataId),
    release: (info) => {
      raw.disposeData(info.dataId);
    },
    ...(heap === undefined ? {} : { heap }),
    heapBytes: () => heap?.memory.buffer.byteLength,
  };
};
