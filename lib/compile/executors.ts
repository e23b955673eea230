/**
 * @file The executors, a row each. Types, options, hints, messages and the tests of all executors follow from the rows.
 *
 * Modules of an executor are imported when it is started: a page without TensorFlow.js never loads it.
 */
import type { Executor } from "./executor.js";
import { ONNXRUNTIME } from "./onnx/needs.js";
import { referenceExecutor } from "./reference/executor.js";

/** Settings of executors that run programs beside a backend. */
export interface ProgramOptions {
  /** Threads of the native executor; by default as many as FLUXION_THREADS says, else one a core. */
  readonly threads?: number;
  /** Execution providers of the native executor, in order of preference; by default `cpu`. */
  readonly providers?: readonly string[];
  /**
   * Whether native programs reuse the memory of their intermediates. Default true, which is fastest.
   * Without it, programs hold little between runs, and wide ones (T5 1.1 small and up) take longer, since the system clears pages anew.
   */
  readonly arena?: boolean;
}

/** An executor of single operations and of programs, which `init({ backend })` names. */
export interface BackendRow {
  readonly runs: "everything";
  /** Whether the executor needs a GPU or an emulator of one. */
  readonly gpu?: boolean;
  /** Whether callers must await results. Recipes cannot use such an executor. */
  readonly pending: boolean;
  /** Who may provide its WebAssembly memory; the first is the default. */
  readonly heaps?: readonly string[];
  /** @throws {BackendError} when it is not installed or does not start */
  readonly start: (heap: string) => Promise<Executor>;
}

/** An executor of compiled programs, which `init({ executor })` names; a backend runs single operations beside it. */
export interface ProgramsRow {
  readonly runs: "programs";
  /** A short description, for help texts. */
  readonly about: string;
  /** The backends it can stand beside. */
  readonly beside: readonly string[];
  /** Its package, as `npm install` takes it. */
  readonly needs: string;
  /** Whether the executor runs in Node.js alone. */
  readonly node: boolean;
  /** Undefined where its package is not installed. @throws {BackendError} when it is and does not load */
  readonly start: (options: ProgramOptions) => Promise<Executor | undefined>;
}

export type ExecutorTable = Readonly<Record<string, BackendRow | ProgramsRow>>;

const onTfjs = async (name: "cpu" | "node-gpu"): Promise<Executor> => {
  const [{ startBackend }, { tfjsExecutor }] = await Promise.all([
    import("./tfjs/start.js"),
    import("./tfjs/executor.js"),
  ]);
  return tfjsExecutor(await startBackend(name));
};

/** All executors. One more is a folder beside this file, and a row here. */
export const EXECUTORS = {
  wasm: {
    runs: "everything",
    pending: false,
    heaps: ["own", "tfjs"],
    start: async (heap) => {
      const [{ heapExecutor }, backend] = await Promise.all([
        import("./wasm/executor.js"),
        heap === "tfjs"
          ? import("./tfjs/start.js").then(({ startBackend }) => startBackend("wasm"))
          : import("./wasm/own-backend.js").then(({ ownBackend }) => ownBackend()),
      ]);
      return heapExecutor(backend);
    },
  },
  cpu: { runs: "everything", pending: false, start: () => onTfjs("cpu") },
  webgpu: {
    runs: "everything",
    gpu: true,
    pending: true,
    start: async () => {
      const [{ startBackend }, { webGpuExecutor }] = await Promise.all([
        import("./tfjs/start.js"),
        import("./webgpu/executor.js"),
      ]);
      return webGpuExecutor(await startBackend("webgpu"));
    },
  },
  "node-gpu": { runs: "everything", pending: false, gpu: true, start: () => onTfjs("node-gpu") },
  reference: { runs: "everything", pending: false, start: async () => referenceExecutor() },
  onnx: {
    runs: "programs",
    about: "onnxruntime-node",
    beside: ["wasm", "cpu"],
    needs: ONNXRUNTIME,
    node: true,
    start: async (options) => {
      const [{ loadOrt }, { onnxExecutor }] = await Promise.all([
        import("./onnx/binding.js"),
        import("./onnx/executor.js"),
      ]);
      const ort = await loadOrt(options);
      return ort === undefined ? undefined : onnxExecutor(ort);
    },
  },
} as const satisfies ExecutorTable;

/** The rows of one kind, with their names. */
export const backendRows = (table: ExecutorTable): [string, BackendRow][] =>
  Object.entries(table).flatMap(([name, row]) => (row.runs === "everything" ? [[name, row]] : []));
export const programRows = (table: ExecutorTable): [string, ProgramsRow][] =>
  Object.entries(table).flatMap(([name, row]) => (row.runs === "programs" ? [[name, row]] : []));

/** The name by which a program asks for the backend itself, whichever that is. */
export const ITSELF = "tfjs";
/** The name that leaves the choice to the library. */
export const AUTO = "auto";

/** What may run programs: what is installed, an executor of a table, or the backend itself. */
export const choicesOf = (table: ExecutorTable): string[] => [
  AUTO,
  ...programRows(table).map(([name]) => name),
  ITSELF,
];

type Table = typeof EXECUTORS;

/** The names of the rows that have a property of this value. */
const named = <K extends string, V>(key: K, value: V) =>
  Object.entries<object>(EXECUTORS).flatMap(([name, row]) =>
    (row as Record<string, unknown>)[key] === value ? [name] : [],
  ) as { [Name in keyof Table]: Table[Name] extends Readonly<Record<K, V>> ? Name : never }[keyof Table][];

/** Where arrays lie and single operations run. */
export const BACKEND_NAMES = named("runs", "everything" as const);
export type BackendName = (typeof BACKEND_NAMES)[number];
/** Backends whose results are there when an operation returns. */
export const SYNCHRONOUS_BACKENDS = named("pending", false as const);

/** What runs one program. */
const PROGRAM_EXECUTORS = [...named("runs", "programs" as const), ITSELF] as const;
export type ProgramExecutor = (typeof PROGRAM_EXECUTORS)[number];
/** What runs compiled programs; `auto` takes the first that is installed. */
export const EXECUTOR_NAMES = [AUTO, ...PROGRAM_EXECUTORS] as const;
export type ExecutorName = (typeof EXECUTOR_NAMES)[number];

/** Who provides the memory of the backend `wasm`: the library itself, or TensorFlow.js. */
export type HeapName = Table["wasm"]["heaps"][number];

/** What the setting `executor` is, for help texts. */
export const ABOUT_EXECUTORS = `what runs compiled programs: ${programRows(EXECUTORS)
  .map(([name, { about }]) => `${about} (${name})`)
  .join(", ")}, the backend (${ITSELF}), or the first where it is installed (${AUTO})`;
