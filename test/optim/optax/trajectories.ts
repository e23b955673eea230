/** @file Steps of a transformation on the problem, and their comparison with optax's parameters. */
import * as assert from "uvu/assert";
import { treeMap } from "../../../lib/core/pytree.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import * as optim from "../../../lib/optim/index.js";
import * as tree from "../../../lib/tree/index.js";
import { isAbsent } from "./absent.js";
import { lossAndGradient, type Problem, type ProblemGolden, startOf, type Values } from "./problem.js";
import { type ScheduleGolden, scheduleOf } from "./schedules.js";
import { type Schedules, type TransformationGolden, transformationOf } from "./transformations.js";

export type Float = "float32" | "float64";

/** Stands for the elements of a leaf that is too big. */
interface Digest {
  readonly l2: number;
  readonly sum: number;
  readonly cosdot: number;
  readonly max_abs: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}
export type LeavesGolden = Readonly<Record<string, readonly number[] | Digest>>;

export interface Trajectory {
  readonly name: string;
  readonly transformation: TransformationGolden;
  /** Parameters after so many steps. */
  readonly float64: Readonly<Record<string, LeavesGolden>>;
  readonly float32: Readonly<Record<string, LeavesGolden>>;
  readonly float32_deviation: number;
  /** `[step from 0, leaf, flat index, value]` */
  readonly gradient_changes?: readonly (readonly [number, string, number, string])[];
}

export interface TrajectoriesGolden {
  readonly problem: ProblemGolden;
  readonly check: { readonly loss: number; readonly gradient: LeavesGolden };
  readonly helpers: HelpersGolden;
  readonly cases: readonly Trajectory[];
}

export interface HelpersGolden {
  readonly global_norm: number;
  readonly incremental_update: { readonly fresh: string; readonly step_size: number; readonly out: LeavesGolden };
}

export const isHere = (c: Trajectory): boolean => !isAbsent(c.name);

const isDigest = (want: readonly number[] | Digest): want is Digest => "l2" in want;

/** Asserts that numbers agree to `rel · (1 + |x|) + abs`. */
const agree = (
  what: string,
  got: ArrayLike<number>,
  want: readonly number[],
  { rel, abs }: { rel: number; abs: number },
): void => {
  assert.is(got.length, want.length, `${what}: length`);
  want.forEach((x, i) => {
    // JSON has no number for NaN.
    if (Object.is(got[i], Number(x))) return;
    const off = Math.abs(got[i] - x);
    if (!(off <= rel * (1 + Math.abs(x)) + abs))
      assert.unreachable(`${what}: element ${i} is ${got[i]}, not ${x} (off by ${off})`);
  });
};

/** Asserts that a leaf is optax's, or has the digest of optax's. */
export const checkLeaf = (
  what: string,
  got: Float64Array,
  want: readonly number[] | Digest,
  rel: number,
  abs = 0,
): void => {
  if (!isDigest(want)) {
    agree(what, got, want, { rel, abs });
    return;
  }
  const root = Math.sqrt(got.length);
  const sums = { rel: 10 * root * rel, abs: 10 * root * abs };
  const sum = (f: (x: number, i: number) => number): number => got.reduce((total, x, i) => total + f(x, i), 0);
  agree(`${what}: l2`, [Math.sqrt(sum((x) => x * x))], [want.l2], { rel: root * rel, abs: root * abs });
  agree(`${what}: sum and cosdot`, [sum((x) => x), sum((x, i) => x * Math.cos(i))], [want.sum, want.cosdot], sums);
  agree(`${what}: largest`, [got.reduce((most, x) => Math.max(most, Math.abs(x)), 0)], [want.max_abs], { rel, abs });
  agree(`${what}: first`, got.slice(0, 4), want.first, { rel, abs });
  agree(`${what}: last`, got.slice(-4), want.last, { rel, abs });
};

/** Elements as the nested tree of tensors that the paths tell. */
export const treeOf = ({ leaves }: Problem, values: Values, dtype: Float): Record<string, unknown> => {
  const root: Record<string, unknown> = {};
  for (const [path, { shape }] of Object.entries(leaves)) {
    const keys = path.split("/");
    const last = keys.pop() as string;
    let at = root;
    for (const key of keys) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    const data = dtype === "float64" ? values[path] : Float32Array.from(values[path]);
    at[last] = np.array(data, { shape });
  }
  return root;
};

/** Elements of a tree by path. */
export const valuesOf = (params: unknown): Values =>
  Object.fromEntries(
    tree
      .flattenWithPath(params)[0]
      .map(([path, x]) => [tree.slashPath(path), Float64Array.from((x as Tensor).dataSync())]),
  );

/** Asserts that norm and average of the parameters at the start are optax's. */
export const checkHelpers = (problem: Problem, { global_norm, incremental_update }: HelpersGolden): void => {
  const start = treeOf(problem, startOf(problem), "float64");
  agree("global_norm", [optim.globalNorm(start).item()], [global_norm], { rel: 1e-12, abs: 0 });
  const { fresh, step_size, out } = incremental_update;
  assert.is(fresh, "2 start + 1");
  const twice = treeMap((x: Tensor) => np.add(np.multiply(2, x), 1), start);
  const got = valuesOf(optim.incrementalUpdate(twice, start, step_size));
  for (const [leaf, want] of Object.entries(out)) checkLeaf(`incremental_update, ${leaf}`, got[leaf], want, 1e-12);
};

