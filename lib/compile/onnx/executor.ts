/** @file The native executor: the whole program as one ONNX graph (or as few as can be), run by onnxruntime-node. */
import { type Aval, type DType, itemBytes, sizeOf } from "../../core/aval.js";
import { DTypeError } from "../../core/errors.js";
import type { HostArray, TypedArray } from "../../core/host.js";
import type { Eqn } from "../../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import type { Handle } from "../../core/tensor.js";
import type { Executor, Kernel } from "../executor.js";
import { HostDevice } from "../reference/executor.js";
import type { Ort } from "./binding.js";
import { inputName, modelOf, outputName, writerOf } from "./graph.js";
import { encodeModel } from "./model.js";
import { Pool } from "./pool.js";
import { type Segment, segmented, segmentP } from "./segments.js";

const VIEW: Record<DType, new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** Host memory, which the runtime reads and writes in place. */
class OrtDevice extends HostDevice {
  override readonly name: string = "onnx";
  readonly #pool = new Pool();
  /** Memory for a result, with anything in it. */
  room({ shape, dtype }: Aval): HostArray {
    const n = sizeOf(shape);
    return { shape, dtype, data: new VIEW[dtype](this.#pool.take(n * itemBytes(dtype)), 0, n) };
  }
  /** Gives back memory that was not wrapped. */
  discard({ data }: HostArray): void {
    this.#pool.give(data.buffer);
  }
  protected override released(buffer: ArrayBufferLike): void {
    this.#pool.give(buffer);
  }
  override upload(x: HostArray): Handle {
    this.#refuse(x.dtype);
    return super.upload(x);
  }
  override uploadOwned(x: HostArray): Handle {
    this.#refuse(x.dtype);
    return super.uploadOwned(x);
  }
  #refuse(dtype: DType): void {
    if (dtype !== "float64") return;
    throw new DTypeError({
      where: this.name,
      what: "this executor has no float64",
      expected: "float32, int32, uint32 or bool",
      got: "float64",
      hint: 'np.array(data, "float32") rounds to float32; float64 works on the reference backend only',
    });
  }
}

export const onnxExecutor = (ort: Ort): Executor => {
  const device = new OrtDevice();

  /** A segment as one call of the runtime. */
  const native = ({ jaxpr, consts }: Segment): Kernel => {
    const session = ort.open(encodeModel(modelOf(jaxpr, consts, false)));
    // Not the jaxpr itself, which the kernel would keep alive with all its constants.
    const { outAvals } = jaxpr;
    const kernel: Kernel = (inputs) => {
      const outs = outAvals.map((aval) => device.room(aval));
      try {
        session.run(
          new Map(inputs.map((h, i) => [inputName(i), device.read(h)])),
          new Map(outs.map((out, i) => [outputName(i), out])),
        );
      } catch (cause) {
        for (const out of outs) device.discard(out);
        throw cause;
      }
      return outs.map((out) => device.wrap(out));
    };
    kernel.dispose = () => session.dispose();
    return kernel;
  };
  const compiles = (eqn: Eqn): boolean => writerOf(eqn, false) !== undefined;
  const byImpl =
    (prim: AnyPrimitive, params: Params): Kernel =>
    (inputs) =>
      prim
        .impl(
          inputs.map((h) => device.read(h)),
          params,
        )
        .map((array) => device.wrap(array));

  return {
    name: "onnx",
    device,
    compiles,
    arrange: (program) => segmented(program, compiles),
    kernel: (prim, params) => (prim === segmentP ? native(params as unknown as Segment) : byImpl(prim, params)),
    dispose: () => undefined,
  };
};
