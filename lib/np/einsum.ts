/** @file Einstein summation: letters are parsed, operands contracted two at a time by the product of two tensors. */

import { range, type Shape, sizeOf } from "../core/aval.js";
import { composite, takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as d from "../primitives/dot.js";
import * as e from "../primitives/elementwise.js";
import { iota } from "../primitives/movement.js";
import { convertTo, noBool, promoteDType } from "./promote.js";

/** The name of an axis: a letter, or `…k` for the `k`-th axis from the end of what an ellipsis stands for. */
type Label = string;

const bad = (spec: string, what: string, expected: string, got: string): never => {
  throw new ShapeError({ where: "np.einsum", what, expected, got: `${got}, in "${spec}"` });
};

// --- the letters ---------------------------------------------------------------------------------------------------------

/** The labels of an operand of `rank` axes; of the result, whose ellipsis stands for `rank` axes more than its letters. */
const labelsOf = (spec: string, text: string, who: string, rank: number): Label[] => {
  const [before, after, more] = text.split("...");
  const letters = [...before, ...(after ?? "")];
  if (more !== undefined || letters.some((l) => !/[A-Za-z]/.test(l))) {
    bad(spec, "only letters and one ellipsis name axes", 'letters and at most one "..."', `"${text}" of ${who}`);
  }
  const hidden = rank - letters.length;
  if (after === undefined ? hidden !== 0 : hidden < 0) {
    bad(
      spec,
      `${who} has another rank`,
      `rank ${letters.length}${after === undefined ? "" : " or more"} for "${text}"`,
      `rank ${rank}`,
    );
  }
  return [...before, ...range(hidden).map((i) => `…${hidden - 1 - i}`), ...(after ?? "")];
};

/** What a spec says of operands of these shapes. */
interface Parsed {
  readonly inputs: readonly (readonly Label[])[];
  readonly output: readonly Label[];
  readonly size: ReadonlyMap<Label, number>;
}

const parse = (spec: string, shapes: readonly Shape[]): Parsed => {
  const [left, arrow, more] = spec.replaceAll(" ", "").split("->");
  const texts = left.split(",");
  if (more !== undefined) bad(spec, "there are two arrows", "one arrow or none", spec);
  if (texts.length !== shapes.length) {
    bad(spec, "the number of operands differs", `${texts.length} operands`, `${shapes.length}`);
  }
  const inputs = texts.map((text, i) => labelsOf(spec, text, `operand ${i}`, shapes[i].length));
  const size = new Map<Label, number>();
  const first = new Map<Label, string>();
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const [n, before] = [shapes[i][axis], size.get(label)];
      // An axis of size 1 fits every other.
      if (before !== undefined && before !== n && before !== 1 && n !== 1) {
        const here = `${n} at axis ${axis} of operand ${i}`;
        bad(spec, `sizes of "${label}" differ`, "one size for each letter", `${first.get(label)} and ${here}`);
      }
      if (before !== undefined && (before !== 1 || n === 1)) return;
      size.set(label, n);
      first.set(label, `${n} at axis ${axis} of operand ${i}`);
    });
  });
  return { inputs, output: outputOf(spec, arrow, inputs, size), size };
};

const outputOf = (
  spec: string,
  arrow: string | undefined,
  inputs: readonly (readonly Label[])[],
  size: ReadonlyMap<Label, number>,
): readonly Label[] => {
  const all = inputs.flat();
  const hidden = [...size.keys()].filter((l) => l.startsWith("…")).length;
  if (arrow === undefined) {
    const letters = [...size.keys()].filter((l) => !l.startsWith("…") && all.filter((k) => k === l).length === 1);
    return [...range(hidden).map((i) => `…${hidden - 1 - i}`), ...letters.sort()];
  }
  const letters = arrow.replace("...", "").length;
  const output = labelsOf(spec, arrow, "the result", letters + (arrow.includes("...") ? hidden : 0));
  for (const l of output) {
    if (!size.has(l))
      bad(spec, `"${l}" names no axis of an operand`, "letters of operands in the result", `"${arrow}"`);
  }
  if (new Set(output).size !== output.length) {
    bad(spec, "a letter occurs twice in the result", "different letters", `"${arrow}"`);
  }
  return output;
};

