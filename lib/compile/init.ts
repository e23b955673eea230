/** @file Starting the library: a backend once, before the first operation. */
import { takes } from "../core/composite.js";
import { BackendError } from "../core/errors.js";
import { currentRuntime, setRuntime } from "../core/runtime.js";
import type { DeviceMemory } from "./executor.js";
import { nativeRuntime } from "./native.js";
import { referenceExecutor } from "./reference.js";
import { type ExecutorRuntime, runtimeOn } from "./runtime.js";
import type { Backend } from "./tfjs/backend.js";

/**
 * `wasm` (default) and `cpu` need nothing else; `reference` is plain arrays; `webgpu` needs @tensorflow/tfjs-backend-webgpu (and
 * `webgpu` in Node), `node-gpu` needs @tensorflow/tfjs-node-gpu.
 */
export const BACKENDS = ["wasm", "cpu", "webgpu", "node-gpu", "reference"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** What runs compiled programs: `onnx` is onnxruntime on all cores, `tfjs` the backend itself; `auto` takes `onnx` where it is installed. */
export const EXECUTORS = ["auto", "onnx", "tfjs"] as const;
export type ExecutorName = (typeof EXECUTORS)[number];

/** Who provides the memory of the backend `wasm`: the library itself, or TensorFlow.js. */
export const HEAPS = ["own", "tfjs"] as const;
export type HeapName = (typeof HEAPS)[number];

export interface InitOptions {
  /** By default what the environment variable FLUXION_BACKEND names, else `wasm`. */
  readonly backend?: BackendName;
  /** By default what FLUXION_EXECUTOR names, else `auto`. */
  readonly executor?: ExecutorName;
  /** The memory of the backend `wasm`; by default `own`, which loads no file and starts fastest. */
  readonly heap?: HeapName;
  /** Threads of the native executor; by default as many as FLUXION_THREADS says, else one a core. */
  readonly threads?: number;
  /** Execution providers of the native executor, in order of preference; by default `cpu`. */
  readonly providers?: readonly string[];
  /**
   * Whether a program of the native executor keeps the memory of its intermediates for its next run; by default true, which is fastest.
   * Without it, programs hold little between runs, and wide ones (T5 1.1 small and up) take longer, since the system clears pages anew.
   */
  readonly arena?: boolean;
}

const INSTANCE = Symbol.for("fluxion.instance");
const me = {};
const runtimes = new Map<string, Promise<ExecutorRuntime>>();

/** The runtime of a backend on a heap, started at its first use. */
export const runtimeFor = (backend: BackendName, heap?: HeapName): Promise<ExecutorRuntime> => {
  const key = JSON.stringify([backend, heap ?? "own"]);
  let runtime = runtimes.get(key);
  if (runtime === undefined) {
    runtime = start(backend, heap);
    runtimes.set(key, runtime);
    runtime.catch(() => runtimes.delete(key));
  }
  return runtime;
};

const unknownName = (what: string, names: readonly string[], got: unknown): BackendError =>
  new BackendError({
    where: "init",
    what: `there is no ${what} of this name`,
    expected: names.join(", "),
    got: String(got),
  });

/** The backend's arrays and kernels. Modules are imported when they are needed: a page without TensorFlow.js never loads it. */
const startOn = async (backend: Exclude<BackendName, "reference">, heap: HeapName): Promise<Backend> => {
  if (backend === "wasm" && heap === "own") {
    const [{ heapBackend }, { ownHeap }] = await Promise.all([
      import("./tfjs/heap-backend.js"),
      import("./wasm/own-heap.js"),
    ]);
    return heapBackend("tfjs-wasm", ownHeap());
  }
  const { startBackend } = await import("./tfjs/start.js");
  return startBackend(backend);
};

const start = async (backend: BackendName, heap: HeapName | undefined): Promise<ExecutorRuntime> => {
  if (!BACKENDS.includes(backend)) throw unknownName("backend", BACKENDS, backend);
  if (heap !== undefined && !HEAPS.includes(heap)) throw unknownName("heap", HEAPS, heap);
  if (heap !== undefined && backend !== "wasm") {
    throw new BackendError({
      where: "init",
      what: "this backend has no WebAssembly heap",
      expected: 'backend "wasm" where a heap is chosen',
      got: `backend "${backend}", heap "${heap}"`,
    });
  }
  if (backend === "reference") return runtimeOn(referenceExecutor());
  const [started, { tfjsExecutor }] = await Promise.all([
    startOn(backend, heap ?? "own"),
    import("./tfjs/executor.js"),
  ]);
  return runtimeOn(tfjsExecutor(started));
};

/** What the environment asks for; the names are checked when they are used. */
const preferred = <T extends string>(variable: string, otherwise: T): T =>
  ((typeof process === "object" && process.env?.[variable]) || otherwise) as T;

/** The threads that the environment asks for. */
const preferredThreads = (): { readonly threads?: number } => {
  const text = preferred("FLUXION_THREADS", "");
  return text === "" ? {} : { threads: Number(text) };
};

/** Backends whose programs the native executor may run instead. */
const ON_CPU: readonly BackendName[] = ["wasm", "cpu"];
const isNode = typeof process === "object" && process.versions?.node !== undefined;

/** Native runtimes by backend and options, so that a second `init` finds the programs of the first. */
const natives = new Map<string, ExecutorRuntime>();

/** The runtime on `eager` with its programs run natively; undefined where that cannot be and need not. */
const nativeFor = async (
  eager: ExecutorRuntime,
  backend: BackendName,
  executor: ExecutorName,
  options: Pick<InitOptions, "threads" | "providers" | "arena">,
): Promise<ExecutorRuntime | undefined> => {
  const demanded = executor === "onnx";
  if (!isNode || !ON_CPU.includes(backend)) {
    if (!demanded) return undefined;
    throw new BackendError({
      where: "init",
      what: "the native executor does not work with this backend",
      expected: `Node.js, and one of the backends ${ON_CPU.join(", ")}`,
      got: isNode ? backend : "a browser",
      hint: 'choose executor "tfjs"',
    });
  }
  const key = JSON.stringify([eager.name, options]);
  const before = natives.get(key);
  if (before !== undefined) return before;
  const [{ loadOrt }, { onnxExecutor }] = await Promise.all([
    import("./onnx/binding.js"),
    import("./onnx/executor.js"),
  ]);
  const ort = await loadOrt(options);
  if (ort === undefined) {
    if (!demanded) return undefined;
    throw new BackendError({
      where: "init",
      what: "the native executor is not installed",
      expected: "the package onnxruntime-node 1.30",
      got: "no such package",
      hint: 'npm install onnxruntime-node@1.30, or choose executor "tfjs"',
    });
  }
  const runtime = nativeRuntime(runtimeOn(onnxExecutor(ort), eager), eager);
  natives.set(key, runtime);
  return runtime;
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
    heap,
    ...rest
  } = options;
  if (!EXECUTORS.includes(executor)) throw unknownName("executor", EXECUTORS, executor);
  const eager = await runtimeFor(backend, heap);
  return (
    (executor === "tfjs" ? undefined : await nativeFor(eager, backend, executor, { ...preferredThreads(), ...rest })) ??
    eager
  );
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
