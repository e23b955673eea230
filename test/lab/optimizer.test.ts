/** @file Optimizers of recipes, held to those of `optim`, and their learning rates to numbers that are computed by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dependsOnSteps, optimizerOf } from "../../lib/lab/optimizer.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import * as np from "../../lib/np/index.js";
import {
  adafactor,
  adamw,
  chain,
  clipByGlobalNorm,
  type GradientTransformation,
  inverseSquareRoot,
  sgd,
  warmupCosineDecaySchedule,
} from "../../lib/optim/index.js";

const Optimizer = suite("lab/optimizer");
Optimizer.before(() => init({ backend: "reference" }));

type Settings = Exclude<RecipeInput["optimizer"], string | undefined>;
const ofRecipe = (optimizer: Settings, steps = 600) => optimizerOf(recipe({ optimizer, steps }));

/** The updates of some steps with the same parameters and gradients. */
const updatesOf = <S>(tx: GradientTransformation<S>, steps = 3): number[] => {
  const params = {
    prompt: np.array([
      [1, -2],
      [3, 0.5],
    ]),
  };
  const grads = {
    prompt: np.array([
      [0.1, 2],
      [-3, 1],
    ]),
  };
  let state = tx.init(params);
  const list: number[] = [];
  for (let i = 0; i < steps; i++) {
    const [updates, next] = tx.update(grads, state, params);
    list.push(...(updates as typeof params).prompt.dataSync());
    state = next;
  }
  return list;
};

/** Checks that updates are those of options, and not those of others. */
const isHeldTo = <O extends object>(
  got: readonly number[],
  make: (options: O) => GradientTransformation<unknown>,
  options: O,
  others: readonly Partial<O>[],
): void => {
  assert.equal(got, updatesOf(make(options)));
  for (const other of others) {
    assert.not.equal(got, updatesOf(make({ ...options, ...other })), JSON.stringify(other));
  }
};

Optimizer("Adafactor has the settings of the recipe, without scaling by the parameter unless it is asked for", () => {
  const settings = { name: "adafactor", learningRate: 0.2, decayRate: 0.6, weightDecay: 0.01, startStep: 9 } as const;
  const options = {
    learningRate: 0.2,
    decayRate: 0.6,
    weightDecayRate: 0.01,
    multiplyByParameterScale: false,
    initialStep: 9,
  };
  const make = (o: typeof options) => adafactor(o) as GradientTransformation<unknown>;
  isHeldTo(updatesOf(ofRecipe(settings)), make, options, [
    { learningRate: 0.1 },
    { decayRate: 0.8 },
    { weightDecayRate: 0.02 },
    { multiplyByParameterScale: true },
    { initialStep: 0 },
  ]);
  const scaled = updatesOf(ofRecipe({ ...settings, parameterScale: true }));
  assert.equal(scaled, updatesOf(adafactor({ ...options, multiplyByParameterScale: true })));
  const clipped = updatesOf(ofRecipe({ ...settings, clip: 1 }));
  assert.equal(clipped, updatesOf(chain(clipByGlobalNorm(1), adafactor(options))));
});

Optimizer("AdamW has the settings of the recipe", () => {
  const settings = { name: "adamw", learningRate: 0.2, weightDecay: 0.3, beta1: 0.7, beta2: 0.8 } as const;
  const options = { learningRate: 0.2, weightDecay: 0.3, beta1: 0.7, beta2: 0.8 };
  const make = (o: typeof options) => adamw(o) as GradientTransformation<unknown>;
  isHeldTo(updatesOf(ofRecipe(settings)), make, options, [
    { learningRate: 0.1 },
    { weightDecay: 0 },
    { beta1: 0.9 },
    { beta2: 0.999 },
  ]);
  const clipped = updatesOf(ofRecipe({ ...settings, clip: 0.5 }));
  assert.equal(clipped, updatesOf(chain(clipByGlobalNorm(0.5), adamw(options))));
});

Optimizer("gradient descent has the settings of the recipe, with momentum where there is some", () => {
  const settings = { name: "sgd", learningRate: 0.2 } as const;
  assert.equal(updatesOf(ofRecipe(settings)), updatesOf(sgd({ learningRate: 0.2 })));
  const options = { learningRate: 0.2, momentum: 0.9 };
  const make = (o: typeof options) => sgd(o) as GradientTransformation<unknown>;
  isHeldTo(updatesOf(ofRecipe({ ...settings, momentum: 0.9 })), make, options, [{ momentum: 0.5 }]);
});

