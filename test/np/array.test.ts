import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { range, sizeOf } from "../../lib/core/aval.js";
import type { Nested, Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { jit } from "../../lib/transforms/jit.js";
import {
  anyArray,
  anyArrayAndAxis,
  anyPlain,
  anyShape,
  at,
  build,
  onReference,
  type Plain,
  property,
  refuses,
  same,
  tensor,
  vector,
} from "./oracle.js";

const Arrays = suite("np/array");
const check = onReference(Arrays);

const f64 = (...data: number[]): Tensor => tensor(vector(...data));

check("the dtype may stand by itself, as NumPy's second argument, and has to be one", () => {
  same(np.array([1, 2], "int32"), { shape: [2], data: [1, 2] }, "", "int32");
  refuses(() => np.array([1], "float16" as never), "DTypeError", "no such dtype", "float16");
  refuses(() => np.zeros([2], "float16" as never).dataSync(), "DTypeError", "no such dtype", "float16");
});

// --- making --------------------------------------------------------------------------------------------------------------

check("nested lists, numbers, booleans and typed arrays become tensors of their kind", () => {
  const cases: [Parameters<typeof np.array>, string, Nested][] = [
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      "f32[2,2]",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [[3], "f32[]", 3],
    [[true], "bool[]", true],
    [[[true, false]], "bool[2]", [true, false]],
    [[[true, 2]], "f32[2]", [1, 2]],
    [[[]], "f32[0]", []],
    [[[[], []]], "f32[2,0]", [[], []]],
    [[[1, -2], { dtype: "int32" }], "i32[2]", [1, -2]],
    [[[1, 0], { dtype: "bool" }], "bool[2]", [true, false]],
    [[Int32Array.of(1, 2), { shape: [2, 1] }], "i32[2,1]", [[1], [2]]],
    [[Float64Array.of(1.7, -1.7), { dtype: "int32" }], "i32[2]", [1, -1]],
    [[Uint8Array.of(1, 0)], "bool[2]", [true, false]],
    [[Uint32Array.of(2 ** 32 - 1)], "u32[1]", [2 ** 32 - 1]],
  ];
  for (const [args, aval, values] of cases) {
    const x = np.array(...args);
    assert.is(String(x.aval), aval);
    assert.equal(x.toArray(), values);
  }
});

check("tensors may stand in lists, as in NumPy", () => {
  const [one, two] = [np.array(Float64Array.of(3, 4)), np.array([1, 2], "int32")];
  same(np.array([one, [5, 6]]), { shape: [2, 2], data: [3, 4, 5, 6] }, "", "float64");
  same(np.array([[np.get(two, 0), 7], two]), { shape: [2, 2], data: [1, 7, 1, 2] }, "", "int32");
  same(np.array([two, two], "float32"), { shape: [2, 2], data: [1, 2, 1, 2] }, "", "float32");
  same(np.array([two, two], { shape: [4] }), { shape: [4], data: [1, 2, 1, 2] }, "", "int32");
  const whole = np.array(two);
  assert.is.not(whole, two);
  same(whole, { shape: [2], data: [1, 2] }, "a copy", "int32");
  // Rotations are written so.
  const rotation = (x: Tensor): Tensor =>
    np.array([
      [np.cos(x), np.negative(np.sin(x))],
      [np.sin(x), np.cos(x)],
    ]);
  const angle = np.array(Float64Array.of(0.3), { shape: [] });
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  same(rotation(angle), { shape: [2, 2], data: [c, -s, s, c] }, "", "float64");
  same(jit(rotation)(angle), { shape: [2, 2], data: [c, -s, s, c] }, "under jit", "float64");
  checkGrads(rotation, [angle], { order: 2 });
});

check("what is no array is refused with the place", () => {
  refuses(() => np.array([[1, 2], [3]]), "ShapeError", "np.array", "ragged", "[1]");
  refuses(() => np.array([[1], 2]), "ShapeError", "ragged");
  refuses(
    () =>
      np.array([
        [[1], [2]],
        [[3], [4, 5]],
      ]),
    "ShapeError",
    "[1][1]",
  );
  refuses(() => np.array([1, "2"] as unknown as Nested), "DTypeError", "not a number", '"2"', "element 1");
  refuses(() => np.array([f64(1, 2), [1]]), "ShapeError", "ragged", "[2] at every place");
  refuses(() => np.array([1, 2.5], { dtype: "int32" }), "DTypeError", "int32 cannot hold 2.5");
  refuses(() => np.array([-1], { dtype: "uint32" }), "DTypeError", "uint32 cannot hold -1");
  refuses(() => np.array([1, 2, 3], { shape: [2, 2] }), "ShapeError", "4 elements", "3 elements");
  refuses(() => np.zeros([2, -1]), "ShapeError", "[2,-1]");
});

check("constant arrays have the shape and dtype asked for", () => {
  same(np.zeros([2, 0]), { shape: [2, 0], data: [] }, "", "float32");
  same(np.ones([2], "int32"), vector(1, 1), "", "int32");
  same(np.full([2], 0.1, "float64"), vector(0.1, 0.1), "", "float64");
  same(np.full([2], true), vector(1, 1), "", "bool");
  same(np.fullLike(np.ones([2], "uint32"), 7), vector(7, 7), "", "uint32");
  same(np.zerosLike(np.ones([1], "bool")), vector(0), "", "bool");
  same(np.onesLike(f64(5)), vector(1), "", "float64");
  refuses(() => np.full([2], 1.5, "int32"), "DTypeError", "int32 cannot hold 1.5");
});

check("arange counts up and down to before its end, in integers when all are", () => {
  const ints: [[number, number?, number?], number[]][] = [
    [[4], [0, 1, 2, 3]],
    [
      [2, 5],
      [2, 3, 4],
    ],
    [
      [5, 0, -2],
      [5, 3, 1],
    ],
    [
      [0, 5, 2],
      [0, 2, 4],
    ],
    [[5, 5], []],
    [[5, 2], []],
  ];
  for (const [args, want] of ints) same(np.arange(...args), vector(...want), `arange(${args})`, "int32");
  same(np.arange(0, 1, 0.25), vector(0, 0.25, 0.5, 0.75), "", "float32");
  same(np.arange(0, 3, 1, "float64"), vector(0, 1, 2), "", "float64");
  refuses(() => np.arange(0, 1, 0), "ArgumentError", "np.arange", "step");
});

check("linspace meets both ends exactly, and takes part in a jit", () => {
  property(
    fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }), fc.nat({ max: 40 })),
    ([a, b, n]) => {
      const x = Array.from(np.linspace(a / 7, b / 3, n).dataSync());
      assert.equal(
        x,
        range(n).map((i) =>
          Math.fround(n === 1 ? a / 7 : i === n - 1 ? b / 3 : a / 7 + i * ((b / 3 - a / 7) / (n - 1))),
        ),
      );
    },
  );
  using scaled = jit((x: Tensor) => np.multiply(x, np.linspace(0, 1, 3)));
  same(scaled(np.array([2])), vector(0, 1, 2));
  refuses(() => np.linspace(0, 1, 2.5), "ShapeError", "np.linspace");
});