// --- contraction ---------------------------------------------------------------------------------------------------------

/** An operand, or a product of some, and the label of each of its axes. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly Label[];
}

const eyeOf = (n: number): Tensor => e.eq(iota([n, n], "int32", 0), iota([n, n], "int32", 1));

/** Axes of size 1 that fit a larger size are dropped: they are the same for all of it. */
const dropSingles = ({ x, labels }: Term, size: ReadonlyMap<Label, number>): Term => {
  const kept = range(labels.length).filter((i) => x.shape[i] === size.get(labels[i]));
  return {
    x: b.reshape(
      x,
      kept.map((i) => x.shape[i]),
    ),
    labels: kept.map((i) => labels[i]),
  };
};

/** Repeated labels become a diagonal, labels that nothing else needs are summed. */
const prepare = (term: Term, needed: ReadonlySet<Label>): Term => {
  let { x, labels } = term;
  for (const label of new Set(labels)) {
    for (let j = labels.lastIndexOf(label); j !== labels.indexOf(label); j = labels.lastIndexOf(label)) {
      const i = labels.indexOf(label);
      const n = x.shape[i];
      const shape = x.shape.map((_, axis) => (axis === i || axis === j ? n : 1));
      // Selected, not multiplied: an infinity beside the diagonal must not come in as 0 times infinity.
      x = b.reduceSum(e.select(b.reshape(eyeOf(n), shape), x, e.zeroLike(x)), [j]);
      labels = labels.filter((_, axis) => axis !== j);
    }
  }
  const extra = range(labels.length).filter((i) => !needed.has(labels[i]));
  return { x: b.reduceSum(x, extra), labels: labels.filter((l) => needed.has(l)) };
};

/** The labels of a product: shared ones that are needed (in the order of the result), then those of one side alone. */
const productLabels = (left: readonly Label[], right: readonly Label[], batch: readonly Label[]): Label[] => [
  ...batch,
  ...left.filter((l) => !right.includes(l)),
  ...right.filter((l) => !left.includes(l)),
];

/** The product of two terms: labels that are still needed and shared are batch axes, shared ones that are not are summed. */
const contract = (one: Term, two: Term, needed: ReadonlySet<Label>, output: readonly Label[]): Term => {
  const shared = one.labels.filter((l) => two.labels.includes(l));
  const batch = shared.filter((l) => needed.has(l)).sort((p, q) => output.indexOf(p) - output.indexOf(q));
  const summed = shared.filter((l) => !needed.has(l));
  // The side whose letters come first in the result is the left one: no axis needs to be moved afterwards.
  const swapped = productLabels(two.labels, one.labels, batch).every((l, i) => l === output[i]);
  const [left, right] = swapped ? [two, one] : [one, two];
  const at = (t: Term, labels: readonly Label[]): number[] => labels.map((l) => t.labels.indexOf(l));
  const x = d.dotGeneral(left.x, right.x, {
    lhsContract: at(left, summed),
    rhsContract: at(right, summed),
    lhsBatch: at(left, batch),
    rhsBatch: at(right, batch),
  });
  return { x, labels: productLabels(left.labels, right.labels, batch) };
};

/** The labels that are needed when the terms `i` and `j` are one. */
const neededBeside = (
  terms: readonly (readonly Label[])[],
  pair: readonly number[],
  output: readonly Label[],
): ReadonlySet<Label> => new Set([...output, ...terms.filter((_, k) => !pair.includes(k)).flat()]);

/**
 * Which two of the terms to contract first: the pair whose product is smallest compared with its operands, and of those the one
 * that takes the fewest products (the greedy rule of opt_einsum, Smith and Gray 2018).
 */