/** The learning rate of each step: gradient descent with the gradient -1 adds it. */
const ratesOf = (settings: Settings, steps: number, count = steps): number[] => {
  const tx = ofRecipe({ ...settings, name: "sgd" } as Settings, steps);
  const params = { x: np.scalar(0) };
  let state = tx.init(params);
  return Array.from({ length: count }, () => {
    const [updates, next] = tx.update({ x: np.scalar(-1) }, state, params);
    state = next;
    return (updates as typeof params).x.item();
  });
};

/** Schedules, steps, and the rate of each step. */
const RATES: readonly (readonly [Settings["schedule"], number, readonly number[]])[] = [
  ["constant", 3, [0.8, 0.8, 0.8]],
  [{ name: "constant", warmup: 4 }, 6, [0, 0.2, 0.4, 0.6, 0.8, 0.8]],
  ["linear", 4, [0.8, 0.6, 0.4, 0.2]],
  [{ name: "linear", final: 0.4 }, 4, [0.8, 0.7, 0.6, 0.5]],
  [{ name: "linear", warmup: 2, final: 0.4 }, 6, [0, 0.4, 0.8, 0.7, 0.6, 0.5]],
  // Half a cosine is at 1, 3/4, 1/2 and 1/4 after 0, 1/3, 1/2 and 2/3 of the way.
  ["cosine", 6, [0.8, 0.4 * (1 + Math.cos(Math.PI / 6)), 0.6, 0.4, 0.2, 0.4 * (1 - Math.cos(Math.PI / 6))]],
  [{ name: "cosine", warmup: 2, final: 0.2 }, 5, [0, 0.4, 0.8, 0.65, 0.35]],
  [{ name: "inverse-square-root", warmup: 4 }, 10, [0.4, 0.4, 0.4, 0.4, 0.4, 0.8 / Math.sqrt(5)]],
];

Optimizer("the learning rate goes on as the schedule says", () => {
  for (const [schedule, steps, want] of RATES) {
    const got = ratesOf({ learningRate: 0.8, schedule }, steps, want.length);
    want.forEach((rate, i) => {
      const what = `${JSON.stringify(schedule)}, step ${i}: ${got[i]}, not ${rate}`;
      assert.ok(Math.abs(got[i] - rate) < 1e-6, what);
    });
  }
});

Optimizer("every optimizer takes every schedule", () => {
  const cosine = warmupCosineDecaySchedule({
    initValue: 0,
    peakValue: 0.3,
    warmupSteps: 1,
    decaySteps: 4,
    endValue: 0.1,
  });
  const root = inverseSquareRoot(0.3, 2);
  for (const [schedule, learningRate] of [
    [{ name: "cosine", warmup: 1, final: 0.1 }, cosine],
    [{ name: "inverse-square-root", warmup: 2 }, root],
  ] as const) {
    const common = { learningRate: 0.3, schedule };
    assert.equal(
      updatesOf(ofRecipe({ name: "adafactor", ...common }, 4), 4),
      updatesOf(adafactor({ learningRate, weightDecayRate: 1e-5, multiplyByParameterScale: false }), 4),
    );
    assert.equal(
      updatesOf(ofRecipe({ name: "adamw", ...common }, 4), 4),
      updatesOf(adamw({ learningRate, weightDecay: 1e-5 }), 4),
    );
    assert.equal(updatesOf(ofRecipe({ name: "sgd", ...common }, 4), 4), updatesOf(sgd({ learningRate }), 4));
  }
});

Optimizer("a run without steps has an optimizer with every schedule", () => {
  for (const schedule of ["constant", "linear", "cosine", "inverse-square-root"] as const) {
    assert.ok(Number.isFinite(ratesOf({ learningRate: 0.8, schedule }, 0, 1)[0]), schedule);
  }
});

Optimizer("the learning rates of linear and cosine depend on the number of steps, and no others", () => {
  for (const [schedule, expected] of [
    ["constant", false],
    ["linear", true],
    ["cosine", true],
    ["inverse-square-root", false],
  ] as const) {
    const { optimizer } = recipe({ optimizer: { schedule } });
    assert.is(dependsOnSteps(optimizer), expected);
    const [short, long] = [6, 12].map((steps) => ratesOf({ learningRate: 0.8, schedule }, steps, 4));
    assert.is(String(short) !== String(long), expected, schedule);
  }
});

Optimizer.run();
