/** @file The native executor: the whole program as one ONNX graph (or as few as can be), run by onnxruntime-node. */
import { type DType, sizeOf } from "../../core/aval.js";
import { DTypeError } from "../../core/errors.js";
import { allocate, type HostArray } from "../../core/host.js";
import type { Eqn } from "../../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import type { Handle } from "../../core/tensor.js";
import type { Executor, Kernel } from "../executor.js";
import { HostDevice } from "../reference.js";
import type { Ort } from "./binding.js";
import { inputName, modelOf, outputName, writerOf } from "./graph.js";
import { encodeModel } from "./model.js";
import { type Segment, segmented, segmentP } from "./segments.js";

/** Host memory, which the runtime reads and writes in place. */
class OrtDevice extends HostDevice {
  override readonly name: string = "onnx";
  override upload(x: HostArray): Handle {
    this.#refuse(x.dtype);
    return super.upload(x);
  }
  #refuse(dtype: DType): void {
    if (dtype !== "float64") return;
    throw new DTypeError({
      where: this.name,
      what: "this executor has no float64",
      expected: "float32, int32, uint32 or bool",
      got: "float64",
      hint: "float64 works on the reference backend only",
    });
  }
}

export const onnxExecutor = (ort: Ort): Executor => {
  const device = new OrtDevice();

  /** A segment as one call of the runtime. */
  const native = ({ jaxpr, consts }: Segment): Kernel => {
    const session = ort.open(encodeModel(modelOf(jaxpr, consts, false)));
    const kernel: Kernel = (inputs) => {
      const outs = jaxpr.outAvals.map(({ shape, dtype }) => ({ shape, dtype, data: allocate(dtype, sizeOf(shape)) }));
      session.run(
        new Map(inputs.map((h, i) => [inputName(i), device.read(h)])),
        new Map(outs.map((out, i) => [outputName(i), out])),
      );
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
