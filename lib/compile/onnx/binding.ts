/**
 * @file The native runtime, called directly.
 *
 * `onnxruntime-node`'s own `run` is the blocking native call inside of a `setImmediate`; calling the binding itself keeps our calls
 * synchronous. That is not its public interface, so it is touched in this file only, and the version is pinned.
 */
import { BackendError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import type { Element } from "./model.js";
import { ONNXRUNTIME } from "./needs.js";

/** A tensor as the runtime takes it. */
interface OrtTensor {
  readonly data: unknown;
}
interface NativeSession {
  loadModel(bytes: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
    options: object,
  ): Readonly<Record<string, OrtTensor>>;
  dispose(): void;
}
interface Native {
  readonly binding: {
    readonly InferenceSession: new () => NativeSession;
    listSupportedBackends(): { readonly name: string; readonly bundled: boolean }[];
  };
  initOrt(): void;
}
type TensorClass = new (type: string, data: unknown, shape: readonly number[]) => OrtTensor;

export interface SessionOptions {
  /** Threads for one operation; default: one a core. */
  readonly threads?: number;
  /** Execution providers, the first that takes an operation runs it; default: cpu. */
  readonly providers?: readonly string[];
  /** Whether a program keeps the memory of its intermediates for its next run; default: true. */
  readonly arena?: boolean;
}

/** One compiled graph. */
export interface Session {
  /** Runs on `inputs`, writing to the memory of `outputs`; both by the names of the graph. */
  run(inputs: ReadonlyMap<string, HostArray>, outputs: ReadonlyMap<string, HostArray>): void;
  dispose(): void;
}

/** The runtime, loaded, with the options of all sessions. */
export interface Ort {
  open(model: Uint8Array): Session;
}

const TYPE: Record<HostArray["dtype"], Element> = {
  float32: "float32",
  float64: "float64",
  int32: "int32",
  uint32: "int32",
  bool: "bool",
};

/** The data under the type that the graph has for it; a view of the same memory. */
const dataOf = ({ dtype, data }: HostArray): HostArray["data"] =>
  dtype === "uint32" ? new Int32Array(data.buffer, data.byteOffset, data.length) : data;

/** The files of the package; in variables, so that bundlers do not look for an optional package. */
const BINDING = "onnxruntime-node/dist/binding.js";
const PACKAGE = "onnxruntime-node";

/** What a CommonJS module exports: plain Node has it as the default export, loaders such as tsx as the names. */
const commonJs = (module: object): object => ("default" in module ? (module.default as object) : module);

/** Whether an import failed because the package is not there, and not because it is broken. */
const isAbsent = (cause: unknown): boolean =>
  (cause as { code?: string }).code === "ERR_MODULE_NOT_FOUND" && String(cause).includes(PACKAGE);

/** The runtime's own failure; it names the node, which is named after the primitive that it is of. */
const failure = (what: string, cause: unknown): BackendError => {
  const said = String((cause as Error).message ?? cause);
  const [, operator, node] = /while running (\w+) node\. Name:'([^']*)'/.exec(said) ?? [];
  return new BackendError(
    {
      where: "jit",
      what,
      got: said.replace(/^.*Status Message: (\/\S+ \S+ \S+\([^)]*\) )?/s, "").trim(),
      at: node === undefined ? undefined : `${node.split("/")[0]} (operator ${operator})`,
    },
    { cause },
  );
};

/**
 * How long a thread without work stays awake. Long enough for the next operation of a small program, where waking takes longer than the work;
 * the runtime's own default is far longer and takes the core from whatever else the machine does, and then from the program itself.
 */
const SPIN_US = "100";

/** The runtime's own log; what fails is thrown as well. */
const FATAL_ONLY = { logSeverityLevel: 4 };

/**
 * Loads the runtime; undefined when it is not installed.
 *
 * @throws {BackendError} when it is installed and does not load, or has no such execution provider
 */
export const loadOrt = async ({
  threads,
  providers = ["cpu"],
  arena = true,
}: SessionOptions = {}): Promise<Ort | undefined> => {
  let native: Native;
  let Tensor: TensorClass;
  try {
    native = commonJs(await import(BINDING)) as Native;
    ({ Tensor } = commonJs(await import(PACKAGE)) as { Tensor: TensorClass });
    native.initOrt();
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw new BackendError(
      {
        where: "init",
        what: "the native executor does not load",
        expected: `${ONNXRUNTIME}, with a binary for this machine`,
        got: String(cause).split("\n")[0],
        hint: `npm install ${ONNXRUNTIME}, or choose executor "tfjs"`,
      },
      { cause },
    );
  }
  const known = native.binding.listSupportedBackends().map(({ name }) => name);
  const missing = providers.filter((name) => !known.includes(name));
  if (missing.length > 0) {
    throw new BackendError({
      where: "init",
      what: "an execution provider is not available",
      expected: known.join(", "),
      got: missing.join(", "),
    });
  }
  const tensor = (x: HostArray): OrtTensor => new Tensor(TYPE[x.dtype], dataOf(x), x.shape);
  return {
    open(model) {
      const session = new native.binding.InferenceSession();
      try {
        session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
          ...FATAL_ONLY,
          executionProviders: providers,
          graphOptimizationLevel: "all",
          enableCpuMemArena: arena,
          extra: {
            // Equal expressions are merged before; what is left on purpose, as the second computation of a checkpoint, must stay.
            optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" },
            session: { intra_op: { spin_duration_us: SPIN_US } },
          },
          // A plan of all intermediates would come beside the memory of the first run and save no time.
          enableMemPattern: false,
          ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        });
      } catch (cause) {
        throw failure("the native runtime does not take the program", cause);
      }
      return {
        run(inputs, outputs) {
          const feeds = Object.fromEntries([...inputs].map(([name, x]) => [name, tensor(x)]));
          const fetches = Object.fromEntries([...outputs].map(([name, x]) => [name, tensor(x)]));
          try {
            session.run(feeds, fetches, FATAL_ONLY);
          } catch (cause) {
            throw failure("the native runtime failed", cause);
          }
        },
        dispose: () => session.dispose(),
      };
    },
  };
};
