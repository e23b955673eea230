/**
 * @file WebAssembly loops that copy 4-byte elements between two strided arrays of rank 4.
 *
 * All have the same two outer loops and differ in the plane inside, whose second dimension is the inner one.
 */
import { type Code, countDown, type FunctionBuilder, i32, type Local, type ModuleBuilder, v128 } from "./assembler.js";
import { transposeBlock } from "./pack.js";

/** Sizes in elements, then strides of the source and of the destination in bytes, outermost dimension first. */
export type CopyLoop = (src: number, dst: number, ...sizesAndStrides: number[]) => void;

/** What the plane looks like; strides in elements. */
export interface CopyExports {
  /** Both inner strides are 1. */
  readonly copyRows: CopyLoop;
  /** The inner stride is 0 in the source and 1 in the destination. */
  readonly copyFill: CopyLoop;
  /** The source is contiguous along the first dimension, the destination along the second. */
  readonly copyTransposed: CopyLoop;
  /** Any strides. */
  readonly copyAny: CopyLoop;
}

const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));
const ELEMENT = i32.const(4);
const VECTOR = i32.const(16);

interface Plane {
  readonly src: Local;
  readonly dst: Local;
}

interface Sizes {
  readonly n: readonly Local[];
  readonly s: readonly Local[];
  readonly d: readonly Local[];
}

type EmitPlane = (fn: FunctionBuilder, plane: Plane, sizes: Sizes) => Code;

const define = (fn: FunctionBuilder, emit: EmitPlane): void => {
  const [src, dst] = fn.params as [Local, Local];
  const [n, s, d] = [2, 6, 10].map((at) => fn.params.slice(at, at + 4)) as [Local[], Local[], Local[]];
  const [outer, middle, p, q, planeSrc, planeDst] = times(6, () => fn.local("i32")) as [
    ...[Local, Local, Local, Local, Local, Local],
  ];
  const at = (list: readonly Local[], i: number): Code => (list[i] as Local).get;
  fn.define(
    outer.set(at(n, 0)),
    countDown(
      outer,
      p.set(src.get),
      q.set(dst.get),
      middle.set(at(n, 1)),
      countDown(
        middle,
        planeSrc.set(p.get),
        planeDst.set(q.get),
        emit(fn, { src: planeSrc, dst: planeDst }, { n, s, d }),
        p.advance(at(s, 1)),
        q.advance(at(d, 1)),
      ),
      src.advance(at(s, 0)),
      dst.advance(at(d, 0)),
    ),
  );
};

/** A plane by rows; `row(p, q, left)` copies one, from p to q. */
const byRows =
  (row: (p: Local, q: Local, left: Local, sizes: Sizes, fn: FunctionBuilder) => Code): EmitPlane =>
  (fn, { src, dst }, sizes) => {
    const [rows, p, q, left] = times(4, () => fn.local("i32")) as [Local, Local, Local, Local];
    return [
      rows.set((sizes.n[2] as Local).get),
      countDown(
        rows,
        p.set(src.get),
        q.set(dst.get),
        row(p, q, left, sizes, fn),
        src.advance((sizes.s[2] as Local).get),
        dst.advance((sizes.d[2] as Local).get),
      ),
    ];
  };

const vectorsThenRest = (left: Local, length: Local, vector: Code, rest: Code): Code => [
  left.set(i32.shrU(length.get, i32.const(2))),
  countDown(left, vector),
  left.set(i32.and(length.get, i32.const(3))),
  countDown(left, rest),
];

const rowCopy = byRows((p, q, left, { n }) =>
  vectorsThenRest(
    left,
    n[3] as Local,
    [v128.store(q.get, v128.load(p.get)), p.advance(VECTOR), q.advance(VECTOR)],
    [i32.store(q.get, i32.load(p.get)), p.advance(ELEMENT), q.advance(ELEMENT)],
  ),
);

const rowFill = byRows((p, q, left, { n }, fn) => {
  const x = fn.local("v128");
  return [
    x.set(v128.load32Splat(p.get)),
    vectorsThenRest(
      left,
      n[3] as Local,
      [v128.store(q.get, x.get), q.advance(VECTOR)],
      [i32.store(q.get, i32.load(p.get)), q.advance(ELEMENT)],
    ),
  ];
});

const rowAny = byRows((p, q, left, { n, s, d }) => [
  left.set((n[3] as Local).get),
  countDown(left, i32.store(q.get, i32.load(p.get)), p.advance((s[3] as Local).get), q.advance((d[3] as Local).get)),
]);

/** Blocks of 4 x 4 by vectors, what remains at the two edges one element at a time. */
const transposed: EmitPlane = (fn, { src, dst }, { n, s, d }) => {
  const [n2, n3, s3, d2] = [n[2], n[3], s[3], d[2]] as [Local, Local, Local, Local];
  const [rows, cols, p, q, to, from, count] = times(7, () => fn.local("i32")) as [
    ...[Local, Local, Local, Local, Local, Local, Local],
  ];
  const vectors = times(4, () => fn.local("v128"));
  const scratch = times(4, () => fn.local("v128"));
  const block: Code = [
    vectors.map((v) => [v.set(v128.load(p.get)), p.advance(s3.get)]),
    to.set(q.get),
    transposeBlock(vectors, scratch, (_, row) => [v128.store(to.get, row), to.advance(d2.get)]),
    q.advance(VECTOR),
  ];
  const restColumn: Code = [
    from.set(p.get),
    to.set(q.get),
    times(4, () => [i32.store(to.get, i32.load(from.get)), from.advance(ELEMENT), to.advance(d2.get)]),
    p.advance(s3.get),
    q.advance(ELEMENT),
  ];
  const begin: Code = [p.set(src.get), q.set(dst.get)];
  return [
    rows.set(i32.shrU(n2.get, i32.const(2))),
    countDown(
      rows,
      begin,
      vectorsThenRest(cols, n3, block, restColumn),
      src.advance(VECTOR),
      dst.advance(i32.shl(d2.get, i32.const(2))),
    ),
    rows.set(i32.and(n2.get, i32.const(3))),
    countDown(
      rows,
      begin,
      count.set(n3.get),
      countDown(count, i32.store(q.get, i32.load(p.get)), p.advance(s3.get), q.advance(ELEMENT)),
      src.advance(ELEMENT),
      dst.advance(d2.get),
    ),
  ];
};

const PARAMS = 14;

/** Adds the loops of `CopyExports` to a module. */
export const addCopyLoops = (module: ModuleBuilder): void => {
  define(module.func(PARAMS, "copyRows"), rowCopy);
  define(module.func(PARAMS, "copyFill"), rowFill);
  define(module.func(PARAMS, "copyTransposed"), transposed);
  define(module.func(PARAMS, "copyAny"), rowAny);
};
