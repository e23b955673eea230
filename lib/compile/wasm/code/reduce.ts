/**
 * @file Sums, maxima and minima of float32 on the WebAssembly heap, along one axis of `[outer, length, inner]`.
 *
 * Sums are taken in doubles and rounded once, as in `impl`. Maxima and minima let NaN win.
 */
import {
  type Code,
  countDown,
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32,
  instantiate,
  type Local,
  ModuleBuilder,
  v128,
  when,
} from "./assembler.js";

export type Reduction = "sum" | "max" | "min";

/** `out`, `x` (addresses), `outer`, `length`, `inner`. */
export type ReduceFunction = (out: number, x: number, outer: number, length: number, inner: number) => void;

/** A running result: doubles in two vectors for sums, floats in one otherwise. */
interface Accumulator {
  readonly registers: readonly Local[];
  readonly start: Code;
  /** Takes in four floats. */
  add(x: Local): Code;
  /** Four floats. */
  readonly value: Code;
  /** Takes in another one. */
  merge(other: Accumulator): Code;
  /** The result of all four, in lane 0. */
  readonly across: Code;
}

const START = { max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY } as const;

const swap = (x: Code): Code => v128.shuffle32(x, x, [2, 3, 0, 1]);

const sums = (fn: FunctionBuilder): Accumulator => {
  const [low, high] = [fn.local("v128"), fn.local("v128")];
  return {
    registers: [low, high],
    start: [low.set(v128.zero), high.set(v128.zero)],
    add: (x) => [
      low.set(f64x2.add(low.get, f64x2.fromF32(x.get))),
      high.set(f64x2.add(high.get, f64x2.fromF32(swap(x.get)))),
    ],
    merge: ({ registers: [l, h] }) => [low.set(f64x2.add(low.get, l.get)), high.set(f64x2.add(high.get, h.get))],
    value: v128.shuffle32(f32x4.fromF64(low.get), f32x4.fromF64(high.get), [0, 1, 4, 5]),
    across: [low.set(f64x2.add(low.get, high.get)), f32x4.fromF64(f64x2.add(low.get, swap(low.get)))],
  };
};

const extrema = (fn: FunctionBuilder, kind: "max" | "min"): Accumulator => {
  const best = fn.local("v128");
  const better = (x: Code): Code => f32x4[kind](best.get, x);
  return {
    registers: [best],
    start: best.set(f32x4.const(START[kind])),
    add: (x) => best.set(better(x.get)),
    merge: ({ registers: [other] }) => best.set(better(other.get)),
    value: best.get,
    across: [best.set(better(swap(best.get))), better(v128.shuffle32(best.get, best.get, [1, 0, 3, 2]))],
  };
};

const accumulator = (fn: FunctionBuilder, kind: Reduction): Accumulator =>
  kind === "sum" ? sums(fn) : extrema(fn, kind);

/** Vectors of columns taken at once: 16 floats are one cache line. */
const COLUMN_VECTORS = 4;

/** The module: exports `run`, a `ReduceFunction`. */
export const reduceModule = (kind: Reduction): ModuleBuilder => {
  const module = new ModuleBuilder();
  const fn = module.func(5, "run");
  const [out, x, outer, length, inner] = fn.params;
  const [p, base, left, columns, step, block] = Array.from({ length: 6 }, () => fn.local("i32"));
  const value = fn.local("v128");
  const all = Array.from({ length: COLUMN_VECTORS }, () => accumulator(fn, kind));
  const neutral = kind === "sum" ? v128.zero : f32x4.const(START[kind]);

  /** One row after the other, each to one number. */
  const rows: Code = countDown(
    outer,
    all.map((a) => a.start),
    left.set(i32.shrU(length.get, i32.const(4))),
    countDown(
      left,
      all.map((a, i) => [value.set(v128.load(x.get, 16 * i)), a.add(value)]),
      x.advance(i32.const(16 * COLUMN_VECTORS)),
    ),
    left.set(i32.shrU(i32.and(length.get, i32.const(15)), i32.const(2))),
    countDown(left, value.set(v128.load(x.get)), all[0].add(value), x.advance(i32.const(16))),
    left.set(i32.and(length.get, i32.const(3))),
    // A single element beside neutral ones.
    countDown(
      left,
      value.set(v128.shuffle32(v128.load32Zero(x.get), neutral, [0, 4, 4, 4])),
      all[1].add(value),
      x.advance(i32.const(4)),
    ),
    all.slice(1).map((a) => all[0].merge(a)),
    v128.store32(out.get, all[0].across),
    out.advance(i32.const(4)),
  );

  /** Down the columns, some vectors or one element at a time. */
  const down = (vectors: number): Code => [
    p.set(base.get),
    left.set(length.get),
    all.slice(0, Math.max(vectors, 1)).map((a) => a.start),
    countDown(
      left,
      vectors === 0
        ? [value.set(v128.load32Zero(p.get)), all[0].add(value)]
        : all.slice(0, vectors).map((a, i) => [value.set(v128.load(p.get, 16 * i)), a.add(value)]),
      p.advance(step.get),
    ),
    vectors === 0
      ? v128.store32(out.get, all[0].value)
      : all.slice(0, vectors).map((a, i) => v128.store(out.get, a.value, 16 * i)),
    out.advance(i32.const(Math.max(16 * vectors, 4))),
    base.advance(i32.const(Math.max(16 * vectors, 4))),
  ];
  const columnwise: Code = [
    step.set(i32.shl(inner.get, i32.const(2))),
    block.set(i32.mul(length.get, step.get)),
    countDown(
      outer,
      base.set(x.get),
      columns.set(i32.shrU(inner.get, i32.const(4))),
      countDown(columns, down(COLUMN_VECTORS)),
      columns.set(i32.shrU(i32.and(inner.get, i32.const(15)), i32.const(2))),
      countDown(columns, down(1)),
      columns.set(i32.and(inner.get, i32.const(3))),
      countDown(columns, down(0)),
      x.advance(block.get),
    ),
  ];
  fn.define(when(i32.eq(inner.get, i32.const(1)), rows, columnwise));
  return module;
};

/** Compiles a reduction on `memory`. */
export const reduceLoop = (memory: WebAssembly.Memory, kind: Reduction): ReduceFunction =>
  instantiate<{ run: ReduceFunction }>(reduceModule(kind), memory).run;
