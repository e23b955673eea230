/** @file Products of vectors and matrices, einsum and norms. */
import { broadcastShapes, normalizeAxis, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as d from "../primitives/dot.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import { iota } from "../primitives/movement.js";
import { promoteDType, promoteFloat } from "./promote.js";
import { type ReduceOptions, reduceWith } from "./reduce.js";

/** Two operands of one dtype, ranks untouched. */
const pair = (where: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] => {
  const [a, c] = promoteDType(where, [x, y]);
  return [a, c];
};

const sizes = (where: string, x: Tensor, y: Tensor): never => {
  throw new ShapeError({
    where,
    what: "contracting sizes differ",
    expected: "lhs[-1] = rhs[-2] (or the only axis of a vector)",
    got: `lhs ${x.aval}, rhs ${y.aval}`,
  });
};

/** Matrix product with broadcast leading axes; vectors as in NumPy. */
export const matmul = composite("np.matmul", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.matmul", x, y);
  if (a.ndim === 0 || c.ndim === 0) {
    throw new ShapeError({
      where: "np.matmul",
      what: "a scalar is no matrix",
      expected: "rank 1 or more",
      got: `${a.aval}, ${c.aval}`,
    });
  }
  const rhsAxis = c.ndim === 1 ? 0 : c.ndim - 2;
  if (a.shape[a.ndim - 1] !== c.shape[rhsAxis]) sizes("np.matmul", a, c);
  if (c.ndim <= 2) {
    return d.dotGeneral(a, c, { lhsContract: [a.ndim - 1], rhsContract: [rhsAxis], lhsBatch: [], rhsBatch: [] });
  }
  const left = a.ndim === 1 ? b.reshape(a, [1, a.size]) : a;
  const batch = broadcastShapes("np.matmul", left.shape.slice(0, -2), c.shape.slice(0, -2));
  const z = d.batchMatMul(
    b.broadcastTo(left, [...batch, ...left.shape.slice(-2)]),
    b.broadcastTo(c, [...batch, ...c.shape.slice(-2)]),
  );
  return a.ndim === 1 ? b.reshape(z, [...batch, c.shape[c.ndim - 1]]) : z;
});

/** NumPy's dot: the last axis of `x` with the second to last of `y`; scalars multiply. */
export const dot = composite("np.dot", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.dot", x, y);
  if (a.ndim === 0 || c.ndim === 0) return e.mul(a, c);
  const rhsAxis = c.ndim === 1 ? 0 : c.ndim - 2;
  if (a.shape[a.ndim - 1] !== c.shape[rhsAxis]) sizes("np.dot", a, c);
  return d.dotGeneral(a, c, { lhsContract: [a.ndim - 1], rhsContract: [rhsAxis], lhsBatch: [], rhsBatch: [] });
});
/** `x[i] * y[j]` of the flattened operands. */
export const outer = composite("np.outer", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.outer", x, y);
  return e.mul(b.reshape(a, [a.size, 1]), b.reshape(c, [1, c.size]));
});
/** Contracts the last `axes` axes of `x` with the first of `y`, or the listed ones. */
export const tensordot = composite(
  "np.tensordot",
  (x: TensorLike, y: TensorLike, axes: number | readonly [readonly number[], readonly number[]] = 2): Tensor => {
    const [a, c] = pair("np.tensordot", x, y);
    const [l, r] = typeof axes === "number" ? [range(axes).map((i) => i - axes), range(axes)] : axes;
    const of = (t: Tensor, list: readonly number[]): number[] =>
      list.map((axis) => normalizeAxis("np.tensordot", axis, t.ndim));
    return d.dotGeneral(a, c, { lhsContract: of(a, l), rhsContract: of(c, r), lhsBatch: [], rhsBatch: [] });
  },
);

/** The Euclidean norm over `axis` (default: of all elements). */
export const norm = composite("np.norm", (x: TensorLike, options: ReduceOptions = {}): Tensor => {
  const [t] = promoteFloat("np.norm", x);
  return reduceWith("np.norm", t, options, (y, axes) => m.sqrt(b.reduceSum(e.mul(y, y), axes)));
});

// --- einsum --------------------------------------------------------------------------------------------------------------

/** An operand and the letter of each of its axes. */
interface Term {
  readonly x: Tensor;
  readonly labels: string;
}

const bad = (spec: string, what: string, got: string): never => {
  throw new ShapeError({ where: "np.einsum", what, expected: `operands that fit "${spec}"`, got });
};

