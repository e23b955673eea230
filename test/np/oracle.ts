/**
 * @file NumPy by its definitions: arrays in plain JavaScript, an element at a time. The oracle of the tests of np.
 *
 * Everything runs on the reference executor, whose float64 leaves no room for rounding.
 */
import fc from "fast-check";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { type DType, printShape, type Shape, sizeOf, stridesOf } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { near, noLeaks } from "../helpers/runtime.js";

/** Row-major numbers with a shape. */
export interface Plain {
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** Every place of a shape, in row-major order. */
export const places = (shape: Shape): number[][] => {
  let all: number[][] = [[]];
  for (const n of shape) all = all.flatMap((place) => Array.from({ length: n }, (_, i) => [...place, i]));
  return all;
};

export const build = (shape: Shape, f: (place: readonly number[]) => number): Plain => ({
  shape,
  data: places(shape).map(f),
});

/** The element at a place of a broadcast shape: aligned at the end, axes of size 1 repeated. */
export const at = (x: Plain, place: readonly number[]): number => {
  const own = place.slice(place.length - x.shape.length);
  const strides = stridesOf(x.shape);
  return x.data[own.reduce((sum, i, axis) => sum + (x.shape[axis] === 1 ? 0 : i) * strides[axis], 0)];
};

/** NumPy's rule for shapes, or undefined where they do not broadcast. */
export const broadcast = (...shapes: readonly Shape[]): number[] | undefined => {
  const rank = Math.max(...shapes.map((s) => s.length));
  const out: number[] = [];
  for (let i = 1; i <= rank; i++) {
    const sizes = new Set(shapes.map((s) => (i <= s.length ? s[s.length - i] : 1)).filter((n) => n !== 1));
    if (sizes.size > 1) return undefined;
    out.unshift(sizes.size === 1 ? [...sizes][0] : 1);
  }
  return out;
};

/** The tensor of these numbers. */
export const tensor = (x: Plain, dtype: DType = "float64"): Tensor =>
  np.reshape(np.array(x.data as number[], { dtype }), x.shape);

/** Asserts shape, elements (NaN is NaN) and, where it is named, the dtype. */
export const same = (got: Tensor, want: Plain, what = "", dtype?: DType): void => {
  if (dtype !== undefined) assert.is(got.dtype, dtype, `${what}: dtype`);
  assert.is(printShape(got.shape), printShape(want.shape), `${what}: shape`);
  const data = got.dataSync();
  want.data.forEach((v, i) => {
    if (near(data[i], v, { abs: 1e-12, rel: 1e-12 })) return;
    assert.unreachable(`${what}: element ${i} of ${printShape(want.shape)} is ${data[i]}, expected ${v}`);
  });
};

/** The numbers of a vector. */
export const vector = (...data: number[]): Plain => ({ shape: [data.length], data });

const reference = await runtimeFor("reference");

/** Registers a test that runs on the reference executor, in a scope that must free everything. */
export const onReference =
  (suite: Test) =>
  (title: string, body: () => void): void => {
    suite(title, () => withRuntime(reference, () => noLeaks(() => scope(body), title)));
  };

/** Asserts that `f` throws an error of ours with these words. */
export const refuses = (f: () => unknown, tag: ErrorTag, ...words: readonly string[]): void => {
  let thrown: unknown;
  try {
    f();
  } catch (e) {
    thrown = e;
  }
  assert.ok(isFluxionError(thrown, tag), `expected a ${tag}, got ${thrown ?? "no error"}`);
  for (const word of words) assert.ok(thrown.message.includes(word), `"${word}" is not in: ${thrown.message}`);
};

/** Runs a property; fast-check prints the seed and the smallest failing case. */
export const property = <T>(what: fc.Arbitrary<T>, check: (x: T) => void, numRuns = 100): void =>
  fc.assert(
    fc.property(what, (x) => scope(() => check(x))),
    { numRuns },
  );

/** Small shapes, zero sizes among them. */
export const anyShape = (maxRank = 4, minRank = 0): fc.Arbitrary<number[]> =>
  fc.array(fc.nat({ max: 3 }), { minLength: minRank, maxLength: maxRank });

/** Numbers in quarters of both signs: sums and products of a few of them are exact. */
export const anyNumbers = (n: number): fc.Arbitrary<number[]> =>
  fc.array(
    fc.integer({ min: -12, max: 12 }).map((v) => v / 4),
    { minLength: n, maxLength: n },
  );

export const anyPlain = (shape: Shape): fc.Arbitrary<Plain> =>
  anyNumbers(sizeOf(shape)).map((data) => ({ shape, data }));

/** An array of any small shape. */
export const anyArray = (maxRank = 4, minRank = 0): fc.Arbitrary<Plain> => anyShape(maxRank, minRank).chain(anyPlain);

/** An array of rank 1 or more, and one of its axes, which may count from the end. */
export const anyArrayAndAxis: fc.Arbitrary<{ x: Plain; axis: number; given: number }> = anyArray(4, 1).chain((x) =>
  fc
    .record({
      x: fc.constant(x),
      axis: fc.nat({ max: x.shape.length - 1 }),
    })
    .chain(({ x, axis }) =>
      fc.boolean().map((negative) => ({ x, axis, given: negative ? axis - x.shape.length : axis })),
    ),
);

/** Shapes that broadcast together: each drops leading axes of one shape or has 1 in it. */
export const broadcastable = (count: number): fc.Arbitrary<number[][]> =>
  anyShape().chain((shape) =>
    fc.array(
      fc
        .tuple(
          fc.nat({ max: shape.length }),
          fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        )
        .map(([drop, ones]) => shape.map((n, i) => (ones[i] ? 1 : n)).slice(drop)),
      { minLength: count, maxLength: count },
    ),
  );

/** Einstein summation by its definition: a loop over the values of all letters. */
export const einsumLoop = (inputs: readonly string[], output: string, xs: readonly Plain[]): Plain => {
  const size = new Map<string, number>();
  inputs.forEach((labels, k) => {
    [...labels].forEach((l, axis) => {
      size.set(l, xs[k].shape[axis]);
    });
  });
  const inner = [...size.keys()].filter((l) => !output.includes(l));
  const sizes = (letters: readonly string[]): number[] => letters.map((l) => size.get(l) as number);
  return build(sizes([...output]), (outer) => {
    let sum = 0;
    for (const place of places(sizes(inner))) {
      const value = (l: string): number => (output.includes(l) ? outer[output.indexOf(l)] : place[inner.indexOf(l)]);
      sum += inputs.reduce((product, labels, k) => product * at(xs[k], [...labels].map(value)), 1);
    }
    return sum;
  });
};
