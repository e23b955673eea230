/** @file A call of a function of the user while a program runs: its operands are looked at, and there is no result. */
import type { HostArray } from "../core/host.js";
import { definePrimitive, type Primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { moveAxis } from "./broadcast.js";

interface Callback {
  /** Must copy what it keeps. */
  readonly call: (arrays: readonly HostArray[]) => void;
}

/** Example `i` of what has the batch dimension in front. */
const exampleOf = ({ shape, dtype, data }: HostArray, i: number): HostArray => {
  const n = data.length / shape[0];
  return { shape: shape.slice(1), dtype, data: data.subarray(i * n, (i + 1) * n) };
};

/** Sees primal values under every derivative, and each example of a batch by itself, one after the other. */
export const debugCallbackP: Primitive<Callback> = definePrimitive<Callback>({
  name: "debug_callback",
  effect: true,
  abstractEval: () => [],
  impl: (xs, { call }) => {
    call(xs);
    return [];
  },
  jvp: (xs, _dxs, params) => {
    bind(debugCallbackP, xs, params);
    return [[], []];
  },
  transpose: (_cts, args) => args.map(() => null),
  batch: (size, xs, dims, { call }) => {
    if (dims.every((d) => d === null)) return [bind(debugCallbackP, xs, { call }), []];
    const front = xs.map((x, i) => (dims[i] === null ? x : moveAxis(x, dims[i], 0)));
    const each = (arrays: readonly HostArray[]): void => {
      for (let i = 0; i < size; i++) call(arrays.map((array, k) => (dims[k] === null ? array : exampleOf(array, i))));
    };
    return [bind(debugCallbackP, front, { call: each }), []];
  },
});