const nextPair = (
  terms: readonly (readonly Label[])[],
  output: readonly Label[],
  size: ReadonlyMap<Label, number>,
): readonly [number, number] => {
  const volume = (labels: Iterable<Label>): number => sizeOf([...new Set(labels)].map((l) => size.get(l) as number));
  let best: { pair: readonly [number, number]; growth: number; work: number } | undefined;
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const all = [...terms[i], ...terms[j]];
      const needed = neededBeside(terms, [i, j], output);
      const growth = volume(all.filter((l) => needed.has(l))) - volume(terms[i]) - volume(terms[j]);
      const work = volume(all);
      if (best === undefined || growth < best.growth || (growth === best.growth && work < best.work)) {
        best = { pair: [i, j], growth, work };
      }
    }
  }
  return best?.pair ?? [0, 1];
};

/** The pairs in order. A contracted pair leaves the list and its product joins the end. */
const pathOf = ({ inputs, output, size }: Parsed): (readonly [number, number])[] => {
  let terms = inputs.map((labels) => [...new Set(labels)]);
  const path: (readonly [number, number])[] = [];
  while (terms.length > 1) {
    const pair = nextPair(terms, output, size);
    const needed = neededBeside(terms, pair, output);
    const product = [...new Set([...terms[pair[0]], ...terms[pair[1]]])].filter((l) => needed.has(l));
    path.push(pair);
    terms = [...terms.filter((_, k) => !pair.includes(k)), product];
  }
  return path;
};

/**
 * Einstein summation: an axis for each letter, products of the operands, sums over the letters that the result does not have.
 *
 * `"ij,jk->ik"` is the matrix product, `"ii->i"` a diagonal, `"...ij->...ji"` a transpose with any leading axes (those of several
 * operands broadcast). Without an arrow the result has the axes of the ellipsis, then the letters that occur once, in alphabetical
 * order. Axes of size 1 fit every size. More than two operands are contracted in the order of `einsumPath`.
 * @throws {ShapeError} that names the operand and the letter when operands do not fit
 * @see `jax.numpy.einsum`; lists of integers instead of letters are not taken
 * @example np.einsum("bqhd,bkhd->bhqk", q, k)
 */
export const einsum = composite(
  "np.einsum(spec, ...operands)",
  (spec: string, ...operands: readonly TensorLike[]): Tensor => {
    const given = promoteDType("np.einsum", operands);
    const bools = given.every((x) => x.dtype === "bool");
    const xs = given.map((x) => noBool("np.einsum", x));
    const parsed = parse(
      spec,
      xs.map((x) => x.shape),
    );
    const { output, size } = parsed;
    let terms = xs.map((x, i) => dropSingles({ x, labels: parsed.inputs[i] }, size));
    const labels = (): (readonly Label[])[] => terms.map((t) => t.labels);
    for (const pair of pathOf({ inputs: labels(), output, size })) {
      const needed = neededBeside(labels(), pair, output);
      const [one, two] = pair.map((k, side) =>
        prepare(terms[k], new Set([...needed, ...terms[pair[1 - side]].labels])),
      );
      terms = [...terms.filter((_, k) => !pair.includes(k)), contract(one, two, needed, output)];
    }
    const last = prepare(terms[0], new Set(output));
    const order = output.map((l) => last.labels.indexOf(l));
    // Of bools, sums are "or" and products "and".
    return b.transpose(bools ? convertTo(last.x, "bool") : last.x, order);
  },
);

/**
 * The order in which `einsum` contracts operands: pairs of places in the list of operands. A contracted pair leaves the list and its
 * product joins the end.
 *
 * @returns the pairs (`jax.numpy.einsum_path` gives a report too, and has `"einsum_path"` first)
 * @throws {ShapeError} as `einsum`
 * @example np.einsumPath("ij,jk,kl->il", np.ones([2, 9]), np.ones([9, 9]), np.ones([9, 3])) // [[0, 1], [0, 1]]
 */
export const einsumPath = takes(
  "np.einsumPath(spec, ...operands)",
  (spec: string, ...operands: readonly TensorLike[]): readonly (readonly [number, number])[] => {
    const shapes = operands.map((x) => asTensor(x, "np.einsumPath").shape);
    return pathOf(parse(spec, shapes));
  },
);
