/** @file How transpose, broadcast, slice and reverse read their operand: strides and a first element, for every kind of copy. */
import { type Shape, stridesOf } from "../../core/aval.js";
import type { Params } from "../../core/primitive.js";

/** Which element of the operand each element of the result is, in elements. */
export interface View {
  readonly from: number[];
  /** The operand's element that comes first; 0 when left out. */
  readonly start?: number;
}
export type ViewOf = (shape: Shape, out: Shape, params: Params) => View;

/** The element at `index` of an array with these strides. */
export const dotOf = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, n, i) => sum + n * strides[i], 0);

const transpose: ViewOf = (shape, _out, params) => {
  const own = stridesOf(shape);
  return { from: (params.perm as readonly number[]).map((p) => own[p]) };
};

const broadcast: ViewOf = (shape, out, params) => {
  const own = stridesOf(shape);
  const dims = params.dims as readonly number[];
  return {
    from: out.map((n, axis) => {
      const i = dims.indexOf(axis);
      return i < 0 || (shape[i] === 1 && n !== 1) ? 0 : own[i];
    }),
  };
};

const slice: ViewOf = (shape, _out, params) => {
  const own = stridesOf(shape);
  const steps = params.strides as readonly number[];
  return { from: own.map((s, i) => s * steps[i]), start: dotOf(params.start as readonly number[], own) };
};

const reverse: ViewOf = (shape, _out, params) => {
  const own = stridesOf(shape);
  const axes = params.axes as readonly number[];
  return {
    from: own.map((s, i) => (axes.includes(i) ? -s : s)),
    start: axes.reduce((sum, axis) => sum + (shape[axis] - 1) * own[axis], 0),
  };
};

/** The views by primitive. */
export const VIEWS = { transpose, broadcast, slice, reverse };
