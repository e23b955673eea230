import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { range } from "../../lib/core/aval.js";
import type { Tensor, TensorLike } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import type { ReduceOptions } from "../../lib/np/reduce.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { grad } from "../../lib/transforms/grad.js";
import {
  anyArray,
  anyArrayAndAxis,
  at,
  build,
  onReference,
  type Plain,
  places,
  property,
  refuses,
  same,
  tensor,
  vector,
} from "./oracle.js";

const Reduce = suite("np/reduce");
const check = onReference(Reduce);

const { NaN: nan } = Number;
const f64 = (...data: number[]): Tensor => tensor(vector(...data));
const i32 = (...data: number[]): Tensor => np.array(data, { dtype: "int32" });

/** The lists of elements that a reduction over `axes` makes numbers of. */
const groups = (x: Plain, axes: readonly number[], keepDims: boolean): { shape: number[]; lists: number[][] } => {
  const kept = range(x.shape.length).filter((a) => !axes.includes(a));
  const inner = places(axes.map((a) => x.shape[a]));
  const lists = places(kept.map((a) => x.shape[a])).map((outer) =>
    inner.map((p) => {
      const place: number[] = [];
      kept.forEach((a, i) => {
        place[a] = outer[i];
      });
      axes.forEach((a, i) => {
        place[a] = p[i];
      });
      return at(x, place);
    }),
  );
  return { shape: x.shape.flatMap((n, a) => (!axes.includes(a) ? [n] : keepDims ? [1] : [])), lists };
};

const total = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);
const average = (v: readonly number[]): number => total(v) / v.length;
const spread = (v: readonly number[], ddof: number): number =>
  v.length > ddof ? total(v.map((y) => (y - average(v)) ** 2)) / (v.length - ddof) : Number.NaN;

/** An array, some of its axes (any order and sign; undefined: all), keepDims. */
const anyReduction = anyArray().chain((x) =>
  fc.record({
    x: fc.constant(x),
    axis: fc.option(
      fc
        .subarray(range(x.shape.length))
        .chain((axes) => fc.tuple(...axes.map((a) => fc.constantFrom(a, a - x.shape.length)))),
      { nil: undefined },
    ),
    keepDims: fc.boolean(),
  }),
);

check("reductions are the functions of all elements over the axes named", () => {
  const table: Record<string, [(x: TensorLike, o: ReduceOptions) => Tensor, (v: readonly number[]) => number]> = {
    sum: [np.sum, total],
    mean: [np.mean, average],
    variance: [np.variance, (v) => spread(v, 0)],
    "variance, ddof 1": [(x, o) => np.variance(x, { ...o, ddof: 1 }), (v) => spread(v, 1)],
    std: [np.std, (v) => Math.sqrt(spread(v, 0))],
    prod: [np.prod, (v) => v.reduce((a, b) => a * b, 1)],
    all: [np.all, (v) => Number(v.every((y) => y !== 0))],
    any: [np.any, (v) => Number(v.some((y) => y !== 0))],
    max: [np.max, (v) => Math.max(...v)],
    min: [np.min, (v) => Math.min(...v)],
    logsumexp: [np.logsumexp, (v) => Math.log(total(v.map(Math.exp)))],
  };
  property(anyReduction, ({ x, axis, keepDims }) => {
    const axes = (axis ?? range(x.shape.length)).map((a) => (a < 0 ? a + x.shape.length : a)).sort((a, b) => a - b);
    const { shape, lists } = groups(x, axes, keepDims);
    for (const [name, [f, g]] of Object.entries(table)) {
      const reduce = (): Tensor => f(tensor(x), { axis, keepDims });
      const none = axes.some((a) => x.shape[a] === 0);
      if (none && (name === "max" || name === "min")) refuses(reduce, "ShapeError", `np.${name}`, "no elements");
      else same(reduce(), { shape, data: lists.map(g) }, name);
    }
  });
});

check("one axis may be a number; wrong ones are refused by name", () => {
  const x = np.zeros([2, 3]);
  assert.equal(np.sum(x, { axis: -1 }).shape, [2]);
  for (const [f, name] of [
    [np.sum, "np.sum"],
    [np.max, "np.max"],
    [np.prod, "np.prod"],
    [np.any, "np.any"],
    [np.logsumexp, "np.logsumexp"],
  ] as const) {
    refuses(() => f(x, { axis: 2 }), "ShapeError", name, "axis 2 is out of range", "-2 to 1");
    refuses(() => f(x, { axis: [0, -2] }), "ShapeError", name, "named twice");
    refuses(() => f(x, { axis: 0.5 }), "ArgumentError", name, "integer");
  }
  refuses(() => np.sum(np.scalar(1), { axis: 0 }), "ShapeError", "this is a scalar");
});

