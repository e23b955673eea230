/** @file Starting the library: a backend once, before the first operation. */
import { takes } from "../core/composite.js";
import { BackendError } from "../core/errors.js";
import { currentRuntime, setRuntime } from "../core/runtime.js";
import type { DeviceMemory } from "./executor.js";
import { type BackendName, EXECUTORS, type ExecutorName, type HeapName, type ProgramOptions } from "./executors.js";
import type { ExecutorRuntime } from "./runtime.js";
import { starterOf } from "./start.js";

export interface InitOptions extends ProgramOptions {
  /**
   * By default what the environment variable FLUXION_BACKEND names, else `wasm`. `wasm` and `cpu` need nothing else; `reference` is plain
   * arrays; `webgpu` needs @tensorflow/tfjs-backend-webgpu (and `webgpu` in Node), `node-gpu` needs @tensorflow/tfjs-node-gpu.
   */
  readonly backend?: BackendName;
  /**
   * By default what FLUXION_EXECUTOR names, else `auto`: `onnx` is onnxruntime on all cores, `tfjs` the backend itself; `auto` takes `onnx`
   * where it is installed.
   */
  readonly executor?: ExecutorName;
  /** The memory of the backend `wasm`; by default `own`, which loads no file and starts fastest. */
  readonly heap?: HeapName;
}

const INSTANCE = Symbol.for("fluxion.instance");
const me = {};
const starter = starterOf(EXECUTORS);

/** The runtime of a backend on a heap, started at its first use. */
export const runtimeFor = (backend: BackendName, heap?: HeapName): Promise<ExecutorRuntime> =>
  starter.runtimeFor(backend, heap);

/** What the environment asks for; the names are checked when they are used. */
const preferred = (variable: string, otherwise: string): string =>
  (typeof process === "object" && process.env?.[variable]) || otherwise;

/** The threads that the environment asks for. @throws {BackendError} for a text that is not a number of threads */
const preferredThreads = (): { readonly threads?: number } => {
  const text = preferred("FLUXION_THREADS", "");
  if (text === "") return {};
  const threads = Number(text);
  if (Number.isInteger(threads) && threads > 0) return { threads };
  const [what, expected] = ["FLUXION_THREADS is not a number of threads", "a whole number above 0"];
  throw new BackendError({ where: "init", what, expected, got: text });
};

/** One copy of the package at a time: tensors of two do not mix. */
const claim = (): void => {
  const registry = globalThis as { [INSTANCE]?: object };
  registry[INSTANCE] ??= me;
  if (registry[INSTANCE] === me) return;
  throw new BackendError({
    where: "init",
    what: "another copy of fluxion is loaded in this process",
    expected: "one copy",
    got: "two (two versions, or one bundled and one not)",
    hint: "run `npm ls fluxion` and make every package use the same one",
  });
};

/** The runtime that `init` sets for these options. */
export const runtimeOf = async (options: InitOptions): Promise<ExecutorRuntime> => {
  const {
    backend = preferred("FLUXION_BACKEND", "wasm"),
    executor = preferred("FLUXION_EXECUTOR", "auto"),
    ...rest
  } = options;
  return starter.runtimeOf({ backend, executor, ...preferredThreads(), ...rest });
};

/**
 * Starts a backend, and the executor of compiled programs. Await it once, before the first operation; a second call with another backend
 * switches, and tensors move to it when they are used.
 *
 * @throws {BackendError} when there is no such backend, heap, executor or execution provider, it is not installed or does not start, or another copy of the package
 * is loaded
 * @example await init() // WebAssembly; programs run natively where onnxruntime-node is installed
 */
export const init = async (options: InitOptions = {}): Promise<void> => {
  claim();
  setRuntime(await runtimeOf(options));
};

const current = (where: string): ExecutorRuntime => currentRuntime(where) as ExecutorRuntime;

/** Live arrays and bytes on the current backend, and the most bytes since the start or since `resetStats`. */
export const memory = takes("memory()", (): DeviceMemory => current("memory").device.memory());

/** Bytes that have crossed between JavaScript and the backend, and where it computes. */
export interface Stats {
  readonly executor: string;
  readonly bytesMoved: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
}

/** Traffic of the current backend since it was started, or since `resetStats`. */
export const stats = takes("stats()", (): Stats => {
  const { name, traffic } = current("stats");
  const { toDevice, toHost } = traffic;
  return { executor: name, bytesMoved: toDevice + toHost, bytesToDevice: toDevice, bytesToHost: toHost };
});

/** Starts counting the traffic of the current backend from zero, and the peak of its memory from what is live. */
export const resetStats = takes("resetStats()", (): void => {
  const { traffic, device } = current("resetStats");
  traffic.toDevice = 0;
  traffic.toHost = 0;
  device.resetPeak();
});
