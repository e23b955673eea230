/** @file The laws that transformations obey, as checks of one program. Everything is in float64 on the reference executor. */
import * as assert from "uvu/assert";
import { optimize } from "../../lib/compile/passes/optimize.js";
import { evaluateByImpl } from "../../lib/compile/reference/executor.js";
import { isFloat, range } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import { checkJaxpr, type Jaxpr } from "../../lib/core/jaxpr.js";
import { constsAsInputs } from "../../lib/core/stage.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { add, mul } from "../../lib/primitives/elementwise.js";
import { cond } from "../../lib/transforms/cond.js";
import { grad, vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import {
  allclose,
  centralDifference,
  hostOf,
  inner,
  near,
  onDevice,
  stacked,
  TOLERANCE,
  treesClose,
} from "../helpers/runtime.js";
import { type Seeded, seeded } from "../helpers/seeded.js";
import { evaluate, type Program, randomHost, type Swaps } from "./program.js";

/** A program at a point, on the current runtime. */
export interface Case {
  readonly program: Program;
  readonly rng: Seeded;
  /** The point, and two directions. */
  readonly x: readonly HostArray[];
  readonly v: readonly HostArray[];
  readonly w: readonly HostArray[];
  readonly others: readonly HostArray[];
  /** Everything the program gives: the loss, a float, and something. */
  readonly all: (xs: readonly Tensor[], others: readonly Tensor[]) => Tensor[];
  readonly loss: (xs: readonly Tensor[], others: readonly Tensor[]) => Tensor;
  /** The loss as a function of the floats alone, closing over the rest. */
  readonly of: (xs: readonly Tensor[]) => Tensor;
}

/** The case of a program and a number for its point. Its constants belong to the scope that is open. */
export const caseOf = (program: Program, point: number, swaps: Swaps = new Map()): Case => {
  const rng = seeded(program.seed * 1000 + point);
  const { float } = program;
  const arrays = (): HostArray[] => program.floats.map((shape) => randomHost(rng, { shape, dtype: float }));
  const consts = program.consts.map(onDevice);
  const x = arrays();
  // The last float input is the first once more, in every third program.
  if (program.seed % 3 === 0) x[x.length - 1] = x[0];
  const others = program.others.map((aval) => randomHost(rng, aval));
  const all: Case["all"] = (xs, os) => evaluate(program, [...xs, ...os, ...consts], swaps);
  const loss: Case["loss"] = (xs, os) => all(xs, os)[0];
  const held = others.map(onDevice);
  return { program, rng, x, v: arrays(), w: arrays(), others, all, loss, of: (xs) => loss(xs, held) };
};

const tensors = (xs: readonly HostArray[]): Tensor[] => xs.map(onDevice);

/** The same tensor for the same data, so that repeated inputs are repeated. */
const shared = (xs: readonly HostArray[]): Tensor[] => {
  const made = new Map<HostArray, Tensor>();
  return xs.map((x) => {
    const t = made.get(x) ?? onDevice(x);
    made.set(x, t);
    return t;
  });
};

const dots = (xs: readonly Tensor[], ys: readonly Tensor[]): Tensor =>
  xs.map((x, i) => reduceSum(mul(x, ys[i]), range(x.ndim))).reduce((a, b) => add(a, b));

/** Two float64 numbers that were computed in different ways. */
const equal = (got: number, want: number, what: string, slack = 1e-9): void => {
  if (!near(got, want, { abs: slack, rel: slack })) assert.unreachable(`${what}: ${got} and ${want}`);
};

/**
 * The derivative of a scalar function along a direction by differences; undefined where two step sizes disagree, so that there
 * is a kink or jump nearby. It does not look at any derivative rule.
 */
const difference = (
  f: (x: readonly HostArray[]) => number,
  x: readonly HostArray[],
  v: readonly HostArray[],
): { value: number; slack: number } | undefined => {
  const g = (at: readonly HostArray[]): HostArray[] => [{ shape: [], dtype: "float64", data: Float64Array.of(f(at)) }];
  const [a, b] = [4e-4, 2e-4].map((step) => centralDifference(g, x, v, step)[0].data[0]);
  const slack = 1e-6 * (1 + Math.abs(b));
  return Math.abs(a - b) <= slack ? { value: b, slack: 4 * slack } : undefined;
};

// --- the laws ------------------------------------------------------------------------------------------------------------

/** `jit(f) = f`. */
export const jitIsTheFunction = ({ all, x, others }: Case): void => {
  using compiled = jit(all);
  const [xs, os] = [shared(x), shared(others)];
  const eager = all(xs, os);
  for (const turn of ["first", "second"]) treesClose(compiled(xs, os), eager, `jit, ${turn} call`);
};

/** A batch of two examples, mapped at random axes; at least one input is mapped. */
const batch = ({ rng, x, others, program }: Case) => {
  const second = [...program.floats.map((shape) => ({ shape, dtype: program.float })), ...program.others].map((a) =>
    randomHost(rng, a),
  );
  const first = [...x, ...others];
  const axes: (number | null)[] = first.map((a) => (rng.chance(0.3) ? null : rng.int(a.shape.length + 1)));
  if (!axes.some((a) => a !== null)) axes[0] = 0;
  const inputs = first.map((a, i) => {
    const axis = axes[i];
    return axis === null ? a : stacked([a, second[i]], axis);
  });
  const examples = [first, first.map((a, i) => (axes[i] === null ? a : second[i]))];
  const halves = <T>(list: readonly T[]): [T[], T[]] => [list.slice(0, x.length), list.slice(x.length)];
  return { inAxes: halves(axes) as never, inputs: halves(inputs), examples: examples.map(halves) };
};

/** What a loop over the examples gives, stacked. */
const loop = (
  f: (xs: Tensor[], os: Tensor[]) => readonly Tensor[],
  examples: readonly [HostArray[], HostArray[]][],
): HostArray[] => {
  const outs = examples.map(([xs, os]) => f(tensors(xs), tensors(os)).map(hostOf));
  return outs[0].map((_, k) =>
    stacked(
      outs.map((o) => o[k]),
      0,
    ),
  );
};

const sameAs = (got: readonly Tensor[], want: readonly HostArray[], what: string): void =>
  got.forEach((y, k) => {
    allclose(hostOf(y), want[k], `${what}, output ${k}`);
  });

/** `vmap(f) =` a loop. */
export const vmapIsALoop = (c: Case): void => {
  const { inAxes, inputs, examples } = batch(c);
  const mapped = vmap(c.all, { inAxes });
  sameAs(mapped(tensors(inputs[0]), tensors(inputs[1])), loop(c.all, examples), `vmap over ${JSON.stringify(inAxes)}`);
};

/** `vmap(grad(f)) =` a loop of gradients, and `jit(vmap(grad(f)))` the same. */
export const vmapOfGradIsALoop = (c: Case): void => {
  const gradient = grad(c.loss) as (xs: readonly Tensor[], os: readonly Tensor[]) => readonly Tensor[];
  const { inAxes, inputs, examples } = batch(c);
  const mapped = vmap(gradient, { inAxes });
  const args = [tensors(inputs[0]), tensors(inputs[1])] as const;
  const want = loop(gradient, examples);
  sameAs(mapped(...args), want, "vmap(grad)");
  using compiled = jit(mapped);
  sameAs(compiled(...args), want, "jit(vmap(grad))");
};

/** `grad` and `jvp` are central differences. False where there are none. */
export const gradIsTheDifference = ({ of, x, v }: Case): boolean => {
  const d = difference((at) => scope(() => of(tensors(at)).item()), x, v);
  if (d === undefined) return false;
  const [, tangent] = jvp(of, [tensors(x)], [tensors(v)]);
  equal(tangent.item(), d.value, "jvp against differences", d.slack);
  const gradient = (grad(of)(shared(x)) as Tensor[]).map(hostOf);
  equal(inner(gradient, v), tangent.item(), "grad against jvp");
  return true;
};

/** `<ct, J v> = <J^T ct, v>` for the floats that the program gives. */
export const transposeIsTheTranspose = ({ all, x, v, others, rng }: Case): void => {
  const held = tensors(others);
  const floats = (xs: readonly Tensor[]): Tensor[] => all(xs, held).filter((y) => isFloat(y.dtype));
  const [outs, tangents] = jvp(floats, [tensors(x)], [tensors(v)]);
  const ct = outs.map((y) => randomHost(rng, y));
  const [, pull] = vjp(floats, tensors(x));
  const [back] = pull(tensors(ct)) as [Tensor[]];
  pull.dispose();
  equal(inner(back.map(hostOf), v), inner(ct, tangents.map(hostOf)), "<J^T ct, v> and <ct, J v>");
};

/** `grad(grad)` is the difference of gradients; `jvp(grad)` is the same Hessian times a vector. False at a kink. */
export const secondDerivativesAgree = ({ of, x, v, w }: Case): boolean => {
  const along = (xs: readonly Tensor[]): Tensor => dots(grad(of)(xs) as Tensor[], tensors(v));
  const d = difference((at) => scope(() => along(tensors(at)).item()), x, w);
  if (d === undefined) return false;
  const twice = inner((grad(along)(tensors(x)) as Tensor[]).map(hostOf), w);
  equal(twice, d.value, "grad(grad) against differences", d.slack);
  const [, hessian] = jvp(grad(of) as never as (xs: Tensor[]) => Tensor[], [tensors(x)], [tensors(v)]);
  equal(inner(hessian.map(hostOf), w), twice, "jvp(grad) and grad(grad)");
  return true;
};

/** Values, gradients and Hessian-vector products of a loop over two points, and of a choice, are those of the program by itself. */
export const controlIsTheProgram = ({ of, x, v, w }: Case): void => {
  const rows = x.map((a, i) => onDevice(stacked([a, v[i]], 0)));
  const along = w.map((a, i) => onDevice(stacked([a, x[i]], 0)));
  const row = (xs: readonly Tensor[], i: number): Tensor[] => xs.map((y) => np.take(y, i, 0) as Tensor);
  const sum = (xs: readonly Tensor[]): Tensor =>
    scan((c, point: readonly Tensor[]) => [add(c, of(point)), null], np.zeros([], "float64"), xs)[0];
  const plainSum = (xs: readonly Tensor[]): Tensor => add(of(row(xs, 0)), of(row(xs, 1)));
  const other = (xs: readonly Tensor[]): Tensor => dots(row(xs, 0), row(xs, 1));
  const chosen = (xs: readonly Tensor[]): Tensor =>
    cond(np.less(np.sum(xs[0]), Number.POSITIVE_INFINITY), (ys: readonly Tensor[]) => of(row(ys, 1)), other, xs);
  const slack = { abs: 1e-9, rel: 1e-8 };
  for (const [name, inside, plain] of [
    ["scan", sum, plainSum],
    ["cond", chosen, (xs: readonly Tensor[]) => of(row(xs, 1))],
  ] as const) {
    using compiled = jit(grad(inside));
    treesClose(inside(rows), plain(rows), `${name}`, slack);
    const want = grad(plain)(rows);
    treesClose(grad(inside)(rows), want, `grad of ${name}`, slack);
    treesClose(compiled(rows), want, `jit of grad of ${name}`, slack);
    const hessian = (f: (xs: readonly Tensor[]) => Tensor): unknown =>
      jvp(grad(f) as (xs: readonly Tensor[]) => readonly Tensor[], [rows], [along])[1];
    treesClose(hessian(inside), hessian(plain), `jvp of grad of ${name}`, slack);
  }
};

type Pass = (jaxpr: Jaxpr) => { readonly jaxpr: Jaxpr; readonly consts: readonly HostArray[] };

/** What passes make of a program, and of its gradient, is a checked jaxpr that means the same. */
export const passesKeepTheMeaning = ({ all, loss, x, others }: Case, pass: Pass = optimize): void => {
  for (const f of [all, grad(loss) as Case["all"]]) {
    const closed = makeJaxpr(f)(tensors(x), tensors(others));
    const source = constsAsInputs(closed.jaxpr);
    checkJaxpr(source);
    const result = pass(source);
    checkJaxpr(result.jaxpr);
    const args = [...closed.consts.map(hostOf), ...x, ...others];
    const want = evaluateByImpl(source, args);
    const got = evaluateByImpl(constsAsInputs(result.jaxpr), [...result.consts, ...args]);
    got.forEach((y, k) => {
      allclose(y, want[k], `after the passes, output ${k}`, TOLERANCE[y.dtype]);
    });
    closed.dispose();
  }
};

/** The current executor computes, eagerly and compiled, what `impl` says. */
export const executorIsImpl = ({ all, x, others }: Case): void => {
  const [xs, os] = [tensors(x), tensors(others)];
  const closed = makeJaxpr(all)(xs, os);
  const want = evaluateByImpl(constsAsInputs(closed.jaxpr), [...closed.consts.map(hostOf), ...x, ...others]);
  closed.dispose();
  // In float32 rounding errors of many steps add up.
  const slack = (y: HostArray) => (y.dtype === "float32" ? { abs: 1e-4, rel: 1e-3 } : TOLERANCE[y.dtype]);
  using compiled = jit(all);
  for (const [mode, outs] of [
    ["eager", all(xs, os)],
    ["jit", compiled(xs, os)],
  ] as const) {
    outs.forEach((y, k) => {
      allclose(hostOf(y), want[k], `${mode} against impl, output ${k}`, slack(want[k]));
    });
  }
};