check("NaN and infinities go through, dtypes stay", () => {
  same(np.max(f64(1, nan, 3)), { shape: [], data: [nan] });
  same(np.min(f64(nan, -Infinity)), { shape: [], data: [nan] });
  same(np.max(f64(-Infinity, -Infinity)), { shape: [], data: [-Infinity] });
  same(np.sum(f64(Infinity, -Infinity)), { shape: [], data: [nan] });
  same(np.any(f64(nan, 0)), { shape: [], data: [1] }, "", "bool");
  same(np.max(i32(-(2 ** 31), -5)), { shape: [], data: [-5] }, "", "int32");
  same(np.sum(i32(2 ** 31 - 1, 1)), { shape: [], data: [-(2 ** 31)] }, "an int32 sum wraps", "int32");
  same(np.prod(i32(3, -4)), { shape: [], data: [-12] }, "", "int32");
  same(np.any(5), { shape: [], data: [1] });
});

check("logsumexp does not overflow and knows infinities", () => {
  const cases: [number[], number][] = [
    [[1000, 1000], 1000 + Math.LN2],
    [[-1000, -1000], -1000 + Math.LN2],
    [[-Infinity, 2], 2],
    [[Infinity, 2], Infinity],
    [[Infinity, -Infinity], Infinity],
    [[-Infinity, -Infinity], -Infinity],
    [[nan, 0], nan],
    [[], -Infinity],
  ];
  for (const [v, want] of cases) same(np.logsumexp(f64(...v)), { shape: [], data: [want] }, `${v}`);
  // An entry of -inf takes no part, also in the derivative.
  same(grad((x: Tensor) => np.logsumexp(x))(f64(-Infinity, 0, 0)), vector(0, 0.5, 0.5));
  checkGrads((x: Tensor) => np.logsumexp(x, { axis: 0 }), [tensor(build([3, 2], ([i, j]) => i * j - 1))], { order: 3 });
});

/** Each line of `x` along `axis`, replaced by `f` of it. */
const lines = (x: Plain, axis: number, f: (line: number[]) => number[]): Plain => {
  const n = x.shape[axis];
  return build(
    x.shape,
    (p) =>
      f(
        range(n).map((i) =>
          at(
            x,
            p.map((v, a) => (a === axis ? i : v)),
          ),
        ),
      )[p[axis]],
  );
};
const running =
  (f: (a: number, b: number) => number) =>
  (line: number[]): number[] => {
    const out: number[] = [];
    for (const v of line) out.push(out.length === 0 ? v : f(out[out.length - 1], v));
    return out;
  };

check("running sums, products and extrema along an axis, or flattened without one", () => {
  const table: Record<string, [(x: TensorLike, o?: { axis?: number }) => Tensor, (line: number[]) => number[]]> = {
    cumsum: [np.cumsum, running((a, b) => a + b)],
    "cumsum in reverse": [
      (x, o) => np.cumsum(x, { ...o, reverse: true }),
      (l) => running((a, b) => a + b)(l.reverse()).reverse(),
    ],
    cumprod: [np.cumprod, running((a, b) => a * b)],
    cummax: [np.cummax, running(Math.max)],
    cummin: [np.cummin, running(Math.min)],
  };
  property(anyArrayAndAxis, ({ x, axis, given }) => {
    const flat: Plain = { shape: [x.data.length], data: x.data };
    for (const [name, [f, g]] of Object.entries(table)) {
      same(f(tensor(x), { axis: given }), lines(x, axis, g), name);
      same(f(tensor(x)), lines(flat, 0, g), `${name}, flattened`);
    }
  });
  same(np.cummax(f64(1, nan, 3)), vector(1, nan, nan));
  same(np.cummax(i32(-5, -7, 2)), vector(-5, -5, 2), "", "int32");
  same(np.cumprod(i32(2, 3, -4)), vector(2, 6, -24), "", "int32");
  same(np.cummin(np.array([3, 5], { dtype: "uint32" })), vector(3, 3), "", "uint32");
});

/** Ascending with NaN last, and stable. */
const ranked = (line: readonly number[]): number[] =>
  range(line.length).sort((p, q) => {
    const [a, b] = [line[p], line[q]];
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || (a < b ? -1 : a > b ? 1 : 0) || p - q;
  });
const anySortable = anyArrayAndAxis.chain((a) =>
  fc.array(fc.boolean(), { minLength: a.x.data.length, maxLength: a.x.data.length }).map((holes) => ({
    ...a,
    x: { shape: a.x.shape, data: a.x.data.map((v, i) => (holes[i] && i % 3 === 0 ? nan : v)) },
  })),
);

check("sort and argsort are ascending and stable with NaN last", () => {
  property(anySortable, ({ x, axis, given }) => {
    same(
      np.sort(tensor(x), given),
      lines(x, axis, (l) => ranked(l).map((i) => l[i])),
      "sort",
    );
    same(np.argsort(tensor(x), given), lines(x, axis, ranked), "argsort", "int32");
  });
  same(np.sort(np.array([2 ** 32 - 1, 0, 5], { dtype: "uint32" })), vector(0, 5, 2 ** 32 - 1), "", "uint32");
  same(np.argsort(f64(Infinity, nan, -Infinity)), vector(2, 0, 1));
  refuses(() => np.sort(np.scalar(1)), "ShapeError", "np.sort", "scalar");
});