check("eye, tril and triu know their diagonal", () => {
  property(
    fc.record({ n: fc.nat({ max: 4 }), m: fc.nat({ max: 4 }), k: fc.integer({ min: -3, max: 3 }) }),
    ({ n, m, k }) => {
      same(
        np.eye(n, m, k),
        build([n, m], ([i, j]) => Number(j - i === k)),
        "eye",
        "float32",
      );
      const x = build([2, n, m], ([b, i, j]) => 1 + b * 100 + i * 10 + j);
      same(
        np.tril(tensor(x), k),
        build(x.shape, (p) => (p[2] - p[1] <= k ? at(x, p) : 0)),
        "tril",
      );
      same(
        np.triu(tensor(x), k),
        build(x.shape, (p) => (p[2] - p[1] >= k ? at(x, p) : 0)),
        "triu",
      );
    },
  );
  refuses(() => np.tril(f64(1, 2)), "ShapeError", "np.tril", "rank 2 or more");
});

// --- shapes --------------------------------------------------------------------------------------------------------------

check("reshape keeps the order of the elements and finds out one size", () => {
  const x = build([2, 6], ([i, j]) => i * 6 + j);
  same(np.reshape(tensor(x), [3, -1]), { shape: [3, 4], data: x.data });
  same(np.reshape(tensor(x), -1), { shape: [12], data: x.data });
  same(np.reshape(np.zeros([0, 3]), [-1, 3]), { shape: [0, 3], data: [] });
  same(np.ravel(np.zeros([0, 3])), vector());
  refuses(() => np.reshape(tensor(x), [5, -1]), "ShapeError", "np.reshape", "-1", "f64[2,6]");
  refuses(() => np.reshape(tensor(x), [-1, -1]), "ShapeError", "one -1");
  refuses(() => np.reshape(np.zeros([0]), [-1, 0]), "ShapeError", "cannot be inferred");
  refuses(() => np.reshape(tensor(x), [5]), "ShapeError", "12 elements");
});

