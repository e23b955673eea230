/**
 * @file Elementwise loops on the WebAssembly heap, one small module for each computation and way of reading its operands.
 *
 * After neighbouring axes are joined, the last axis of an operand is contiguous or a single element that is repeated. The module
 * runs over rows of that axis, four elements at a time and the rest one by one, so that nothing beyond an array is touched.
 */
import { type DType, itemBytes } from "../../../core/aval.js";
import {
  type Code,
  countDown,
  type FunctionBuilder,
  i32,
  i32x4,
  instantiate,
  type Local,
  ModuleBuilder,
  v128,
} from "./assembler.js";
import type { LaneFunction } from "./functions.js";

/** How an operand is read along the last axis. */
export interface Operand {
  readonly dtype: DType;
  readonly repeated: boolean;
  /** Whether it is one element for all rows, which is then read once. */
  readonly scalar?: boolean;
}

/** Addresses and strides in bytes: the results, rows, length of a row, then for each operand its address and the stride of its rows. */
export type RowsFunction = (...args: number[]) => void;

/** What is computed on four lanes: what comes before the loop, what is done for each vector, and the locals that then hold the results. */
export interface Lanes {
  readonly before: Code;
  readonly code: Code;
  readonly results: readonly Local[];
}
export type LanesOf = (fn: FunctionBuilder, operands: readonly Local[]) => Lanes;

/** One function by itself. */
export const single =
  (f: LaneFunction): LanesOf =>
  (fn, operands) => {
    const value = fn.local("v128");
    return { before: [], code: value.set(f(fn, operands)), results: [value] };
  };

const loadFour = (dtype: DType, p: Local): Code =>
  dtype === "bool" ? i32x4.ne(i32x4.fromBytes(v128.load32Zero(p.get)), v128.zero) : v128.load(p.get);
const loadOne = (dtype: DType, p: Local): Code =>
  dtype === "bool" ? i32x4.ne(v128.load8Splat(p.get), v128.zero) : v128.load32Splat(p.get);

const storeLanes = (dtype: DType, p: Local, value: Local, count: 1 | 4): Code =>
  dtype === "bool"
    ? (count === 4 ? v128.store32 : v128.store8)(p.get, v128.and(i32x4.toBytes(value), i32x4.const(0x01010101)))
    : (count === 4 ? v128.store : v128.store32)(p.get, value.get);

/** The module of a computation: exports `run`, a `RowsFunction`. */
export const lanesModule = (f: LanesOf, operands: readonly Operand[], results: readonly DType[]): ModuleBuilder => {
  const module = new ModuleBuilder();
  const fn = module.func(results.length + 2 + 2 * operands.length, "run");
  const outs = results.map((dtype, i) => ({ dtype, p: fn.params[i] }));
  const [rows, length, ...pairs] = fn.params.slice(results.length);
  const left = fn.local("i32");
  const inputs = operands.map((operand, i) => ({
    ...operand,
    row: pairs[2 * i],
    stride: pairs[2 * i + 1],
    p: fn.local("i32"),
    x: fn.local("v128"),
  }));
  const scalars = inputs.filter(({ scalar }) => scalar === true);
  const walked = inputs.filter(({ scalar }) => scalar !== true);
  const moving = walked.filter(({ repeated }) => !repeated);
  const lanes = f(
    fn,
    inputs.map(({ x }) => x),
  );

  const step = (count: 1 | 4): Code => {
    const load = count === 4 ? loadFour : loadOne;
    return [
      moving.map(({ dtype, p, x }) => [x.set(load(dtype, p)), p.advance(i32.const(count * itemBytes(dtype)))]),
      lanes.code,
      outs.map(({ dtype, p }, i) => [
        storeLanes(dtype, p, lanes.results[i], count),
        p.advance(i32.const(count * itemBytes(dtype))),
      ]),
    ];
  };

  fn.define(
    scalars.map(({ dtype, row, x }) => x.set(loadOne(dtype, row))),
    lanes.before,
    countDown(
      rows,
      walked.map(({ repeated, dtype, row, p, x }) => (repeated ? x.set(loadOne(dtype, row)) : p.set(row.get))),
      left.set(i32.shrU(length.get, i32.const(2))),
      countDown(left, step(4)),
      left.set(i32.and(length.get, i32.const(3))),
      countDown(left, step(1)),
      walked.map(({ row, stride }) => row.advance(stride.get)),
    ),
  );
  return module;
};

/** Compiles a loop on `memory` for a computation with several results. */
export const lanesLoop = (
  memory: WebAssembly.Memory,
  f: LanesOf,
  operands: readonly Operand[],
  results: readonly DType[],
): RowsFunction => instantiate<{ run: RowsFunction }>(lanesModule(f, operands, results), memory).run;

/** Compiles a loop on `memory` for one function. */
export const elementwiseLoop = (
  memory: WebAssembly.Memory,
  f: LaneFunction,
  operands: readonly Operand[],
  result: DType,
): RowsFunction => lanesLoop(memory, single(f), operands, [result]);
