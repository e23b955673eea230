import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { messageOf } from "../helpers/runtime.js";

const Schedules = suite("optim/schedules");
const reference = await runtimeFor("reference");

/**
 * Compares a schedule with its formula in doubles, eager and compiled, relative to 1e-6 of the value, or of `terms`: the size of the
 * terms of a sum that cancel.
 */
const follows = (
  schedule: optim.Schedule,
  steps: readonly number[],
  formula: (step: number) => number,
  terms = 0,
): void => {
  withRuntime(reference, () =>
    scope(() => {
      using compiled = jit(schedule);
      for (const step of steps) {
        const want = formula(step);
        for (const f of [schedule, compiled]) {
          const got = f(np.scalar(step, "int32")).item();
          assert.ok(Math.abs(got - want) <= 1e-6 * Math.max(Math.abs(want), terms), `step ${step}: ${got} and ${want}`);
        }
      }
    }),
  );
};

const SOME = [0, 3, 10, 25];

Schedules("constant, linear, cosine, inverse square root and warm-up follow their formulas", () => {
  follows(optim.constantSchedule(0.3), SOME, () => 0.3);
  follows(optim.linearSchedule(1, 0.2, 10), SOME, (s) => 1 - 0.8 * Math.min(s / 10, 1));
  follows(
    optim.cosineDecaySchedule(2, 10, { alpha: 0.1 }),
    SOME,
    (s) => 2 * (0.9 * 0.5 * (1 + Math.cos(Math.PI * Math.min(s / 10, 1))) + 0.1),
    1,
  );
  follows(optim.inverseSquareRoot(1, 4), SOME, (s) => 1 / Math.sqrt(Math.max(s, 4)));
  follows(optim.warmup(5, 0.3), SOME, (s) => 0.3 * Math.min(s / 5, 1));
  follows(optim.warmup(5, optim.inverseSquareRoot(1, 4)), SOME, (s) => Math.min(s / 5, 1) / Math.sqrt(Math.max(s, 4)));
});

Schedules("an exponential falls smoothly, or in stairs whose edges are exact at large steps", () => {
  follows(optim.exponentialDecay(2, 10, 0.5), SOME, (s) => 2 * 0.5 ** (s / 10));
  const stairs = optim.exponentialDecay(2, 10, 0.5, { staircase: true });
  follows(stairs, [0, 9, 10, 19, 20], (s) => 2 * 0.5 ** Math.floor(s / 10));
  // In float32 both steps give the quotient 1000. The factor is a float32, since its 999th power multiplies its rounding.
  const factor = 1 - 2 ** -10;
  const long = optim.exponentialDecay(1, 20_000, factor, { staircase: true });
  follows(long, [19_999_999, 20_000_000], (s) => factor ** Math.floor(s / 20_000));
});

Schedules("joined schedules begin at their boundaries and count from there", () => {
  const joined = optim.joinSchedules(
    [optim.linearSchedule(0, 1, 4), optim.constantSchedule(1), optim.exponentialDecay(1, 2, 0.5)],
    [4, 10],
  );
  follows(joined, [0, 3, 4, 9, 10, 12, 15], (s) => (s < 4 ? s / 4 : s < 10 ? 1 : 0.5 ** ((s - 10) / 2)));
  const one = optim.constantSchedule(1);
  for (const boundaries of [[], [4, 4], [2.5, 3]]) {
    const message = messageOf(() => optim.joinSchedules([one, one, one], boundaries));
    assert.ok(message?.includes(`boundaries [${boundaries}]`), message);
  }
});

