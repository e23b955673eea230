/** @file Staging a function of a carry: a weak carry takes the dtype that the function gives it, and any other change is an error. */
import { type Aval, isFloat, isInteger, sameShape } from "../core/aval.js";
import { DTypeError, isFluxionError, ShapeError } from "../core/errors.js";
import { pathsOf, printPath, type TreeDef } from "../core/pytree.js";
import { inlineCalls } from "../core/rewrite.js";
import { type Staged, stage } from "../core/stage.js";
import { Literal, literal, type Tensor } from "../core/tensor.js";
import { convert } from "../primitives/elementwise.js";
import type { LikeTensors } from "./trees.js";

/** The elements of a list, inferred for a pair `[carry, y]`, that may be the carry; a tuple in it is inferred as a list. */
type CarryIn<R extends readonly unknown[], I> = Extract<
  R[number],
  LikeTensors<I> | (I extends readonly (infer E)[] ? readonly LikeTensors<E>[] : never)
>;
/** What remains of them for the second; where both have one type, that. */
export type YIn<R extends readonly unknown[], I> =
  Exclude<R[number], CarryIn<R, I>> extends infer Y ? ([Y] extends [never] ? R[number] : Y) : never;
/** Unknown for a list, not a tuple, that may hold the carry; else never. */
export type PairAsList<R extends readonly unknown[], I> = number extends R["length"]
  ? [CarryIn<R, I>] extends [never]
    ? never
    : unknown
  : never;

/** A tensor of the same value and the dtype of `aval`. */
const converted = (where: string, x: Tensor, { dtype, weak }: Aval): Tensor => {
  if (!(x instanceof Literal)) return convert(x, dtype);
  return weak ? new Literal(x.value, dtype, true) : literal(where, x.value, dtype);
};

/** The aval that a carry starts with when the function gives `out` for it. */
const promoted = (init: Tensor, aval: Aval, out: Aval): Aval => {
  if (!aval.weak || !sameShape(aval.shape, out.shape)) return aval;
  if (out.weak) return isInteger(aval.dtype) && isFloat(out.dtype) ? out : aval;
  const whole = init instanceof Literal && Number.isInteger(init.value) && isInteger(out.dtype);
  return isFloat(out.dtype) || whole ? out : aval;
};

const checkCarry = (where: string, def: TreeDef, expected: readonly Aval[], got: readonly Aval[]): void => {
  const bad = expected.findIndex((a, i) => a.dtype !== got[i].dtype || !sameShape(a.shape, got[i].shape));
  if (bad < 0) return;
  const mismatch = {
    where,
    what: "the function changes the type of the carry",
    expected: `${expected[bad]}, as it came in`,
    got: `${got[bad]}`,
    at: printPath(pathsOf(def)[bad], "carry"),
  };
  if (!sameShape(expected[bad].shape, got[bad].shape)) {
    throw new ShapeError({ ...mismatch, hint: "every turn must give a carry of the shapes it takes" });
  }
  throw new DTypeError({ ...mismatch, hint: "give the initial carry this dtype, or convert with np.astype" });
};

/** A staged function of a carry, and the carry it starts with. */
export interface CarryStaged extends Staged {
  readonly init: readonly Tensor[];
}

/**
 * Stages `f`, which takes the leaves of a carry and tensors of `rest`, and gives the leaves of the next carry and more.
 *
 * @param def  the structure of the carry, for messages
 * @throws {ShapeError | DTypeError} naming the path where the carry changes, and both avals
 */
export const stageWithCarry = (
  where: string,
  f: (...xs: Tensor[]) => readonly Tensor[],
  init: readonly Tensor[],
  def: TreeDef,
  rest: readonly Aval[],
): CarryStaged => {
  let avals = init.map((x) => x.aval);
  for (;;) {
    const current = avals;
    const call = (...xs: Tensor[]): readonly Tensor[] => {
      const outs = f(...xs);
      if (!Array.isArray(outs)) return outs;
      return outs.map((y: Tensor, i) =>
        i < current.length && y.aval.weak && !current[i].weak && y.dtype === current[i].dtype ? convert(y, y.dtype) : y,
      );
    };
    const { jaxpr, consts } = stage(where, call, [...current, ...rest]);
    const outs = jaxpr.outAvals.slice(0, current.length);
    avals = current.map((a, i) => promoted(init[i], a, outs[i]));
    if (avals.some((a, i) => !a.equals(current[i]))) continue;
    checkCarry(where, def, avals, outs);
    return {
      jaxpr: inlineCalls(jaxpr),
      consts,
      init: init.map((x, i) => (avals[i].equals(x.aval) ? x : converted(where, x, avals[i]))),
    };
  }
};

/** A number without a fraction, as an integer that yields to its partner. */
const asInteger = (x: Tensor): Tensor =>
  x instanceof Literal && x.aval.weak && Number.isInteger(x.value) ? new Literal(x.value, "int32", true) : x;

/**
 * `staged(init)`; where integers refuse the numbers of `init`, which may have a fraction in a later turn, once more with those that are whole
 * as integers.
 */
export const numbersThatFit = <T>(init: readonly Tensor[], staged: (init: readonly Tensor[]) => T): T => {
  try {
    return staged(init);
  } catch (refused) {
    const whole = init.map(asInteger);
    if (!isFluxionError(refused, "DTypeError") || whole.every((x, i) => x === init[i])) throw refused;
    try {
      return staged(whole);
    } catch {
      throw refused;
    }
  }
};
