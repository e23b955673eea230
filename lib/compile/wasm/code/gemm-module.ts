/**
 * @file The WebAssembly code of the matrix product: the micro kernel and the loop over one block.
 *
 * The scheme is that of Goto and van de Geijn. B is cut into panels of NR = 8 columns; the micro kernel holds MR x 8 sums in
 * registers and walks down k, taking one row of the panel and MR numbers of A at a time. SIMD lanes are columns of C, so
 * every sum is taken in the order of k, whatever the layout of the operands.
 *
 * @see K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008
 */
import {
  branchIf,
  type Code,
  countDown,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  instantiate,
  type Local,
  loop,
  ModuleBuilder,
  v128,
  when,
} from "./assembler.js";
import { BATCH_PARAMS, type Batch, defineBatch, READS, type Read } from "./gemm-batch.js";
import { definePack } from "./pack.js";

/** Rows of the micro kernel: its 8 vectors of sums, with operands and products, fit the 16 registers of x86-64. */
export const MR = 4;
/** Columns of the micro kernel, and the width of a packed panel of B. */
export const NR = 8;
/** Bytes of the tile through which a panel narrower than NR is stored. */
export const TILE_BYTES = 4 * NR;

/**
 * How the micro kernel reads A. `rows`: k is contiguous in memory, one pointer a row. `lanes`: the rows of one k are contiguous,
 * one pointer: transposed A, and packed A.
 */
type Access = "rows" | "lanes";

/** Element (kk, lane) at `src + kk * kStep + lane * laneStep` goes into dense panels; see `definePack`. */
type Pack = (src: number, kStep: number, laneStep: number, k: number, lanes: number, dst: number) => void;

/**
 * C = A . B, or C += A . B where `accumulate` is 1. Strides in bytes: `aGroup` between groups of MR rows, `bPanel` between panels
 * of NR columns, `aStep` and `bStep` between neighbours along k.
 */
type Block = (
  ...args: [
    a: number,
    aRow: number,
    aStep: number,
    aGroup: number,
    b: number,
    bStep: number,
    bPanel: number,
    c: number,
    cRow: number,
    m: number,
    n: number,
    k: number,
    accumulate: number,
    tile: number,
  ]
) => void;

export interface GemmExports {
  /** Packs rows of A into panels of MR. */
  readonly packA: Pack;
  /** Packs columns of B into panels of NR, the last one filled up with zeros. */
  readonly packB: Pack;
  /** A with contiguous k. */
  readonly rows: Block;
  /** A with contiguous rows. */
  readonly lanes: Block;
  /** Many small products, with B packed for each. */
  readonly batches: Readonly<Record<Read, Batch>>;
  /** The same with B read in place. */
  readonly directBatches: Readonly<Record<Read, Batch>>;
}

const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));

type Params<Names extends string> = Readonly<Record<Names, Local>>;
const named = <const Names extends readonly string[]>(fn: FunctionBuilder, names: Names): Params<Names[number]> =>
  Object.fromEntries(names.map((name, i) => [name, fn.params[i]])) as Params<Names[number]>;

const COLUMN = [
  "a",
  "aRow",
  "aStep",
  "aGroup",
  "b",
  "bStep",
  "c",
  "cRow",
  "groups",
  "cols",
  "k",
  "accumulate",
  "tile",
] as const;

/** One panel of B against `groups` groups of `height` rows of A. */
const defineColumn = (fn: FunctionBuilder, height: number, access: Access): void => {
  const { a, aRow, aStep, aGroup, b, bStep, c, cRow, groups, cols, k, accumulate, tile } = named(fn, COLUMN);
  const rows = times(access === "rows" ? height : 1, () => fn.local("i32"));
  const [pb, pc, left, from, to] = times(5, () => fn.local("i32")) as [Local, Local, Local, Local, Local];
  const sums = times(height, () => [fn.local("v128"), fn.local("v128")] as const);
  const [b0, b1, x] = times(3, () => fn.local("v128")) as [Local, Local, Local];

  const loadA = (i: number): Code =>
    access === "rows" ? v128.load32Splat((rows[i] as Local).get) : v128.load32Splat((rows[0] as Local).get, 4 * i);
  const step: Code = [
    b0.set(v128.load(pb.get)),
    b1.set(v128.load(pb.get, 16)),
    pb.advance(bStep.get),
    sums.map(([s0, s1], i) => [
      x.set(loadA(i)),
      s0.set(f32x4.add(s0.get, f32x4.mul(x.get, b0.get))),
      s1.set(f32x4.add(s1.get, f32x4.mul(x.get, b1.get))),
    ]),
    access === "rows" ? rows.map((p) => p.advance(i32.const(4))) : (rows[0] as Local).advance(aStep.get),
  ];

  const addTo = (old: Code, sum: Local): Code => f32x4.add(old, sum.get);
  const storeRow = ([s0, s1]: readonly [Local, Local]): Code =>
    when(
      accumulate.get,
      [v128.store(pc.get, addTo(v128.load(pc.get), s0)), v128.store(pc.get, addTo(v128.load(pc.get, 16), s1), 16)],
      [v128.store(pc.get, s0.get), v128.store(pc.get, s1.get, 16)],
    );
  // A row of fewer than NR columns goes by the tile, so that nothing outside C is written.
  const storePartialRow = ([s0, s1]: readonly [Local, Local]): Code => [
    v128.store(tile.get, s0.get),
    v128.store(tile.get, s1.get, 16),
    from.set(tile.get),
    to.set(pc.get),
    left.set(cols.get),
    countDown(
      left,
      when(
        accumulate.get,
        f32.store(to.get, f32.add(f32.load(to.get), f32.load(from.get))),
        f32.store(to.get, f32.load(from.get)),
      ),
      from.advance(i32.const(4)),
      to.advance(i32.const(4)),
    ),
  ];
  const storeRows = (one: typeof storeRow): Code => sums.map((row) => [one(row), pc.advance(cRow.get)]);

  fn.define(
    pc.set(c.get),
    countDown(
      groups,
      rows.map((p, i) => p.set(i === 0 ? a.get : i32.add((rows[i - 1] as Local).get, aRow.get))),
      pb.set(b.get),
      sums.flat().map((s) => s.set(v128.zero)),
      // Not unrolled: V8 of Node 20 then spills registers, and takes half as long again.
      left.set(k.get),
      countDown(left, step),
      when(i32.eq(cols.get, i32.const(NR)), storeRows(storeRow), storeRows(storePartialRow)),
      a.advance(aGroup.get),
    ),
  );
};

