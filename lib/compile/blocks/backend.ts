/** @file The few things of a TensorFlow.js backend that are used: its kernels, and where its tensors live. */
import type { DType, Shape } from "../../core/aval.js";
import type { TypedArray } from "../../core/host.js";
import type { Heap } from "../wasm/heap.js";

/** TensorFlow.js's name of a storage type; uint32 is stored as int32. */
export type StorageType = "float32" | "int32" | "bool";

/** A tensor as kernels take it. */
export interface Info {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: StorageType;
}

/** Every kernel of TensorFlow.js that lowerings call. A test looks for them among those of tfjs-node-gpu, which cannot run here. */
export const KERNELS = [
  "Add",
  "BatchMatMul",
  "Exp",
  "Multiply",
  "Neg",
  "RealDiv",
  "Reshape",
  "Rsqrt",
  "Sqrt",
  "Sub",
  "Transpose",
] as const;
export type KernelName = (typeof KERNELS)[number];

/** A kernel bound to its backend. */
export type Kernel = (inputs: Readonly<Record<string, Info>>, attrs?: Readonly<Record<string, unknown>>) => Info;

/** The WebAssembly heap that tensors lie on, for code that works on it directly. */
export interface WasmHeap extends Heap {
  /** Byte address of a tensor's data. */
  addressOf(info: Info): number;
}

/** A compute shader: `body` runs once for each `i` below `count`, and reads `x0`, `x1`, … and writes `result`. */
export interface Shader {
  readonly body: string;
  readonly count: number;
  /** `result` is an array of `atomic<i32>`. */
  readonly atomic?: boolean;
}

export interface Gpu {
  /**
   * Puts a shader in the queue. At most 7 inputs; those without elements must not be read.
   *
   * @param start  `uniforms.start` in the code: a number that differs from run to run of one shader
   */
  run(shader: Shader, inputs: readonly Info[], out: Info, start?: number): void;
  /** Runs a compiled program. @throws {PendingError} when too many are under way */
  launch<T>(run: () => T): T;
}

/** What the executor needs of a backend. */
export interface Backend {
  readonly name: string;
  kernel(name: KernelName): Kernel;
  /** Whether kernels take a tensor under the shape of its `Info`, and not under the one that it was made with. */
  readonly reshapesFreely: boolean;
  /** A new tensor; its elements are undefined when `data` is left out. */
  make(shape: Shape, dtype: StorageType, data?: TypedArray): Info;
  /** The elements; valid until the next allocation. */
  view(info: Info): TypedArray;
  release(info: Info): void;
  /** The elements from `start` on under a shape, where they lie; the whole must be released after its parts. */
  readonly part?: (info: Info, shape: Shape, start: number) => Info;
  /** The elements, once they are there; `view` has them from then on. Absent where `view` always has them. */
  read?(info: Info): Promise<TypedArray>;
  /** Whether `view` is the memory itself, which may be written, and not a copy. */
  readonly inPlace: boolean;
  readonly heap?: WasmHeap;
  readonly gpu?: Gpu;
}

export const storageType = (dtype: DType): StorageType =>
  dtype === "uint32" ? "int32" : dtype === "float64" ? "float32" : dtype;

/** `data` in the representation of another element type of the same size. */
export const reinterpret = (data: TypedArray, dtype: DType): TypedArray => {
  const { buffer, byteOffset, length } = data;
  if (dtype === "uint32") return new Uint32Array(buffer, byteOffset, length);
  if (dtype === "int32") return new Int32Array(buffer, byteOffset, length);
  return data;
};