check("transpose, swapaxes and moveaxis permute the axes", () => {
  const anyPermuted = anyArray().chain((x) =>
    fc.tuple(fc.constant(x), fc.shuffledSubarray(range(x.shape.length), { minLength: x.shape.length })),
  );
  const permuted = (x: Plain, perm: readonly number[]): Plain =>
    build(
      perm.map((p) => x.shape[p]),
      (place) => {
        const own: number[] = [];
        perm.forEach((p, i) => {
          own[p] = place[i];
        });
        return at(x, own);
      },
    );
  property(anyPermuted, ([x, perm]) => {
    const negative = perm.map((p) => p - x.shape.length);
    same(np.transpose(tensor(x), perm), permuted(x, perm));
    same(np.transpose(tensor(x), negative), permuted(x, perm));
    same(np.transpose(tensor(x)), permuted(x, range(x.shape.length).reverse()));
    if (perm.length === 0) return;
    const [i, j] = [perm[0], perm[perm.length - 1]];
    const moved = range(x.shape.length).filter((a) => a !== i);
    moved.splice(j, 0, i);
    same(np.moveaxis(tensor(x), i, j - x.shape.length), permuted(x, moved), "moveaxis");
    const swapped = range(x.shape.length).map((a) => (a === i ? j : a === j ? i : a));
    same(np.swapaxes(tensor(x), i - x.shape.length, j), permuted(x, swapped), "swapaxes");
  });
  refuses(() => np.transpose(np.zeros([2, 3]), [0, 0]), "ShapeError", "permutation");
  refuses(() => np.moveaxis(np.zeros([2]), 1, 0), "ShapeError", "np.moveaxis", "axis 1 is out of range", "rank 1");
});

check("expandDims and squeeze put in axes of size 1 and take them out", () => {
  const x = np.zeros([2, 3]);
  assert.equal(np.expandDims(x, 0).shape, [1, 2, 3]);
  assert.equal(np.expandDims(x, -1).shape, [2, 3, 1]);
  assert.equal(np.expandDims(x, [0, 2, -1]).shape, [1, 2, 1, 3, 1]);
  const y = np.zeros([1, 2, 1]);
  assert.equal(np.squeeze(y).shape, [2]);
  assert.equal(np.squeeze(y, -1).shape, [1, 2]);
  assert.equal(np.squeeze(y, [0, 2]).shape, [2]);
  refuses(() => np.squeeze(y, 1), "ShapeError", "np.squeeze", "axis 1 is not of size 1");
  refuses(() => np.expandDims(x, [1, 1]), "ShapeError", "named twice");
  refuses(() => np.expandDims(x, 3), "ShapeError", "axis 3 is out of range");
});

check("broadcastTo repeats; what does not fit is refused", () => {
  const x = build([2, 1], ([i]) => i);
  same(
    np.broadcastTo(tensor(x), [3, 2, 2]),
    build([3, 2, 2], (p) => at(x, p)),
  );
  same(np.broadcastTo(5, [2]), vector(5, 5));
  refuses(() => np.broadcastTo(np.zeros([2]), [3]), "ShapeError", "broadcast");
  refuses(() => np.broadcastTo(np.zeros([2]), [1]), "ShapeError", "broadcast");
  refuses(() => np.broadcastTo(np.zeros([1, 2]), [2]), "ShapeError", "broadcast");
});

