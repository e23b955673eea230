/** @file The WebAssembly code of many small products one after another, each of which fits one block: the loop costs more in JavaScript. */
import { countDown, type FunctionBuilder, i32, type Local } from "./assembler.js";

/** How A is read: in place by rows, in place by lanes, or packed first; see `Access` of the micro kernel. */
export const READS = ["rows", "lanes", "packed"] as const;
export type Read = (typeof READS)[number];

/** A product for each of `count` matrices: those of A, B and C lie `next` bytes apart. Strides in bytes. */
export type Batch = (
  ...args: [
    count: number,
    aNext: number,
    bNext: number,
    cNext: number,
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bRow: number,
    bCol: number,
    c: number,
    cRow: number,
    m: number,
    n: number,
    k: number,
    scratchA: number,
    scratchB: number,
    tile: number,
  ]
) => void;

export const BATCH_PARAMS = 18;

/** The functions that a batch calls. */
export interface Parts {
  readonly packA: FunctionBuilder;
  readonly packB: FunctionBuilder;
  readonly rows: FunctionBuilder;
  readonly lanes: FunctionBuilder;
}

/** Sizes of the micro kernel, in floats. */
interface Kernel {
  readonly rows: number;
  readonly columns: number;
}

const FLOAT = 4;

/** Defines a batch that reads A in one way, and B in place where `direct` is set (its columns are then contiguous, and fill panels). */
export const defineBatch = (
  fn: FunctionBuilder,
  { packA, packB, rows, lanes }: Parts,
  kernel: Kernel,
  read: Read,
  direct: boolean,
): void => {
  const [count, aNext, bNext, cNext, ...rest] = fn.params as readonly Local[];
  const [a, aRow, aStep, b, bRow, bCol, c, cRow, m, n, k, scratchA, scratchB, tile] = rest;
  const panelRow = i32.const(FLOAT * kernel.columns);
  const ofB = direct
    ? [b.get, bRow.get, panelRow]
    : [scratchB.get, panelRow, i32.mul(k.get, i32.const(FLOAT * kernel.columns))];
  const ofC = [c.get, cRow.get, m.get, n.get, k.get, i32.const(0), tile.get];
  const ofA =
    read === "packed"
      ? [scratchA.get, i32.const(FLOAT), i32.const(FLOAT * kernel.rows), i32.mul(k.get, i32.const(FLOAT * kernel.rows))]
      : [a.get, aRow.get, aStep.get, i32.mul(aRow.get, i32.const(kernel.rows))];
  fn.define(
    countDown(
      count,
      direct ? [] : packB.call(b.get, bRow.get, bCol.get, k.get, n.get, scratchB.get),
      read === "packed" ? packA.call(a.get, aStep.get, aRow.get, k.get, m.get, scratchA.get) : [],
      (read === "rows" ? rows : lanes).call(...ofA, ...ofB, ...ofC),
      a.advance(aNext.get),
      b.advance(bNext.get),
      c.advance(cNext.get),
    ),
  );
};