Schedules("every factor of T5X is what its table says", () => {
  const [base, warmupSteps, decayFactor, stepsPerDecay, stepsPerCycle] = [0.3, 10, 0.25, 7, 40];
  const steps = [0, 4, 6, 7, 10, 13, 14, 29, 30, 49, 50, 51, 333];
  const options = { base, warmupSteps, decayFactor, stepsPerDecay, stepsPerCycle };
  const formulas: Record<string, (s: number) => number> = {
    constant: () => base,
    linear_warmup: (s) => Math.min(1, s / warmupSteps),
    linear_decay: (s) => base * Math.min(s / warmupSteps, 1 + decayFactor * (warmupSteps - s)),
    rsqrt_decay: (s) => 1 / Math.sqrt(Math.max(s, warmupSteps)),
    rsqrt_normalized_decay: (s) => Math.sqrt(warmupSteps) / Math.sqrt(Math.max(s, warmupSteps)),
    decay_every: (s) => decayFactor ** Math.floor(s / stepsPerDecay),
    cosine_decay: (s) => {
      const cycles = Math.max(0, (s - warmupSteps) / stepsPerCycle);
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles % 1))));
    },
  };
  for (const [name, formula] of Object.entries(formulas)) {
    const terms = name === "cosine_decay" ? 1 : 0;
    follows(optim.factorSchedule(name, options), steps, (s) => Math.max(formula(s), 1e-8), terms);
  }
  follows(
    optim.factorSchedule("constant*linear_warmup * rsqrt_decay", { ...options, stepOffset: 20, minimum: 0.01 }),
    steps,
    (step) => {
      const s = Math.max(0, step - 20);
      return Math.max(0.01, base * Math.min(1, s / warmupSteps) * formulas.rsqrt_decay(s));
    },
  );
});

Schedules("the defaults of the factors are T5X's", () => {
  follows(optim.factorSchedule("rsqrt_decay", { base: 1 }), [0, 1000, 4000], (s) => 1 / Math.sqrt(Math.max(s, 1000)));
  follows(optim.factorSchedule("decay_every", { base: 1 }), [19_999, 20_000], (s) => (s < 20_000 ? 1 : 0.5));
  follows(optim.factorSchedule("cosine_decay", { base: 1 }), [1000, 51_000], (s) => (s === 1000 ? 1 : 0.5));
});

Schedules("an unknown factor and a length that is not positive are refused before the first step", () => {
  const unknown = messageOf(() => optim.factorSchedule("constant * rsqrt", { base: 1 }));
  assert.ok(unknown?.includes('"rsqrt"') && unknown.includes("rsqrt_normalized_decay"), unknown);
  assert.ok(messageOf(() => optim.factorSchedule("toString", { base: 1 }))?.includes('"toString"'));
  assert.ok(messageOf(() => optim.factorSchedule("constant", { base: 1, warmupSteps: 0 }))?.includes("warmupSteps"));
  assert.ok(messageOf(() => optim.linearSchedule(1, 0, 0))?.includes("steps"));
  assert.ok(messageOf(() => optim.exponentialDecay(1, 10, -0.5))?.includes("factor"));
});

Schedules("beside float64 leaves a schedule is float64, with all digits", () => {
  withRuntime(reference, () =>
    scope(() => {
      const at = (schedule: optim.Schedule, step: number): number =>
        schedule(np.scalar(step, "int32"), "float64").item();
      const near = (got: number, want: number): void => assert.ok(Math.abs(got - want) <= 1e-15, `${got}, not ${want}`);
      const cosine = optim.warmupCosineDecaySchedule({
        peakValue: 0.1,
        warmupSteps: 5,
        decaySteps: 20,
        endValue: 0.005,
      });
      near(at(cosine, 1), 0.02);
      near(at(cosine, 7), 0.005 + 0.095 * 0.5 * (1 + Math.cos((2 * Math.PI) / 15)));
      near(at(optim.constantSchedule(0.3), 4), 0.3);
      near(at(optim.linearSchedule(0.7, 0.1, 7), 3), 0.7 - (0.6 * 3) / 7);
      near(at(optim.polynomialSchedule(0.7, 0.1, 3, 7), 3), 0.1 + 0.6 * (4 / 7) ** 3);
      near(at(optim.exponentialDecay(0.7, 3, 0.6), 4), 0.7 * 0.6 ** (4 / 3));
      near(at(optim.exponentialDecay(0.7, 3, 0.6, { staircase: true }), 4), 0.7 * 0.6);
      near(at(optim.inverseSquareRoot(0.7, 3), 7), 0.7 / Math.sqrt(7));
      near(at(optim.warmup(7, 0.3), 3), 0.9 / 7);
      near(at(optim.factorSchedule("constant * linear_warmup", { base: 0.3, warmupSteps: 7 }), 3), 0.9 / 7);
      near(at(optim.piecewiseConstantSchedule(0.3, { 2: 0.1 }), 3), 0.03);
      near(at(optim.piecewiseInterpolateSchedule("linear", 0.3, { 7: 0.1 }), 3), 0.3 - (0.27 * 3) / 7);
      near(at(optim.linearOnecycleSchedule(10, 0.3), 1), 0.012 + (0.288 * 1) / 3);
    }),
  );
});

Schedules.run();
