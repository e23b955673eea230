/**
 * @file Elementwise loops on the WebAssembly heap, one small module for each function and way of reading its operands.
 *
 * After neighbouring axes are joined, the last axis of an operand is contiguous or a single element that is repeated. The module
 * runs over rows of that axis, four elements at a time and the rest one by one, so that nothing beyond an array is touched.
 */
import { type DType, itemBytes } from "../../core/aval.js";
import { type Code, countDown, i32, i32x4, instantiate, type Local, ModuleBuilder, v128 } from "./assembler.js";
import type { LaneFunction } from "./functions.js";

/** How an operand is read along the last axis. */
export interface Operand {
  readonly dtype: DType;
  readonly repeated: boolean;
}

/** Addresses and strides in bytes: out, rows, length of a row, then for each operand its address and the stride of its rows. */
export type RowsFunction = (...args: number[]) => void;

const loadFour = (dtype: DType, p: Local): Code =>
  dtype === "bool" ? i32x4.ne(i32x4.fromBytes(v128.load32Zero(p.get)), v128.zero) : v128.load(p.get);
const loadOne = (dtype: DType, p: Local): Code =>
  dtype === "bool" ? i32x4.ne(v128.load8Splat(p.get), v128.zero) : v128.load32Splat(p.get);

/** The module of a function: exports `run`, a `RowsFunction`. */
export const elementwiseModule = (f: LaneFunction, operands: readonly Operand[], result: DType): ModuleBuilder => {
  const module = new ModuleBuilder();
  const fn = module.func(3 + 2 * operands.length, "run");
  const [out, rows, length] = fn.params;
  const left = fn.local("i32");
  const value = fn.local("v128");
  const inputs = operands.map((operand, i) => ({
    ...operand,
    row: fn.params[3 + 2 * i],
    stride: fn.params[4 + 2 * i],
    p: fn.local("i32"),
    x: fn.local("v128"),
  }));
  const moving = inputs.filter((input) => !input.repeated);
  const values = inputs.map((input) => input.x);
  const one = result === "bool" ? i32x4.const(0x01010101) : [];

  const step = (count: 1 | 4): Code => {
    const load = count === 4 ? loadFour : loadOne;
    const computed = value.set(f(fn, values));
    const store: Code =
      result === "bool"
        ? (count === 4 ? v128.store32 : v128.store8)(out.get, v128.and(i32x4.toBytes(value), one))
        : (count === 4 ? v128.store : v128.store32)(out.get, value.get);
    return [
      moving.map(({ dtype, p, x }) => [x.set(load(dtype, p)), p.advance(i32.const(count * itemBytes(dtype)))]),
      computed,
      store,
      out.advance(i32.const(count * itemBytes(result))),
    ];
  };

  fn.define(
    countDown(
      rows,
      inputs.map(({ repeated, dtype, row, p, x }) => [p.set(row.get), repeated ? x.set(loadOne(dtype, row)) : []]),
      left.set(i32.shrU(length.get, i32.const(2))),
      countDown(left, step(4)),
      left.set(i32.and(length.get, i32.const(3))),
      countDown(left, step(1)),
      inputs.map(({ row, stride }) => row.advance(stride.get)),
    ),
  );
  return module;
};

/** Compiles a loop on `memory`. */
export const elementwiseLoop = (
  memory: WebAssembly.Memory,
  f: LaneFunction,
  operands: readonly Operand[],
  result: DType,
): RowsFunction => instantiate<{ run: RowsFunction }>(elementwiseModule(f, operands, result), memory).run;