/** Repeated letters of one operand become its diagonal; letters that nothing else needs are summed. */
const prepare = (term: Term, needed: ReadonlySet<string>): Term => {
  let { x, labels } = term;
  for (const letter of new Set(labels)) {
    for (let j = labels.lastIndexOf(letter); j !== labels.indexOf(letter); j = labels.lastIndexOf(letter)) {
      const i = labels.indexOf(letter);
      const n = x.shape[i];
      const shape = x.shape.map((_, axis) => (axis === i || axis === j ? n : 1));
      // Selected, not multiplied: an infinity beside the diagonal must not come in as 0 times infinity.
      x = b.reduceSum(e.select(b.reshape(eyeOf(n), shape), x, e.zeroLike(x)), [j]);
      labels = labels.slice(0, j) + labels.slice(j + 1);
    }
  }
  const extra = range(labels.length).filter((i) => !needed.has(labels[i]));
  return { x: b.reduceSum(x, extra), labels: [...labels].filter((l) => needed.has(l)).join("") };
};

const eyeOf = (n: number): Tensor => e.eq(iota([n, n], "int32", 0), iota([n, n], "int32", 1));

/** The product of two terms: letters that are still needed and shared are batch axes, shared ones that are not are summed. */
const contract = (left: Term, right: Term, needed: ReadonlySet<string>): Term => {
  const shared = [...left.labels].filter((l) => right.labels.includes(l));
  const batch = shared.filter((l) => needed.has(l));
  const summed = shared.filter((l) => !needed.has(l));
  const at = (t: Term, letters: readonly string[]): number[] => letters.map((l) => t.labels.indexOf(l));
  const x = d.dotGeneral(left.x, right.x, {
    lhsContract: at(left, summed),
    rhsContract: at(right, summed),
    lhsBatch: at(left, batch),
    rhsBatch: at(right, batch),
  });
  const free = (t: Term): string[] => [...t.labels].filter((l) => !shared.includes(l));
  return { x, labels: [...batch, ...free(left), ...free(right)].join("") };
};

/**
 * Einstein summation: `"ij,jk->ik"` and the like, any number of operands, contracted from left to right.
 *
 * Without an arrow the letters that occur once make the result, in alphabetical order.
 * @throws {ShapeError} when operands do not fit the letters
 * @see NumPy's `einsum` (no ellipsis)
 * @example np.einsum("bqhd,bkhd->bhqk", q, k)
 */
export const einsum = composite("np.einsum", (spec: string, ...operands: readonly TensorLike[]): Tensor => {
  const [left, arrow] = spec.replaceAll(" ", "").split("->");
  const inputs = left.split(",");
  if (inputs.length !== operands.length) bad(spec, "the number of operands differs", `${operands.length} operands`);
  const xs = promoteDType("np.einsum", operands);
  const size = new Map<string, number>();
  const terms = xs.map((x, i): Term => {
    const labels = inputs[i];
    if (!/^[A-Za-z]*$/.test(labels)) bad(spec, "only letters name axes", labels);
    if (labels.length !== x.ndim) bad(spec, `operand ${i} has another rank`, `${x.aval} for "${labels}"`);
    [...labels].forEach((l, axis) => {
      const before = size.get(l);
      if (before !== undefined && before !== x.shape[axis])
        bad(spec, `sizes of "${l}" differ`, `${before} and ${x.shape[axis]}`);
      size.set(l, x.shape[axis]);
    });
    return { x, labels };
  });
  const letters = [...inputs.join("")];
  const output =
    arrow ??
    [...new Set(letters)]
      .filter((l) => letters.filter((k) => k === l).length === 1)
      .sort()
      .join("");
  for (const l of output) if (!size.has(l)) bad(spec, `"${l}" names no axis of an operand`, output);
  if (new Set(output).size !== output.length) bad(spec, "a letter occurs twice in the result", output);
  const neededAfter = (i: number): Set<string> => new Set([...output, ...inputs.slice(i + 1).join("")]);
  let acc: Term = prepare(terms[0], neededAfter(0));
  terms.slice(1).forEach((term, i) => {
    const needed = neededAfter(i + 1);
    acc = contract(acc, prepare(term, new Set([...needed, ...acc.labels])), needed);
    acc = prepare(acc, needed);
  });
  return b.transpose(
    acc.x,
    [...output].map((l) => acc.labels.indexOf(l)),
  );
});