check("concatenate and stack join along any axis, with promotion", () => {
  const parts = anyArrayAndAxis.chain(({ x, axis, given }) =>
    fc.array(fc.nat({ max: 2 }), { minLength: 0, maxLength: 2 }).chain((sizes) =>
      fc.record({
        axis: fc.constant(axis),
        given: fc.constant(given),
        xs: fc.tuple(fc.constant(x), ...sizes.map((n) => anyPlain(x.shape.map((m, i) => (i === axis ? n : m))))),
      }),
    ),
  );
  property(parts, ({ axis, given, xs }) => {
    const owners = xs.flatMap((x, k) => range(x.shape[axis]).map((i) => [k, i]));
    const shape = xs[0].shape.map((n, a) => (a === axis ? owners.length : n));
    const want = build(shape, (place) => {
      const [k, i] = owners[place[axis]];
      return at(
        xs[k],
        place.map((p, a) => (a === axis ? i : p)),
      );
    });
    same(
      np.concatenate(
        xs.map((x) => tensor(x)),
        given,
      ),
      want,
    );
  });
  const [a, b] = [np.array([1, 2], { dtype: "int32" }), np.array([0.5, 1.5])];
  same(np.concatenate([a, b]), vector(1, 2, 0.5, 1.5), "", "float32");
  same(np.stack([a, b], -1), { shape: [2, 2], data: [1, 0.5, 2, 1.5] }, "", "float32");
  same(np.stack([1, 2, 3]), vector(1, 2, 3));
  refuses(() => np.concatenate([]), "ArgumentError", "np.concatenate", "empty");
  refuses(() => np.stack([]), "ArgumentError", "empty");
  refuses(() => np.concatenate([np.zeros([2, 3]), np.zeros([2, 2])]), "ShapeError", "f32[2,3]", "f32[2,2]");
  refuses(() => np.concatenate([a, np.zeros([1], "uint32")]), "DTypeError", "no common type");
  refuses(() => np.stack([a, np.zeros([3])]), "ShapeError");
});

// --- parts ---------------------------------------------------------------------------------------------------------------

/** The indices of Python's `range(n)[start:stop:step]`, from the definition of `slice.indices`. */
const pythonIndices = (n: number, start: number | null, stop: number | null, step: number): number[] => {
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const bound = (v: number | null, none: number): number =>
    v === null ? none : Math.min(Math.max(v < 0 ? v + n : v, low), high);
  const from = bound(start, step > 0 ? 0 : n - 1);
  const to = bound(stop, step > 0 ? n : -1);
  const out: number[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(i);
  return out;
};

/** The entries of `x` at these indices along each axis; an axis with a single number goes. */
const picked = (x: Plain, lists: readonly (number | readonly number[])[]): Plain => {
  const kept = lists.flatMap((l) => (typeof l === "number" ? [] : [l]));
  return build(
    kept.map((l) => l.length),
    (place) => {
      let next = 0;
      return at(
        x,
        lists.map((l) => (typeof l === "number" ? l : l[place[next++]])),
      );
    },
  );
};

check("slice is Python's, along every axis", () => {
  const bound = fc.option(fc.integer({ min: -5, max: 5 }), { nil: null });
  const step = fc.integer({ min: -3, max: 3 }).filter((k) => k !== 0);
  const part = fc.oneof(fc.constant(null), fc.tuple(bound, bound, step));
  property(
    anyArray(3).chain((x) => fc.tuple(fc.constant(x), fc.array(part, { maxLength: x.shape.length }))),
    ([x, parts]) => {
      const lists = x.shape.map((n, axis) => {
        const p = parts[axis] ?? null;
        return p === null ? range(n) : pythonIndices(n, p[0], p[1], p[2]);
      });
      same(np.slice(tensor(x), parts), picked(x, lists), JSON.stringify(parts));
    },
    300,
  );
});

check("a number in a slice takes one element and its axis goes", () => {
  const x = build([2, 3], ([i, j]) => i * 3 + j);
  same(np.slice(tensor(x), [1]), vector(3, 4, 5));
  same(np.slice(tensor(x), [null, -1]), vector(2, 5));
  same(np.slice(tensor(x), [-1, 0]), { shape: [], data: [3] });
  same(np.slice(tensor(x), [[1, null], 2]), vector(5));
  refuses(() => np.slice(tensor(x), [2]), "ShapeError", "np.slice", "no element 2 along axis 0", "-2 to 1");
  refuses(() => np.slice(tensor(x), [null, -4]), "ShapeError", "no element -4 along axis 1");
  refuses(() => np.slice(tensor(x), [null, null, null]), "ShapeError", "more parts than axes", "f64[2,3]");
  refuses(() => np.slice(tensor(x), [[0, 2, 0]]), "ArgumentError", "step");
  refuses(() => np.slice(tensor(x), [[0.5, 2]]), "ArgumentError", "integers");
  refuses(() => np.slice(np.zeros([0]), [0]), "ShapeError", "the axis is empty");
});

check("split gives equal parts, or those between indices as Python counts", () => {
  const cuts = fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 3 });
  property(fc.tuple(anyArrayAndAxis, cuts), ([{ x, axis, given }, indices]) => {
    const n = x.shape[axis];
    const parts = np.split(tensor(x), indices, given);
    [...indices, null].forEach((stop, i) => {
      const span = pythonIndices(n, i === 0 ? 0 : indices[i - 1], stop, 1);
      same(
        parts[i],
        picked(
          x,
          x.shape.map((m, a) => (a === axis ? span : range(m))),
        ),
        `part ${i} of ${indices}`,
      );
    });
  });
  const halves = np.split(f64(1, 2, 3, 4), 2);
  assert.equal(
    halves.map((h) => h.toArray()),
    [
      [1, 2],
      [3, 4],
    ],
  );
  refuses(() => np.split(f64(1, 2, 3), 2), "ShapeError", "np.split", "2 divides", "f64[3]");
  refuses(() => np.split(f64(1, 2), 0), "ShapeError", "np.split");
  refuses(() => np.split(f64(1, 2), -2), "ShapeError", "np.split");
});