const BLOCK = [
  "a",
  "aRow",
  "aStep",
  "aGroup",
  "b",
  "bStep",
  "bPanel",
  "c",
  "cRow",
  "m",
  "n",
  "k",
  "accumulate",
  "tile",
] as const;

/** All panels of B against all rows of A; `columns[h]` is the column function of height h. */
const defineBlock = (fn: FunctionBuilder, columns: ReadonlyMap<number, FunctionBuilder>): void => {
  const { a, aRow, aStep, aGroup, b, bStep, bPanel, c, cRow, m, n, k, accumulate, tile } = named(fn, BLOCK);
  const [cols, groups, rest, aRest, cRest] = times(5, () => fn.local("i32")) as [Local, Local, Local, Local, Local];
  const column = (height: number, aAt: Local, cAt: Local, count: Code): Code =>
    (columns.get(height) as FunctionBuilder).call(
      ...[aAt, aRow, aStep, aGroup, b, bStep, cAt, cRow].map((l) => l.get),
      ...[count, cols.get, k.get, accumulate.get, tile.get],
    );
  fn.define(
    groups.set(i32.shrU(m.get, i32.const(2))),
    rest.set(i32.and(m.get, i32.const(MR - 1))),
    aRest.set(i32.add(a.get, i32.mul(groups.get, aGroup.get))),
    loop(
      cols.set(i32.const(NR)),
      when(i32.ltS(n.get, i32.const(NR)), cols.set(n.get)),
      column(MR, a, c, groups.get),
      cRest.set(i32.add(c.get, i32.mul(i32.mul(groups.get, cRow.get), i32.const(MR)))),
      times(MR - 1, (i) => when(i32.eq(rest.get, i32.const(i + 1)), column(i + 1, aRest, cRest, i32.const(1)))),
      b.advance(bPanel.get),
      c.advance(i32.const(4 * NR)),
      n.advance(i32.const(-NR)),
      branchIf(i32.gtS(n.get, i32.const(0)), 0),
    ),
  );
};

const nameOfBatch = (read: Read, direct: boolean): string => `batch ${read}${direct ? " direct" : ""}`;

const gemmModule = (): ModuleBuilder => {
  const module = new ModuleBuilder();
  const [packA, packB] = [module.func(6, "packA"), module.func(6, "packB")];
  definePack(packA, MR);
  definePack(packB, NR);
  const [rows, lanes] = (["rows", "lanes"] as const).map((access) => {
    const columns = new Map(times(MR, (i) => [i + 1, module.func(COLUMN.length)]));
    for (const [height, fn] of columns) defineColumn(fn, height, access);
    const block = module.func(BLOCK.length, access);
    defineBlock(block, columns);
    return block;
  });
  for (const read of READS) {
    for (const direct of [false, true]) {
      const fn = module.func(BATCH_PARAMS, nameOfBatch(read, direct));
      defineBatch(fn, { packA, packB, rows, lanes }, { rows: MR, columns: NR }, read, direct);
    }
  }
  return module;
};

/** The functions of the product on a memory. */
export const gemmExports = (memory: WebAssembly.Memory): GemmExports => {
  const exports = instantiate<Omit<GemmExports, "batches" | "directBatches"> & Readonly<Record<string, Batch>>>(
    gemmModule(),
    memory,
  );
  const batches = (direct: boolean) =>
    Object.fromEntries(READS.map((read) => [read, exports[nameOfBatch(read, direct)]])) as Record<Read, Batch>;
  return { ...exports, batches: batches(false), directBatches: batches(true) };
};
