/** @file Every default of lib/optim: left out it is what the table says, and another value gives other updates. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { range } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import { leavesOf } from "../../lib/core/pytree.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { numbers, onReference } from "../helpers/runtime.js";
import { OPTIMIZERS } from "./defaults/optimizers.js";
import { type Made, NONE, type Row, type SettingsElsewhere, type WithoutSettings } from "./defaults/row.js";
import { SCHEDULES } from "./defaults/schedules.js";
import { TRANSFORMATIONS } from "./defaults/transformations.js";

const Defaults = suite("optim/defaults");

const TABLE = { ...TRANSFORMATIONS, ...OPTIMIZERS, ...SCHEDULES };

/** The functions that nothing can be left out of; one that has settings does not compile here. */
const WITHOUT: readonly WithoutSettings[] = [
  // Composition and application.
  ...([
    "applyUpdates",
    "chain",
    "freeze",
    "identity",
    "masked",
    "multiTransform",
    "namedChain",
    "partition",
    "setToZero",
    "stateless",
    "transformation",
  ] as const),
  ...([
    "addNoise",
    "applyEvery",
    "applyIfFinite",
    "injectHyperparams",
    "lookahead",
    "lookaheadParams",
    "multiSteps",
  ] as const),
  ...(["incrementalUpdate", "periodicUpdate", "globalNorm", "scheduleFreeEvalParams"] as const),
  "valueAndGradFromState",
  // One number or none, which must be given.
  ...(["centralize", "clip", "clipByBlockRms", "clipByGlobalNorm", "keepParamsNonnegative", "zeroNans"] as const),
  ...(["scale", "scaleByLearningRate", "scaleBySchedule", "scaleBySign", "signSgd"] as const),
  ...(["constantSchedule", "inverseSquareRoot", "joinSchedules", "warmup"] as const),
  ...(["piecewiseConstantSchedule", "piecewiseInterpolateSchedule"] as const),
  // Its cycles have the settings of `warmupCosineDecaySchedule`, which makes them.
  "sgdrSchedule",
];

/** Its search needs a loss: lbfgs.test.ts compares it with optax for defaults and for other settings. */
const ELSEWHERE: readonly SettingsElsewhere[] = ["scaleByZoomLinesearch"];

/** Settings that are taken and have no use, with the reason: another value gives the same updates. */
const UNUSED: Readonly<Record<string, string>> = {
  "scaleByAdamax epsilonRoot": "there is no root: the second moment is a maximum, and optax has no such setting",
  "adamax epsilonRoot": "as scaleByAdamax",
  "adamaxw epsilonRoot": "as scaleByAdamax",
};

/**
 * Defaults that differ from those of optax 0.2.8 (adafactor's: T5X's) on purpose, with the reason. Docstrings tell them, and
 * docs/nn.md; there is also what optax gives a default and we ask for.
 */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "warmupConstantSchedule initValue": "optax has no default; a warm-up begins at 0 nearly always",
  "warmupCosineDecaySchedule initValue": "as warmupConstantSchedule",
  "warmupExponentialDecaySchedule initValue": "as warmupConstantSchedule",
  "noisySgd seed": "optax's None is the key 0, with a warning",
  "adafactor initialStep": "T5X takes the step from the checkpoint, which a fresh state has none of",
  "adafactor weightDecayRate": "T5X's None is 0",
};

/** A parameter and what its gradients are made of. */
interface Leaf {
  readonly shape: readonly number[];
  readonly param: readonly number[];
  readonly grad: readonly number[];
}
type Leaves = Readonly<Record<string, Leaf>>;

/** Weights of the usual size and tiny ones, and gradients down to the size of each epsilon. */
const SMALL: Leaves = {
  kernel: { shape: [2, 2], param: [0.5, -1.25, 2, 0.75], grad: [1, 1, -0.3, 0.7] },
  tiny: { shape: [1], param: [1e-4], grad: [1] },
  bias: { shape: [3], param: [0.25, -0.75, 1], grad: [1e-8, -3e-8, 1e-10] },
  gain: { shape: [], param: [1.5], grad: [1e-15] },
};

const square = (n: number): Leaf => {
  const grad = Array.from({ length: n * n }, (_, i) => Math.sin(i));
  return { shape: [n, n], param: grad.map(Math.abs), grad };
};
/** Two parameters, of which one is long enough to be factored, and the other falls short of that by one. */
const LARGE: Leaves = { factored: square(128), whole: square(127) };