check("flip, roll, pad and tile are what they are element by element", () => {
  const amounts = fc.record({
    shift: fc.integer({ min: -7, max: 7 }),
    low: fc.nat({ max: 2 }),
    high: fc.nat({ max: 2 }),
    times: fc.nat({ max: 2 }),
  });
  property(fc.tuple(anyArrayAndAxis, amounts), ([{ x, axis, given }, { shift, low, high, times }]) => {
    const n = x.shape[axis];
    const along = (f: (i: number) => number, size = n): Plain =>
      build(
        x.shape.map((m, a) => (a === axis ? size : m)),
        (p) => {
          const i = f(p[axis]);
          return i < 0 || i >= n
            ? 9
            : at(
                { shape: x.shape, data: x.data },
                p.map((v, a) => (a === axis ? i : v)),
              );
        },
      );
    same(
      np.flip(tensor(x), given),
      along((i) => n - 1 - i),
      "flip",
    );
    same(
      np.roll(tensor(x), shift, given),
      along((i) => (((i - shift) % n) + n) % n),
      "roll",
    );
    const widths = x.shape.map((_, a): [number, number] => (a === axis ? [low, high] : [0, 0]));
    // Places beside the axis are padding.
    same(
      np.pad(tensor(x), widths, { constantValues: 9 }),
      along((i) => (i - low < n ? i - low : -1), n + low + high),
      "pad",
    );
    const repeats = x.shape.map((_, a) => (a === axis ? times : 1));
    same(
      np.tile(tensor(x), repeats),
      along((i) => i % n, n * times),
      "tile",
    );
  });
  same(np.flip(tensor(build([2, 2], ([i, j]) => 2 * i + j))), { shape: [2, 2], data: [3, 2, 1, 0] });
  same(np.tile(f64(1, 2), [2, 2]), { shape: [2, 4], data: [1, 2, 1, 2, 1, 2, 1, 2] });
  same(np.tile(tensor({ shape: [2, 1], data: [1, 2] }), [2]), { shape: [2, 2], data: [1, 1, 2, 2] });
  refuses(() => np.pad(f64(1), [[-1, 0]]), "ShapeError");
  refuses(
    () =>
      np.pad(f64(1), [
        [0, 0],
        [1, 1],
      ]),
    "ShapeError",
  );
  refuses(() => np.pad(np.zeros([1], "int32"), [[1, 1]], { constantValues: 0.5 }), "DTypeError", "np.pad");
  refuses(() => np.roll(f64(1), 1, 1), "ShapeError", "np.roll", "axis 1 is out of range");
});

// --- indexing ------------------------------------------------------------------------------------------------------------

