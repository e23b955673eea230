/** @file Runtimes by the names of a table of executors, each started at its first use. */
import { BackendError } from "../core/errors.js";
import { besideBackend } from "./beside.js";
import {
  AUTO,
  type BackendRow,
  backendRows,
  choicesOf,
  type ExecutorTable,
  ITSELF,
  type ProgramOptions,
  type ProgramsRow,
  programRows,
} from "./executors.js";
import { type ExecutorRuntime, runtimeOn } from "./runtime.js";

/** The options of `init` with names of any table. */
export interface StartOptions extends ProgramOptions {
  readonly backend: string;
  readonly executor: string;
  readonly heap?: string | undefined;
}

const unknownName = (what: string, names: readonly string[], got: unknown): BackendError =>
  new BackendError({
    where: "init",
    what: `there is no ${what} of this name`,
    expected: names.join(", "),
    got: String(got),
  });

const isNode = typeof process === "object" && process.versions?.node !== undefined;

/** Whose memory a backend takes. @throws {BackendError} when there is no such heap, or the backend has none */
const heapOf = (backends: readonly [string, BackendRow][], backend: string, heap: string | undefined): string => {
  const heaps = new Map(backends).get(backend)?.heaps;
  if (heap === undefined) return heaps?.[0] ?? "";
  const known = [...new Set(backends.flatMap(([, row]) => row.heaps ?? []))];
  if (!known.includes(heap)) throw unknownName("heap", known, heap);
  if (heaps?.includes(heap)) return heap;
  throw new BackendError({
    where: "init",
    what: "this backend has no WebAssembly heap",
    expected: `backend ${backends.flatMap(([name, row]) => (row.heaps ? [`"${name}"`] : [])).join(" or ")} where a heap is chosen`,
    got: `backend "${backend}", heap "${heap}"`,
  });
};

const doesNotGo = ({ beside }: ProgramsRow, backend: string): BackendError =>
  new BackendError({
    where: "init",
    what: "the native executor does not work with this backend",
    expected: `Node.js, and one of the backends ${beside.join(", ")}`,
    got: isNode ? backend : "a browser",
    hint: `choose executor "${ITSELF}"`,
  });

const isAbsent = ({ needs }: ProgramsRow): BackendError =>
  new BackendError({
    where: "init",
    what: "the native executor is not installed",
    expected: `the package ${needs}`,
    got: "no such package",
    hint: `npm install ${needs}, or choose executor "${ITSELF}"`,
  });

/** Remembers what `start` gives under a key; what fails is tried again. */
const remembering = <T>(): ((key: unknown, start: () => Promise<T>) => Promise<T>) => {
  const started = new Map<string, Promise<T>>();
  return (key, start) => {
    const name = JSON.stringify(key);
    const before = started.get(name);
    if (before !== undefined) return before;
    const promise = start();
    started.set(name, promise);
    promise.catch(() => started.delete(name));
    return promise;
  };
};

/** Starts runtimes by the names of a table. */
export interface Starter {
  /** The runtime of a backend on a heap. */
  runtimeFor(backend: string, heap?: string): Promise<ExecutorRuntime>;
  /** The runtime that `init` sets for these options. */
  runtimeOf(options: StartOptions): Promise<ExecutorRuntime>;
}

export const starterOf = (table: ExecutorTable): Starter => {
  const backends = backendRows(table);
  const programs = programRows(table);
  const onBackend = remembering<ExecutorRuntime>();
  const onBoth = remembering<ExecutorRuntime | undefined>();

  const runtimeFor: Starter["runtimeFor"] = async (backend, heap) => {
    const row = new Map(backends).get(backend);
    if (row === undefined) {
      throw unknownName(
        "backend",
        backends.map(([name]) => name),
        backend,
      );
    }
    const memory = heapOf(backends, backend, heap);
    return onBackend([backend, memory], async () => runtimeOn(await row.start(memory)));
  };

  /** The runtime of a backend with its programs run by another executor; undefined where that one is not installed. */
  const together = async (
    [name, row]: [string, ProgramsRow],
    { backend, heap, executor: _, ...options }: StartOptions,
  ): Promise<ExecutorRuntime | undefined> => {
    const eager = await runtimeFor(backend, heap);
    const key = [name, backend, heapOf(backends, backend, heap), options];
    return onBoth(key, async () => {
      const executor = await row.start(options);
      return executor && besideBackend(name, runtimeOn(executor, eager), eager);
    });
  };

  return {
    runtimeFor,
    runtimeOf: async (options) => {
      const { backend, executor, heap } = options;
      const choices = choicesOf(table);
      if (!choices.includes(executor)) throw unknownName("executor", choices, executor);
      const eager = await runtimeFor(backend, heap);
      const goes = ({ beside, node }: ProgramsRow): boolean => beside.includes(backend) && (isNode || !node);
      for (const named of programs) {
        const [name, row] = named;
        if (executor !== AUTO && executor !== name) continue;
        const both = goes(row) ? await together(named, options) : undefined;
        if (both !== undefined) return both;
        if (executor === name) throw goes(row) ? isAbsent(row) : doesNotGo(row, backend);
      }
      return eager;
    },
  };
};
