/** @file Exchange of tensors with TensorFlow.js: on one heap without a copy, otherwise with one. */
import * as tfjs from "@tensorflow/tfjs-core";
import { Aval, type DType } from "../../core/aval.js";
import { takes } from "../../core/composite.js";
import { ArgumentError, BackendError, DTypeError, TracerError, UseAfterDisposeError } from "../../core/errors.js";
import { hostArray } from "../../core/host.js";
import { currentRuntime } from "../../core/runtime.js";
import { DeviceArray, isTensor, type Tensor, Tracer } from "../../core/tensor.js";
import type { StorageType } from "../blocks/backend.js";
import { type Block, BlockDevice } from "../blocks/device.js";
import type { ExecutorRuntime } from "../runtime.js";
import { type Sharing, sharingWith } from "./sharing.js";
import { rawOf } from "./tfjs-heap.js";

/**
 * A tensor of TensorFlow.js, as far as it is looked at here. Programs without the DOM library cannot read TensorFlow.js's own types, so that they
 * are not named.
 */
export interface TfjsTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed: boolean;
  dispose(): void;
}

/** Dtypes that both libraries have, with the same bytes. */
const DTYPES: readonly string[] = ["float32", "int32", "bool"] satisfies readonly (DType & StorageType)[];

const sharedDType = (where: string, dtype: string, hint: string): StorageType => {
  if (DTYPES.includes(dtype)) return dtype as StorageType;
  throw new DTypeError({
    where,
    what: "only one of the two libraries has this dtype",
    expected: "float32, int32 or bool",
    got: dtype,
    hint,
  });
};

/** What the current runtime shares with TensorFlow.js: undefined where its arrays do not lie on TensorFlow.js's heap. */
const sharedHeap = (where: string): { device: BlockDevice; sharing: Sharing } | undefined => {
  const { device } = (currentRuntime(where) as ExecutorRuntime).executor;
  const raw = device instanceof BlockDevice ? rawOf(device.backend) : undefined;
  return raw && { device: device as BlockDevice, sharing: sharingWith(raw) };
};

/** A new tensor of TensorFlow.js, on its current backend. */
const copied = (x: ReturnType<Tensor["concrete"]>, dtype: StorageType): tfjs.Tensor => {
  const { data, shape } = x.host();
  try {
    return tfjs.tensor(data as Float32Array | Int32Array | Uint8Array, [...shape], dtype);
  } catch (cause) {
    throw new BackendError(
      {
        where: "toTfjs",
        what: "TensorFlow.js makes no tensor",
        expected: "a backend of TensorFlow.js that has been loaded",
        got: String(cause),
        hint: 'import "@tensorflow/tfjs-backend-cpu", or await init({ heap: "tfjs", executor: "tfjs" })',
      },
      { cause },
    );
  }
};

/**
 * A tensor of TensorFlow.js with the elements of `x`, of its shape and dtype. After `init({ heap: "tfjs", executor: "tfjs" })` both read
 * one memory, and nothing is copied; it is freed when both are disposed, in either order. Elsewhere the elements are copied.
 *
 * @param x  any shape; float32, int32 or bool
 * @throws {ArgumentError} when `x` is not a tensor
 * @throws {DTypeError} when TensorFlow.js does not have the dtype
 * @throws {TracerError} when a transformation traces `x`
 * @throws {BackendError} when TensorFlow.js has no backend
 * @example const y = tf.sigmoid(toTfjs<tf.Tensor>(x)); // of the memory that x has
 */
export const toTfjs = takes("toTfjs(x)", <T extends TfjsTensor = TfjsTensor>(x: Tensor): T => {
  if (!isTensor(x)) {
    throw new ArgumentError({
      where: "toTfjs",
      what: "the argument is not a tensor of this library",
      expected: "a tensor",
      got: typeof x,
      at: "x",
      hint: "np.array makes one",
    });
  }
  const dtype = sharedDType("toTfjs", x.aval.dtype, 'np.astype(x, "float32") has a dtype that both have');
  if (x instanceof Tracer) {
    throw new TracerError({
      where: "toTfjs",
      what: "TensorFlow.js cannot be traced, and derivatives do not pass through it",
      expected: "a tensor outside of every transformation",
      got: `${x}`,
      hint: "call it on what the transformed function returns, or look at values with debug.callback",
    });
  }
  const array = x.concrete("toTfjs");
  const shared = sharedHeap("toTfjs");
  if (shared === undefined || !(array instanceof DeviceArray)) return copied(array, dtype) as TfjsTensor as T;
  const { device, sharing } = shared;
  const block = device.share(array.handleOn(currentRuntime("toTfjs").device, "toTfjs")) as Block;
  return tfjs
    .engine()
    .makeTensorFromDataId(
      sharing.lend(device, block),
      [...x.aval.shape],
      dtype,
      sharing.raw as never,
    ) as TfjsTensor as T;
});

/**
 * A tensor with the elements of one of TensorFlow.js, of its shape and dtype. After `init({ heap: "tfjs", executor: "tfjs" })` a tensor on
 * TensorFlow.js's backend `wasm` is not copied: both read one memory, which is freed when both are disposed, in either order. Elsewhere
 * the elements are copied.
 *
 * @param tensor  any shape; float32, int32 or bool
 * @throws {ArgumentError} when `tensor` is not one of TensorFlow.js
 * @throws {DTypeError} when it holds strings or complex numbers
 * @throws {UseAfterDisposeError} when it has been disposed
 * @example const x = fromTfjs(tf.tensor2d([[1, 2], [3, 4]]));
 */
export const fromTfjs = takes("fromTfjs(tensor)", (tensor: TfjsTensor): Tensor => {
  if (!(tensor instanceof tfjs.Tensor)) {
    throw new ArgumentError({
      where: "fromTfjs",
      what: "the argument is not a tensor of TensorFlow.js",
      expected: "a tf.Tensor",
      got: isTensor(tensor) ? "a tensor of this library" : typeof tensor,
      at: "tensor",
    });
  }
  const { shape } = tensor;
  const dtype = sharedDType("fromTfjs", tensor.dtype, "strings have no numbers; tf.real and tf.imag give the parts");
  if (tensor.isDisposed) {
    throw new UseAfterDisposeError({
      where: "fromTfjs",
      what: "this tensor of TensorFlow.js has been disposed",
      expected: "a tensor that is alive",
      got: `${dtype} of shape [${shape}]`,
      hint: "tf.keep holds it beyond a tf.tidy",
    });
  }
  const shared = sharedHeap("fromTfjs");
  const { device } = currentRuntime("fromTfjs");
  const block = shared?.sharing.borrow(shared.device, tensor.dataId, shape, dtype);
  return new DeviceArray(
    new Aval(shape, dtype),
    device,
    block ?? device.upload(hostArray(shape, dtype, tensor.dataSync())),
  );
});
