/** @file A runtime for tests that evaluates every primitive by its own `impl`, with arrays from plain numbers. */
import { Aval, type DType, type Shape } from "../../lib/core/aval.js";
import { allocate, avalOfHost, type HostArray, hostArray } from "../../lib/core/host.js";
import { type Runtime, setRuntime } from "../../lib/core/runtime.js";
import { type Device, DeviceArray, type Tensor } from "../../lib/core/tensor.js";

const device: Device = {
  name: "impl",
  upload: (x) => x,
  download: (x) => x as HostArray,
  share: (x) => x,
  free: () => {},
  watch: () => {},
  storage: (x) => x,
};

const runtime: Runtime = {
  name: "impl",
  device,
  executors: [],
  fallbacks: () => [],
  forget: () => {},
  evaluate: (prim, args, params) => {
    const avals = prim.abstractEval(
      args.map((x) => x.aval),
      params,
    );
    const outs = prim.impl(
      args.map((x) => x.host()),
      params,
    );
    return outs.map((y, i) => {
      const made = avalOfHost(y);
      if (!made.equals(avals[i].strong())) throw new Error(`${prim.name}: ${made} made, ${avals[i]} predicted`);
      return new DeviceArray(avals[i], device, y);
    });
  },
};

/** Makes it the runtime; returns what puts the one before back. */
export const useImpl = (): (() => void) => {
  const before = setRuntime(runtime);
  return () => void setRuntime(before);
};

/** Data of a dtype from plain numbers. */
export const host = (shape: Shape, dtype: DType, values: ArrayLike<number>): HostArray => {
  const data = allocate(dtype, values.length);
  data.set(Array.from(values));
  return hostArray(shape, dtype, data);
};

export const tensor = (shape: Shape, dtype: DType, values: ArrayLike<number>): Tensor =>
  new DeviceArray(new Aval(shape, dtype), device, host(shape, dtype, values));

/** 1, 2, 3, …: values that tell places apart. */
export const counting = (shape: Shape, dtype: DType = "float32", from = 1): Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(
    shape,
    dtype,
    Array.from({ length: n }, (_, i) => (dtype === "bool" ? (i + from) % 2 : i + from)),
  );
};
