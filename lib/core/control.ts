/**
 * @file Control flow as data: the parameters of the primitives that run jaxprs, which every executor must know.
 *
 * Their jaxprs have no constants: what a body closes over comes in as leading inputs that are the same in every turn.
 */
import type { Jaxpr } from "./jaxpr.js";

/**
 * `(consts, init, xs) -> (carry, ys)`: in turn `i` the jaxpr takes the constants, the carry and row `i` of every `xs`, and gives the next
 * carry and row `i` of every `ys`.
 */
export interface ScanParams {
  readonly jaxpr: Jaxpr;
  readonly numConsts: number;
  readonly numCarry: number;
  readonly length: number;
  /** From the last row to the first. */
  readonly reverse: boolean;
  /** How many turns a compiler writes out in a row. */
  readonly unroll: number;
}

/** `(condConsts, bodyConsts, init) -> carry`: `carry = body(bodyConsts, carry)` while `cond(condConsts, carry)`. */
export interface WhileParams {
  readonly cond: Jaxpr;
  readonly body: Jaxpr;
  readonly condConsts: number;
  readonly bodyConsts: number;
}

/** `(index, operands) -> outs`: the branch of that number, or of the nearest one there is. */
export interface CondParams {
  readonly branches: readonly Jaxpr[];
}

/** The parts of what a scan takes, or of anything that goes with it one by one. */
export const scanParts = <T>(
  { numConsts, numCarry }: Pick<ScanParams, "numConsts" | "numCarry">,
  list: readonly T[],
): { consts: readonly T[]; carry: readonly T[]; xs: readonly T[] } => ({
  consts: list.slice(0, numConsts),
  carry: list.slice(numConsts, numConsts + numCarry),
  xs: list.slice(numConsts + numCarry),
});

/** The parts of what a while takes. */
export const whileParts = <T>(
  { condConsts, bodyConsts }: Pick<WhileParams, "condConsts" | "bodyConsts">,
  list: readonly T[],
): { condConsts: readonly T[]; bodyConsts: readonly T[]; carry: readonly T[] } => ({
  condConsts: list.slice(0, condConsts),
  bodyConsts: list.slice(condConsts, condConsts + bodyConsts),
  carry: list.slice(condConsts + bodyConsts),
});

/** The branch that an index stands for. */
export const branchAt = (branches: readonly Jaxpr[], index: number): number =>
  Math.min(Math.max(index, 0), branches.length - 1);