check("argmax and argmin give the first best, NaN before all", () => {
  const first =
    (better: (a: number, b: number) => boolean) =>
    (v: readonly number[]): number => {
      const hole = v.findIndex(Number.isNaN);
      return hole >= 0 ? hole : v.reduce((best, y, i) => (better(y, v[best]) ? i : best), 0);
    };
  const table = { argmax: [np.argmax, first((a, b) => a > b)], argmin: [np.argmin, first((a, b) => a < b)] } as const;
  property(anySortable, ({ x, axis, given }) => {
    for (const [name, [f, g]] of Object.entries(table)) {
      for (const keepDims of [false, true]) {
        const found = (): Tensor => f(tensor(x), { axis: given, keepDims });
        if (x.shape[axis] === 0) refuses(found, "ShapeError", "no elements");
        else {
          const { shape, lists } = groups(x, [axis], keepDims);
          same(found(), { shape, data: lists.map(g) }, name, "int32");
        }
      }
      if (x.data.length > 0) same(f(tensor(x)), { shape: [], data: [g(x.data)] }, `${name}, flattened`);
    }
  });
  same(np.argmax(np.array([false, true, true])), { shape: [], data: [1] });
  same(np.argmax(tensor(build([2, 2], ([i, j]) => i + j)), { keepDims: true }), { shape: [1, 1], data: [3] });
});

check("topK gives the largest in descending order, equal ones by lower index, of every dtype", () => {
  property(fc.tuple(anySortable, fc.nat({ max: 3 })), ([{ x }, k]) => {
    const axis = x.shape.length - 1;
    const n = x.shape[axis];
    const best = (): [Tensor, Tensor] => np.topK(tensor(x), k);
    if (k > n) return refuses(best, "ShapeError", "np.topK", `k from 0 to ${n}`);
    const rest = groups(x, [axis], false);
    // Largest first; the order of equal ones is that of their indices.
    const order = rest.lists.map((l) => {
      const up = ranked(l.slice().reverse()).map((i) => n - 1 - i);
      return up.reverse().slice(0, k);
    });
    const shape = [...rest.shape, k];
    const [values, indices] = best();
    same(values, { shape, data: order.flatMap((o, i) => o.map((j) => rest.lists[i][j])) }, "values");
    same(indices, { shape, data: order.flat() }, "indices", "int32");
  });
  const [values, indices] = np.topK(f64(3, 7, nan, 7, 1), 4);
  same(values, vector(nan, 7, 7, 3));
  same(indices, vector(2, 1, 3, 0));
  same(np.topK(np.array([0, 2 ** 32 - 1, 5], { dtype: "uint32" }), 2)[0], vector(2 ** 32 - 1, 5), "", "uint32");
  same(np.topK(i32(5, -(2 ** 31), 7), 3)[0], vector(7, 5, -(2 ** 31)), "", "int32");
  refuses(() => np.topK(np.scalar(1), 1), "ShapeError", "np.topK");
});

check("the derivative of a product is right where elements are zero", () => {
  // d prod / dx_i is the product of the others: with one zero only its own is not zero, with two all are.
  for (const v of [[2, 3, 4], [0, 3, 4], [2, 0, 0], [0, 0, 0], [5], [1.5, -2, 0, 3, 2]]) {
    const others = v.map((_, i) => v.filter((_w, j) => j !== i).reduce((a, b) => a * b, 1));
    same(grad((x: Tensor) => np.prod(x))(f64(...v)), vector(...others), `${v}`);
    checkGrads((x: Tensor) => np.prod(x), [f64(...v)]);
    checkGrads((x: Tensor) => np.cumprod(x), [f64(...v)]);
  }
});

check("reductions have the derivatives of central differences", () => {
  const x = tensor(build([3, 4], ([i, j]) => Math.sin(4 * i + j)));
  const table: Record<string, (a: Tensor) => Tensor | Tensor[]> = {
    sum: (a) => np.square(np.sum(a, { axis: 0, keepDims: true })),
    mean: (a) => np.square(np.mean(a, { axis: -1 })),
    variance: (a) => np.variance(a, { axis: 1, ddof: 1 }),
    std: (a) => np.std(a, { axis: 0 }),
    max: (a) => np.square(np.max(a, { axis: 1 })),
    min: (a) => np.square(np.min(a, { axis: [0, 1] })),
    prod: (a) => np.prod(a, { axis: 0 }),
    cumsum: (a) => np.square(np.cumsum(a, { axis: 1, reverse: true })),
    cumprod: (a) => np.cumprod(a, { axis: 0 }),
    cummax: (a) => np.square(np.cummax(a, { axis: 1 })),
    cummin: (a) => np.square(np.cummin(a)),
    sort: (a) => np.square(np.sort(a, 0)),
    topK: (a) => np.square(np.topK(a, 2)[0]),
  };
  for (const f of Object.values(table)) checkGrads(f, [x]);
  same(grad((a: Tensor) => np.max(a))(f64(2, 5, 5, 1, 5)), vector(0, 1 / 3, 1 / 3, 0, 1 / 3), "ties share");
});

Reduce.run();
