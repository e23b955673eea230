/** @file At kinks a derivative is a convention; ours is JAX's, on every executor. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { f32, numbers, on, startedRuntimes } from "../helpers/runtime.js";

const Conventions = suite("transforms/conventions");

/** A function, where, and its gradient there. The weights tell the elements apart. */
const rows: readonly [name: string, f: (x: Tensor) => Tensor, x: number[], gradient: number[]][] = [
  ["max: ties share evenly", (x) => np.max(x), [1, 3, 3, 0], [0, 0.5, 0.5, 0]],
  ["min: ties share evenly", (x) => np.min(x), [0, 3, 0, 0], [1 / 3, 0, 1 / 3, 1 / 3]],
  ["maximum: a half each", (x) => np.sum(np.maximum(x, 2)), [1, 2, 3], [0, 0.5, 1]],
  ["minimum: a half each", (x) => np.sum(np.minimum(x, 2)), [1, 2, 3], [1, 0.5, 0]],
  ["clip: a half at its bounds", (x) => np.sum(np.clip(x, -1, 1)), [-2, -1, 0, 1, 2], [0, 0.5, 1, 0.5, 0]],
  ["abs: 0 at 0", (x) => np.sum(np.abs(x)), [-1, 0, 1], [-1, 0, 1]],
  ["relu: 0 at 0", (x) => np.sum(nn.relu(x)), [-1, 0, 1], [0, 0, 1]],
  [
    "sort: equal elements keep their order",
    (x) => np.sum(np.multiply(np.sort(x), f32([1, 10, 100]))),
    [2, 1, 1],
    [100, 1, 10],
  ],
];

for (const [name, f, x, gradient] of rows) {
  Conventions(`${name}, in both modes, eagerly and compiled`, async () => {
    for (const runtime of await startedRuntimes()) {
      on(runtime, () =>
        scope(() => {
          const at = f32(x);
          const close = (got: readonly number[], want: readonly number[]): void =>
            want.forEach((v, i) => {
              assert.ok(Math.abs(got[i] - v) <= 1e-6 * Math.abs(v), `${runtime.name}: ${got} instead of ${want}`);
            });
          using compiled = jit(grad(f));
          close(numbers(grad(f)(at)), gradient);
          close(numbers(compiled(at)), gradient);
          const v = x.map((_, i) => i + 1);
          close(numbers(jvp(f, [at], [f32(v)])[1]), [gradient.reduce((sum, g, i) => sum + g * v[i], 0)]);
        }),
      );
    }
  });
}

Conventions.run();