const changed = (gradient: Values, c: Trajectory, step: number): Values => {
  for (const [at, leaf, index, value] of c.gradient_changes ?? []) {
    if (at === step) gradient[leaf][index] = Number(value);
  }
  return gradient;
};

/** The schedule of all trajectories that have one. */
const SCHEDULE = '{"init_value":0,"peak_value":0.1,"warmup_steps":5,"decay_steps":20,"end_value":0.005000000000000001}';

/**
 * What it gives in optax 0.2.8, whose schedules are float32 in 64-bit mode too. Ours are float64 there (schedules.test.ts), so that steps by
 * them are not optax's to 1e-9; those by optax's own numbers are.
 */
const RATES = [
  ...[0, 0.019999996, 0.04, 0.060000002, 0.08, 0.1, 0.09896201, 0.09589341, 0.09092831, 0.0842837, 0.07625, 0.06717831],
  ...[0.057465103, 0.047534898, 0.03782169, 0.02875, 0.020716297, 0.014071693, 0.00910659, 0.006037989, 0.005, 0.005],
  ...[0.005, 0.005, 0.005],
];

/** Where optax compiles the schedule (in `inject_hyperparams`), two of them have another last bit. */
const COMPILED_RATES = RATES.map((rate, step) => (step === 1 ? 0.02 : step === 4 ? 0.080000006 : rate));

const optaxRates =
  (rates: readonly number[]) =>
  ({ name, args }: ScheduleGolden): optim.Schedule => {
    assert.is(name, "warmup_cosine_decay_schedule");
    assert.is(JSON.stringify(args), SCHEDULE);
    return (step) => np.get(np.array([...rates]), step);
  };

/** How the schedules of a trajectory are read. */
const schedulesOf = ({ transformation }: Trajectory, dtype: Float): Schedules => {
  if (dtype === "float32") return scheduleOf;
  return optaxRates(transformation.name === "inject_hyperparams" ? COMPILED_RATES : RATES);
};

/** The leaf that is too big for a quick test; no transformation mixes it with others but those by the global norm, by random keys, and Prodigy. */
const BIG = "net/big";
const NEEDS_BIG = /global_norm|usual chain|noisy|prodigy/;

/** The problem, and the leaves that the file has: all, or those of a quick test. */
const quickly = (problem: Problem, c: Trajectory, quick: boolean): Problem => {
  if (!quick || NEEDS_BIG.test(c.name)) return problem;
  const { [BIG]: _, ...leaves } = problem.leaves;
  return { ...problem, leaves };
};

/**
 * Whether rounding alone decides elements of a leaf. 265 elements of the large leaf start at their goal, with a gradient of 0. The averages of schedule-free are
 * not exact, so that from the second step on these elements have gradients of rounding errors, which Adam divides by their own size. optax.long.ts shows that the last
 * bit of the start moves them by more than the tolerance.
 */
const isRounding = (c: Trajectory, leaf: string, step: number): boolean =>
  c.name === "contrib.schedule_free_adamw" && leaf === BIG && step > 3;

/** The sum of the large leaf after some steps in float64, where the start is multiplied by `1 + nudge`. */
export const sumOfBig = (problem: Problem, c: Trajectory, count: number, nudge: number): number => {
  const steps = stepsOf(problem, c, "float64", nudge);
  let values: Values = {};
  for (let step = 0; step < count; step++) values = steps.next().value as Values;
  return values[BIG].reduce((sum, x) => sum + x, 0);
};

const nudged = (start: Values, nudge: number): Values =>
  Object.fromEntries(Object.entries(start).map(([path, values]) => [path, values.map((x) => x * (1 + nudge))]));

/** The trajectory in steps, each with the parameters after it. */
function* stepsOf(problem: Problem, c: Trajectory, dtype: Float, nudge = 0): Generator<Values> {
  const tx = transformationOf(c.transformation, schedulesOf(c, dtype));
  const looksAhead = c.transformation.name === "lookahead";
  const start = treeOf(problem, nudged(startOf(problem), nudge), dtype);
  let params: unknown = looksAhead ? optim.lookaheadParams(start) : start;
  let state = tx.init(params);
  for (let step = 0; ; step++) {
    const at = valuesOf(looksAhead ? (params as optim.LookaheadParams<unknown>).fast : params);
    const gradient = treeOf(problem, changed(lossAndGradient(problem, at).gradient, c, step), dtype);
    const [updates, next] = tx.update(looksAhead ? { fast: gradient, slow: gradient } : gradient, state, params);
    params = optim.applyUpdates(params, updates);
    state = next;
    yield valuesOf(params);
  }
}

/** Asserts that the parameters after the steps that the file has are optax's; `quick`: but for those of a large leaf, where it can be left out. */
export const checkTrajectory = (whole: Problem, c: Trajectory, dtype: Float, quick = false): void => {
  const problem = quickly(whole, c, quick);
  const steps = stepsOf(problem, c, dtype);
  let done = 0;
  for (const [count, leaves] of Object.entries(c[dtype])) {
    let values: Values = {};
    for (; done < Number(count); done++) values = steps.next().value as Values;
    for (const [leaf, want] of Object.entries(leaves)) {
      if (!Object.hasOwn(values, leaf) && quick) continue;
      const what = `${c.name}, ${dtype}, step ${count}, ${leaf}`;
      if (dtype === "float64") checkLeaf(what, values[leaf], want, isRounding(c, leaf, Number(count)) ? 2e-5 : 1e-9);
      else checkLeaf(what, values[leaf], want, 2e-5, 4 * c.float32_deviation);
    }
  }
};