/**
 * What gradients are multiplied by at each step, for elements of even and odd places: Lion's average changes its sign at a second
 * factor of -0.09, and AMSGrad's maximum leaves that of the first step at the last one.
 */
const FACTORS = [
  [1, -0.0895, 0.6, 0.5, -0.4, 0.3, 3],
  [1, -0.0905, -0.5, 0.4, 0.8, -0.3, 3],
];

type Settings = Readonly<Record<string, unknown>>;

/** A tensor for each leaf, in doubles, in which epsilons make a difference beside usual numbers too. */
const tensors = (leaves: Leaves, elements: (leaf: Leaf) => readonly number[]) =>
  Object.fromEntries(
    Object.entries(leaves).map(([name, leaf]) => [
      name,
      np.array(Float64Array.from(elements(leaf)), { shape: leaf.shape }),
    ]),
  );

/** The updates of some steps. */
const updatesOf = (made: Made, leaves: Leaves, steps: number): number[] => {
  const { init, update } = made as optim.GradientTransformation<unknown>;
  let params = tensors(leaves, ({ param }) => param);
  let state = init(params);
  return range(steps).flatMap((t) => {
    const grads = tensors(leaves, ({ grad }) => grad.map((g, i) => g * FACTORS[i % 2][t]));
    const [updates, next] = update(grads, state, params, { value: 1 - t / 100 });
    params = optim.applyUpdates(params, updates);
    state = next;
    return leavesOf(updates).flatMap(numbers);
  });
};

/** Steps at which schedules are looked at: those of short ones, and some on the way of T5X's long ones. */
const STEPS = [...range(31), 50, 85, 95, 100, 500, 1500, 19_999, 20_000, 20_001, 60_000, 100_999, 101_000];

/** What a call gives: updates or rates, all finite. */
const resultOf = (made: Made, leaves: Leaves, steps: number): number[] => {
  const result =
    typeof made === "function"
      ? STEPS.map((step) => made(np.scalar(step, "int32")).item())
      : updatesOf(made, leaves, steps);
  assert.ok(result.every(Number.isFinite), `${result}`);
  return result;
};

const same = (a: readonly number[], b: readonly number[]): boolean => a.every((x, i) => x === b[i]);
const differ = (a: readonly number[], b: readonly number[]): boolean =>
  a.some((x, i) => Math.abs(x - b[i]) > 1e-9 * Math.abs(x));

/** Asserts about one function what the table says. */
const check = (name: string, row: Row<Settings>): void => {
  const run = (settings: Settings, leaves: Leaves): number[] =>
    resultOf(row.make(settings), leaves, leaves === LARGE ? 1 : (row.steps ?? 3));
  const plain = run({}, SMALL);
  const written = Object.entries(row.settings).filter(([, [standard]]) => standard !== NONE);
  const all = Object.fromEntries(written.map(([setting, [standard]]) => [setting, standard]));
  assert.ok(same(plain, run(all, SMALL)), `${name}: the defaults are not ${JSON.stringify(all)}`);
  for (const [setting, [standard, other, given]] of Object.entries(row.settings)) {
    const leaves = row.large?.includes(setting) ? LARGE : SMALL;
    const left = given === undefined && leaves === SMALL ? plain : run({ ...given }, leaves);
    const what = `${name}: ${setting}`;
    const value = JSON.stringify(standard);
    if (standard !== NONE && left !== plain) {
      assert.ok(same(left, run({ ...given, [setting]: standard }, leaves)), `${what} is not ${value} by default`);
    }
    const changed = run({ ...given, [setting]: other }, leaves);
    if (Object.hasOwn(UNUSED, `${name} ${setting}`)) assert.ok(same(left, changed), `${what} has a use`);
    else assert.ok(differ(left, changed), `${what} ${JSON.stringify(other)} changes nothing`);
  }
};

for (const [name, row] of Object.entries(TABLE)) {
  Defaults(`${name}: left out, settings are what the table says`, () => {
    onReference(() => scope(() => check(name, row as Row<Settings>)));
  });
}

Defaults("every function of lib/optim is in the table, or has no settings", () => {
  assert.equal([...Object.keys(TABLE), ...WITHOUT, ...ELSEWHERE].sort(), Object.keys(optim).sort());
});

Defaults("every exception is a setting of the table", () => {
  const settings = Object.entries(TABLE).flatMap(([name, row]) => Object.keys(row.settings).map((s) => `${name} ${s}`));
  const exceptions = [UNUSED, DIFFERENCES].flatMap(Object.keys);
  assert.equal(
    exceptions.filter((name) => !settings.includes(name)),
    [],
  );
});

Defaults.run();
