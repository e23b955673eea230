/**
 * @file Numbers that JAX prints, from pages of its documentation and from programs that ran it.
 *
 * All are of partitionable threefry, the default since JAX 0.5. Older pages print other numbers: `normal(key(0))` was -0.20584226,
 * and the bits of a draw depended on its size.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { numbers, on, startedRuntimes } from "../helpers/runtime.js";

const Published = suite("random/published");
const runtimes: readonly ExecutorRuntime[] = await startedRuntimes();

const { key, split, subkeys, normal, uniform } = random;
const second = (k: Tensor): Tensor => subkeys(k)[1];
/** The second keys of splits, each of the first key of the split before. */
const chain = (k: Tensor, n: number): Tensor[] => {
  if (n === 0) return [];
  const [next, sub] = subkeys(k);
  return [sub, ...chain(next, n - 1)];
};

/** From a program that ran jax 0.11.1 and printed its results. */
const PRINTED = "jax 0.11.1";
/** docs.jax.dev/en/latest/jax.random.html */
const MODULE = "JAX documentation, 'jax.random module'";
/** docs.jax.dev/en/latest/random-numbers.html */
const TUTORIAL = "JAX documentation, 'Pseudorandom numbers'";
/** test/python/IntegrationTests/.../test_random.py of NVIDIA's TensorRT-Incubator, whose constants are JAX's results. */
const TENSORRT = "MLIR-TensorRT's test of jax.random";
/** Docstrings of jaxtransform3d. */
const TRANSFORM = "a docstring of jaxtransform3d";

type Row = readonly [source: string, call: string, draw: () => Tensor, expected: readonly number[]];

const EXACT: readonly Row[] = [
  [PRINTED, "split(key(42))", () => split(key(42)), [1832780943, 270669613, 64467757, 2916123636]],
  [TENSORRT, "split(key(0))", () => split(key(0)), [1797259609, 2579123966, 928981903, 3453687069]],
  [TENSORRT, "split(key(1))", () => split(key(1)), [507451445, 1853169794, 1948878966, 4237131848]],
  [TENSORRT, "split(key(2))", () => split(key(2)), [1821159224, 3364244817, 637334850, 3278974502]],
  ["a log of jax 0.11.0", "split(split(key(0))[0])[0]", () => subkeys(subkeys(key(0))[0])[0], [4165894930, 804218099]],
  [MODULE, "uniform(key(0))", () => uniform(key(0)), [0.947667]],
  [MODULE, "uniform(split(key(0))[1])", () => uniform(second(key(0))), [0.00729382]],
  [PRINTED, "uniform(key(0), [3])", () => uniform(key(0), [3]), [0.947667, 0.9785799, 0.33229148]],
  [
    TENSORRT,
    "uniform(split(key(0))[1], [4, 4])",
    () => uniform(second(key(0)), [4, 4]),
    [
      0.00729382, 0.02089119, 0.5814265, 0.36183798, 0.22303772, 0.11928833, 0.12543893, 0.61683, 0.0950073, 0.9834225,
      0.4248221, 0.8324801, 0.0966121, 0.22702086, 0.3545748, 0.67104137,
    ],
  ],
  // The power 1/0.03 of a uniform number underflows.
  ["a test of mmmjax, with jax 0.11", "gamma(key(7), 0.03)", () => random.gamma(key(7), 0.03), [0]],
  [PRINTED, "randint(key(1), [5], 0, 10)", () => random.randint(key(1), [5], 0, 10), [6, 7, 0, 3, 8]],
  [
    PRINTED,
    "choice(key(2), [10, 20, 30, 40], [3])",
    () => random.choice(key(2), np.array([10, 20, 30, 40], { dtype: "int32" }), [3]),
    [40, 10, 20],
  ],
  [PRINTED, "permutation(key(3), arange(5))", () => random.permutation(key(3), np.arange(5)), [0, 4, 2, 1, 3]],
];

const ROUNDED: readonly Row[] = [
  [PRINTED, "normal(key(0), [3])", () => normal(key(0), [3]), [1.6226422, 2.0252647, -0.43359444]],
  [TUTORIAL, "normal(key(42))", () => normal(key(42)), [-0.028304616]],
  [TUTORIAL, "normal(key(42), [3])", () => normal(key(42), [3]), [-0.02830462, 0.46713185, 0.29570296]],
  [
    TRANSFORM,
    "normal(key(42), [2, 3])",
    () => normal(key(42), [2, 3]),
    [-0.02830462, 0.46713185, 0.29570296, 0.15354592, -0.12403282, 0.21692315],
  ],
  [
    TUTORIAL,
    "normal of three keys of a chain of splits of key(42)",
    () => np.stack(chain(key(42), 3).map((k) => normal(k))),
    [0.6057640314102173, -0.21089035272598267, -0.3948981463909149],
  ],
  [
    TUTORIAL,
    "normal of each of split(key(42), 3)",
    () => np.stack(subkeys(key(42), 3).map((k) => normal(k))),
    [0.07592554, 0.60576403, 0.4323065],
  ],
  [
    TENSORRT,
    "normal(split(key(0))[0], [4, 4])",
    () => normal(subkeys(key(0))[0], [4, 4]),
    [
      1.0040143, -0.9063372, -0.7481722, -1.1713669, -0.8712328, 0.58883816, 0.72392994, -1.0255982, 1.661628,
      -1.8910251, -1.2889339, 0.13360691, -1.1530392, 0.23929629, 1.7448071, 0.5050189,
    ],
  ],
];

/** Half a unit of the last printed digit (eight decimals, or the digits that tell float32 apart), and `units` of float32. */
const agrees = (got: number, want: number, units: number): boolean =>
  Math.abs(got - want) <= 0.5001e-8 + (units + 0.5) * 2 ** (Math.floor(Math.log2(Math.abs(want) || 1)) - 23);

for (const runtime of runtimes) {
  // Wasm's loops, which also run single operations beside the native executor, have polynomials of their own for the logarithm.
  const units = runtime.name.includes("wasm") || runtime.name === "onnx" ? 3 : 1;
  for (const [rows, off, what] of [
    [EXACT, 0, "to the last bit"],
    [ROUNDED, units, `to ${units} unit${units === 1 ? "" : "s"} in the last place`],
  ] as const) {
    Published(`${runtime.name} gives JAX's published numbers ${what}`, () => {
      for (const [source, call, draw, expected] of rows) {
        const got = on(runtime, () => scope(() => numbers(draw())));
        const same = got.length === expected.length && got.every((v, i) => agrees(v, expected[i], off));
        assert.ok(same, `${call} (${source}): ${got.join(", ")} instead of ${expected.join(", ")}`);
      }
    });
  }
}

Published("the numbers are those of partitionable threefry: a draw is the beginning of a longer one", () => {
  on(runtimes[0], () =>
    scope(() => {
      const long = numbers(random.bits(key(1701), [64]));
      for (const n of [1, 2, 3, 63]) assert.equal(numbers(random.bits(key(1701), [n])), long.slice(0, n));
      // JAX's own test of the older bits (tests/random_lax_test.py) is skipped when they are partitionable, and so must differ here.
      assert.not.equal(long.slice(0, 3), [56197195, 4200222568, 961309823]);
      assert.ok(Math.abs(numbers(normal(key(0)))[0] - -0.20584226) > 0.1);
    }),
  );
});

Published.run();