check("take reads along any axis; negative indices count from the end, others outside give NaN or the nearest", () => {
  const cases = anyArrayAndAxis.chain((a) =>
    fc.record({
      a: fc.constant(a),
      shape: anyShape(2),
      seed: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 9, maxLength: 9 }),
    }),
  );
  property(cases, ({ a: { x, axis, given }, shape, seed }) => {
    const n = x.shape[axis];
    if (n === 0) return;
    const indices: Plain = { shape, data: seed.slice(0, sizeOf(shape)) };
    const k = shape.length;
    const outShape = [...x.shape.slice(0, axis), ...shape, ...x.shape.slice(axis + 1)];
    const want = (index: (i: number) => number): Plain =>
      build(outShape, (p) => {
        const i = index(at(indices, p.slice(axis, axis + k)));
        return i < 0 || i >= n ? Number.NaN : at(x, [...p.slice(0, axis), i, ...p.slice(axis + k)]);
      });
    same(
      np.take(tensor(x), tensor(indices, "int32"), given),
      want((i) => (i < 0 ? i + n : i)),
      "fill",
    );
    same(
      np.take(tensor(x), tensor(indices, "int32"), given, "clip"),
      want((i) => Math.min(Math.max(i, 0), n - 1)),
      "clip",
    );
  });
  same(np.take(np.array([5, 6], { dtype: "int32" }), 1), { shape: [], data: [6] }, "", "int32");
  refuses(() => np.take(f64(1, 2), f64(0, 1)), "DTypeError", "np.take", "indices are not integers", "f64[2]");
  same(np.take(f64(1, 2), np.array([true, false])), { shape: [2], data: [2, 1] }, "bools are 0 and 1, as in JAX");
  refuses(() => np.take(f64(1, 2), 0.5), "DTypeError", "int32 cannot hold 0.5");
});

check("takeAlongAxis reads one index beside the others, which broadcast", () => {
  const x = build([2, 3], ([i, j]) => 10 * i + j);
  const indices = np.array(
    [
      [2, 0],
      [-1, 1],
    ],
    { dtype: "int32" },
  );
  same(np.takeAlongAxis(tensor(x), indices, 1), { shape: [2, 2], data: [2, 0, 12, 11] });
  same(np.takeAlongAxis(tensor(x), np.array([[1, 1]], { dtype: "int32" }), -1), {
    shape: [2, 2],
    data: [1, 1, 11, 11],
  });
  same(np.takeAlongAxis(tensor(x), np.array([[1, 0, 5]], { dtype: "int32" }), 0), {
    shape: [1, 3],
    data: [10, 1, Number.NaN],
  });
  refuses(() => np.takeAlongAxis(tensor(x), np.array([0], { dtype: "int32" }), 1), "ShapeError", "ranks differ");
  refuses(() => np.takeAlongAxis(tensor(x), f64(0), 1), "DTypeError", "np.takeAlongAxis");
});

check("functions that move elements have the derivatives of central differences", () => {
  const x = tensor(build([3, 4], ([i, j]) => Math.sin(4 * i + j)));
  const row = f64(0.2, -0.4, 0.6, 0.1);
  const ids = np.array(
    [
      [2, 0],
      [2, 1],
    ],
    { dtype: "int32" },
  );
  const table: Record<string, (a: Tensor, b: Tensor) => Tensor | Tensor[]> = {
    concatenate: (a, b) => np.concatenate([a, np.reshape(b, [1, 4]), np.square(a)]),
    stack: (a, b) => np.stack([b, np.square(b), np.slice(a, [1])], 1),
    slice: (a) =>
      np.slice(np.square(a), [
        [null, null, -2],
        [1, null],
      ]),
    split: (a) => np.split(np.square(a), [1, -1], 1),
    flip: (a) => np.multiply(np.flip(a, 0), a),
    roll: (a) => np.multiply(np.roll(a, 3, 1), a),
    pad: (a, b) =>
      np.pad(
        np.square(a),
        [
          [0, 1],
          [2, 0],
        ],
        { constantValues: np.sum(b) },
      ),
    tile: (a, b) => np.multiply(np.tile(b, [3, 1]), np.tile(a, [1, 1])),
    transpose: (a) => np.multiply(np.transpose(a), np.reshape(a, [4, 3])),
    broadcastTo: (a, b) => np.multiply(np.broadcastTo(b, [3, 4]), a),
    tril: (a) => np.square(np.tril(a, 1)),
    take: (a) => np.square(np.take(a, ids, 0)),
    takeClip: (a) => np.square(np.take(a, ids, 1, "clip")),
    takeAlongAxis: (a) =>
      np.square(
        np.takeAlongAxis(
          a,
          np.array(
            [
              [1, 1],
              [0, -1],
              [3, 2],
            ],
            { dtype: "int32" },
          ),
          1,
        ),
      ),
    full: (_a, b) => np.full([2, 4], np.square(b)),
  };
  for (const f of Object.values(table)) checkGrads(f, [x, row]);
});

Arrays.run();
