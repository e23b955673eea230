/** @file Laws of all methods: scanned layers are unrolled ones, and derivatives are those of differences. */
import type { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { jit, np, type Tensor, t5, tree, valueAndGrad } from "../../lib/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { allclose, hostOf, noLeaks, runtimes } from "../helpers/runtime.js";
import { samples, stackedTree } from "./samples.js";

type Suite = ReturnType<typeof suite>;

/** Adds a test on each of some runtimes. */
export const addCheck = (into: Suite, labels: readonly string[], title: string, body: () => void): void => {
  for (const { label, open } of runtimes().filter((r) => labels.includes(r.label))) {
    into(`${label}: ${title}`, async () => withRuntime(await open(), () => noLeaks(() => scope(body))));
  }
};

const ids = (rows: readonly (readonly number[])[]): Tensor =>
  np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });
export const batchOf = (): t5.Batch => ({
  inputs: ids([
    [5, 9, 3, 1, 0],
    [7, 2, 30, 11, 1],
  ]),
  targets: ids([
    [8, 1, 0],
    [3, 21, 1],
  ]),
});
export const doubled = <T>(x: T): T => tree.map((leaf: Tensor) => np.astype(leaf, "float64"), x as never) as T;

/** Asserts that two trees agree, each leaf relative to its largest element, as gradients do in float32. */
const assertGradients = (got: unknown, want: unknown, what: string): void => {
  const [a, b] = [tree.leaves(got), tree.leaves(want)] as Tensor[][];
  assert.is(a.length, b.length, what);
  b.forEach((x, i) => {
    const right = hostOf(x);
    const most = Math.max(...Array.from(right.data, Math.abs));
    allclose(hostOf(a[i]), right, `${what}, leaf ${i}`, { abs: 1e-4 * most, rel: 0 });
  });
};

const SCANNED_ON_BOTH = ["dora", "two prompts and scales"];

/** Adds the test that scanned layers have the gradients of unrolled ones. */
export const addScanned = (into: Suite, name: string): void =>
  addCheck(
    into,
    SCANNED_ON_BOTH.includes(name) ? ["wasm", "onnx"] : ["wasm"],
    `${name}: scanned layers give the loss and gradients of unrolled ones`,
    () => {
      const { config, params, samples: all } = samples();
      const { method, tuned } = all[name];
      const stacked = t5.stackLayers(params);
      const loss = (frozen: t5.AnyParams, p: object, b: t5.Batch): Tensor =>
        t5.loss<t5.Model>(config)(method.apply(config, frozen, p, b), b);
      using step = jit(valueAndGrad(loss, { argnums: 1 }));
      const [loss1, gradient] = step(params, tuned, batchOf());
      const got = step(stacked, stackedTree(tuned), batchOf());
      assertGradients(got, [loss1, stackedTree(gradient as object)], name);
    },
  );

/** Derivatives by differences; T5's weights here are large, so that longer steps leave the neighbourhood. */
export const DIFFERENCES = { order: 1, modes: ["reverse"], tolerance: 1e-6, step: 1e-4 } as const;

/** Adds the test that reverse mode gives the derivatives of differences. */
export const addDifferences = (into: Suite, names: readonly string[]): void =>
  addCheck(into, ["reference"], "reverse mode gives the derivative that differences give", () => {
    const { config, params, samples: all } = samples();
    const frozen = doubled(params);
    for (const name of names) {
      // DoRA takes its norms as constants, see laws.test.ts; all weights are those of t5.loss.
      if (name === "dora" || name === "all weights") continue;
      const { method, tuned } = all[name];
      const loss = (p: object): Tensor => t5.loss<t5.Model>(config)(method.apply(config, frozen, p), batchOf());
      checkGrads(loss as never, [tuned] as never, DIFFERENCES);
    }
  });
