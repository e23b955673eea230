/** @file Starting the library: a backend once, before the first operation. */
import { BackendError } from "../core/errors.js";
import { currentRuntime, setRuntime } from "../core/runtime.js";
import type { DeviceMemory } from "./executor.js";
import { referenceExecutor } from "./reference.js";
import { type ExecutorRuntime, runtimeOn } from "./runtime.js";

/**
 * `wasm` (default) and `cpu` need nothing else; `reference` is plain arrays; `webgpu` needs @tensorflow/tfjs-backend-webgpu (and
 * `webgpu` in Node), `node-gpu` needs @tensorflow/tfjs-node-gpu.
 */
export const BACKENDS = ["wasm", "cpu", "webgpu", "node-gpu", "reference"] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface InitOptions {
  /** By default what the environment variable FLUXION_BACKEND names, else `wasm`. */
  readonly backend?: BackendName;
}

const INSTANCE = Symbol.for("fluxion.instance");
const me = {};
const runtimes = new Map<BackendName, Promise<ExecutorRuntime>>();

/** The runtime of a backend, started at its first use. */
export const runtimeFor = (backend: BackendName): Promise<ExecutorRuntime> => {
  let runtime = runtimes.get(backend);
  if (runtime === undefined) {
    runtime = start(backend);
    runtimes.set(backend, runtime);
    runtime.catch(() => runtimes.delete(backend));
  }
  return runtime;
};

const start = async (backend: BackendName): Promise<ExecutorRuntime> => {
  if (!BACKENDS.includes(backend)) {
    throw new BackendError({
      where: "init",
      what: "there is no backend of this name",
      expected: BACKENDS.join(", "),
      got: String(backend),
    });
  }
  if (backend === "reference") return runtimeOn(referenceExecutor());
  const [{ startBackend }, { tfjsExecutor }] = await Promise.all([
    import("./tfjs/start.js"),
    import("./tfjs/executor.js"),
  ]);
  return runtimeOn(tfjsExecutor(await startBackend(backend)));
};

/** What the environment asks for; its name is checked when it is started. */
const preferred = (): BackendName =>
  ((typeof process === "object" && process.env?.FLUXION_BACKEND) || "wasm") as BackendName;

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

/**
 * Starts a backend. Await it once, before the first operation; a second call with another backend switches, and tensors move to
 * it when they are used.
 *
 * @throws {BackendError} when there is no such backend, it is not installed or does not start, or another copy of the package is loaded
 * @example await init() // WebAssembly
 */
export const init = async ({ backend = preferred() }: InitOptions = {}): Promise<void> => {
  claim();
  setRuntime(await runtimeFor(backend));
};

const current = (where: string): ExecutorRuntime => currentRuntime(where) as ExecutorRuntime;

/** Live arrays and bytes on the current backend, and the most bytes since the start or since `resetStats`. */
export const memory = (): DeviceMemory => current("memory").device.memory();

/** Bytes that have crossed between JavaScript and the backend, and where it computes. */
export interface Stats {
  readonly executor: string;
  readonly bytesMoved: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
}

/** Traffic of the current backend since it was started, or since `resetStats`. */
export const stats = (): Stats => {
  const { name, traffic } = current("stats");
  const { toDevice, toHost } = traffic;
  return { executor: name, bytesMoved: toDevice + toHost, bytesToDevice: toDevice, bytesToHost: toHost };
};

/** Starts counting the traffic of the current backend from zero, and the peak of its memory from what is live. */
export const resetStats = (): void => {
  const { traffic, device } = current("resetStats");
  traffic.toDevice = 0;
  traffic.toHost = 0;
  device.resetPeak();
};
