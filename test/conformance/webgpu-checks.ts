/** @file What one row of the conformance suite checks where results are pending: every value is waited for. */
import * as assert from "uvu/assert";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { avalOfHost, type HostArray } from "../../lib/core/host.js";
import type { AnyPrimitive } from "../../lib/core/primitive.js";
import { blockUntilReady, type Tensor } from "../../lib/core/tensor.js";
import { bind } from "../../lib/core/trace.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { allclose, onDevice, stacked, taken } from "../helpers/runtime.js";
import { batchings, sameZeros } from "./checks.js";
import { another, type Row } from "./row.js";

/** Runs `f`, which frees what it makes, and asserts that the device holds no more than before: meanwhile the collector may free older arrays. */
const noLeaks = async <T>({ device }: ExecutorRuntime, f: () => Promise<T>): Promise<T> => {
  const before = device.memory();
  const result = await f();
  const { arrays, bytes } = device.memory();
  assert.ok(arrays <= before.arrays && bytes <= before.bytes, "there is more memory after than before");
  return result;
};

const takenLater = async (outs: readonly Tensor[]): Promise<HostArray[]> => taken(await blockUntilReady(outs));

/** What the executor computes, eagerly and compiled, is what `impl` says. */
export const computesLater = (prim: AnyPrimitive, { args, params }: Row, runtime: ExecutorRuntime): Promise<void> =>
  noLeaks(runtime, async () => {
    const wanted = prim.impl(args, params);
    const predicted = prim.abstractEval(args.map(avalOfHost), params).map(String);
    const xs = args.map(onDevice);
    using compiled = jit((...ys: Tensor[]) => bind(prim, ys, params));
    for (const [mode, run] of [
      ["eager", () => bind(prim, xs, params)],
      ["jit", () => compiled(...xs)],
    ] as const) {
      const outs = run();
      assert.equal(
        outs.map((y) => String(y.aval)),
        predicted,
        `${mode}: aval made = predicted`,
      );
      (await takenLater(outs)).forEach((y, k) => {
        allclose(y, wanted[k], `${mode}, output ${k}`);
        sameZeros(y, wanted[k], `${mode}, output ${k}`);
      });
    }
    for (const x of xs) x.dispose();
  });

/** `vmap` over every axis of every input equals a loop. */
export const batchesLater = async (prim: AnyPrimitive, row: Row, runtime: ExecutorRuntime): Promise<void> => {
  const { args, params } = row;
  const examples = [args, args.map(another)];
  for (const inAxes of batchings(args)) {
    await noLeaks(runtime, async () => {
      const xs = args.map((x, i) => {
        const axis = inAxes[i];
        return onDevice(axis === null ? x : stacked([x, examples[1][i]], axis));
      });
      const outs = vmap((...ys: Tensor[]) => bind(prim, ys, params), { inAxes } as object)(...xs);
      const loop = examples.map((example) =>
        prim.impl(
          example.map((x, i) => (inAxes[i] === null ? args[i] : x)),
          params,
        ),
      );
      (await takenLater(outs)).forEach((y, k) => {
        const want = loop.map((made) => made[k]);
        allclose(y, stacked(want, 0), `vmap over (${inAxes.map(String).join(", ")}), output ${k}`);
      });
      for (const x of xs) x.dispose();
    });
  }
};
