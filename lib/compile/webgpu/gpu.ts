/** @file What is used of TensorFlow.js's WebGPU backend: its memory, its queue, and fluxion's programs in WGSL. */
import { type Shape, sizeOf } from "../../core/aval.js";
import { BackendError, InvariantError, PendingError } from "../../core/errors.js";
import { allocate, type TypedArray } from "../../core/host.js";
import type { Backend, Gpu, Info, StorageType } from "../blocks/backend.js";
import { libraryFor } from "./functions.js";

/** The program objects that TensorFlow.js compiles and keeps by `shaderKey`. */
interface TfjsProgram {
  readonly outputShape: number[];
  readonly shaderKey: string;
  readonly dispatchLayout: { readonly x: number[] };
  readonly dispatch: [number, number, number];
  readonly workgroupSize: [number, number, number];
  readonly variableNames: string[];
  readonly size: true;
  readonly uniforms: string;
  readonly atomic: boolean;
  getUserCode(): string;
}

type Uniforms = readonly { readonly type: "int32"; readonly data: readonly number[] }[];

/** The parts of the backend object that are used. */
export interface RawWebGpu {
  readonly device: {
    readonly queue: { onSubmittedWorkDone(): Promise<void> };
    readonly lost: Promise<{ readonly message: string }>;
    addEventListener(event: "uncapturederror", listener: (e: { readonly error: { message: string } }) => void): void;
  };
  readonly commandEncoder: object | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
  write(values: TypedArray | null, shape: readonly number[], dtype: StorageType): object;
  read(dataId: object): Promise<TypedArray>;
  disposeData(dataId: object): boolean;
  runWebGPUProgram(program: TfjsProgram, inputs: Info[], dtype: StorageType, uniforms: Uniforms, out: Info): Info;
}

const WORKGROUP = 64;
/** Compiled programs that may be under way at once. */
const IN_FLIGHT = 2;

/** The whole array as one axis; the backend's own shaders have at most six. */
const flat = (info: Info): Info => ({ ...info, shape: [Math.max(sizeOf(info.shape), 1)] });

const empty = (dtype: StorageType): TypedArray => allocate(dtype, 0);

/** A started WebGPU backend. What a shader makes is pending; what came from the host, or was read, is known. */
export const webGpuBackend = (raw: RawWebGpu): Backend => {
  const known = new WeakMap<object, TypedArray>();
  let failure: string | undefined;
  raw.device.addEventListener("uncapturederror", ({ error }) => {
    failure ??= error.message;
  });
  raw.device.lost.then(({ message }) => {
    failure ??= `the device was lost: ${message}`;
  });
  const check = (): void => {
    const what = failure;
    if (what === undefined) return;
    failure = undefined;
    throw new BackendError({ where: "webgpu", what, hint: "results since the last await are not to be trusted" });
  };
  // Stands for arrays without elements, which cannot be bound.
  const fillers = new Map<StorageType, Info>();
  const filler = (dtype: StorageType): Info => {
    const found = fillers.get(dtype) ?? { dataId: raw.write(allocate(dtype, 1), [1], dtype), shape: [1], dtype };
    fillers.set(dtype, found);
    return found;
  };
  const underWay = new Set<Promise<void>>();
  /** Sends what is queued to the device; resolves when all of it is done. */
  const finished = async (): Promise<void> => {
    if (raw.commandEncoder !== null) {
      raw.endComputePassEncoder();
      raw.submitQueue();
    }
    await raw.device.queue.onSubmittedWorkDone();
  };
  const gpu: Gpu = {
    run({ body, count, atomic = false }, inputs, out, start = 0) {
      if (count === 0) return;
      // Every input and the uniforms have to appear in the code, or the layout has no place for them.
      const code = `${libraryFor(body)}
        fn main(i: i32) {
          if (i >= uniforms.size) { return; }
          ${inputs.map((_, k) => `_ = &x${k};`).join(" ")}
          ${body}
        }`;
      raw.runWebGPUProgram(
        {
          outputShape: [count],
          shaderKey: code,
          dispatchLayout: { x: [0] },
          dispatch: [Math.ceil(count / WORKGROUP), 1, 1],
          workgroupSize: [WORKGROUP, 1, 1],
          variableNames: inputs.map((_, k) => `x${k}`),
          size: true,
          uniforms: "start: i32,",
          atomic,
          getUserCode: () => code,
        },
        inputs.map((x) => flat(sizeOf(x.shape) === 0 ? filler(x.dtype) : x)),
        out.dtype,
        [{ type: "int32", data: [start] }],
        flat(out),
      );
    },
    launch(run) {
      if (underWay.size >= IN_FLIGHT) {
        throw new PendingError({
          where: "jit",
          what: `${IN_FLIGHT} compiled programs are under way on webgpu and nothing has been waited for`,
          expected: "an await between programs",
          got: "one more call",
          hint: "await blockUntilReady(x) with a result of an earlier call, once in every turn of the loop",
        });
      }
      const result = run();
      const end = finished().finally(() => underWay.delete(end));
      underWay.add(end);
      return result;
    },
  };
  return {
    name: "tfjs-webgpu",
    kernel: (name) => {
      throw new InvariantError({ where: name, what: "kernels of TensorFlow.js are not used on webgpu" });
    },
    reshapesFreely: true,
    inPlace: false,
    gpu,
    make(shape: Shape, dtype, data) {
      const dataId = raw.write(data ?? null, [sizeOf(shape)], dtype);
      if (data !== undefined) known.set(dataId, data);
      return { dataId, shape: [...shape], dtype };
    },
    view({ dataId, dtype, shape }) {
      const values = sizeOf(shape) === 0 ? empty(dtype) : known.get(dataId);
      if (values !== undefined) return values;
      throw new PendingError({
        where: "webgpu",
        what: "the device has not computed this tensor yet",
        expected: "a tensor that was read, or came from the host",
        got: `a pending ${dtype} of ${sizeOf(shape)} elements`,
        hint: "await blockUntilReady(x) first, or use await x.data()",
      });
    },
    async read({ dataId, dtype, shape }) {
      const programs = [...underWay];
      const values = sizeOf(shape) === 0 ? empty(dtype) : (known.get(dataId) ?? (await raw.read(dataId)));
      await Promise.all(programs);
      check();
      known.set(dataId, values);
      return values;
    },
    release: ({ dataId }) => {
      raw.disposeData(dataId);
    },
  };
};
