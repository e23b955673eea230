/** @file Optimizers and schedules against optax's own numbers, in float64; optax.long.ts has float32 and the large leaf. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { messageOf, onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { lossAndGradient, type ProblemGolden, problemOf, startOf } from "./optax/problem.js";
import { type ScheduleGolden, scheduleOf } from "./optax/schedules.js";
import { checkHelpers, checkLeaf, checkTrajectory, isHere, type TrajectoriesGolden } from "./optax/trajectories.js";

const Optax = suite("optim/optax");
const golden = goldenFiles(Optax, "optim/optax.test.ts");

withShared(Optax, "the problem has optax's loss and gradient, the helpers optax's results", (root) => {
  const { problem, check, helpers } = golden.open<TrajectoriesGolden>(root, "optax/trajectories.json");
  const own = problemOf(problem as ProblemGolden);
  const { loss, gradient } = lossAndGradient(own, startOf(own));
  assert.ok(Math.abs(loss - check.loss) <= 1e-12 * loss);
  for (const [leaf, want] of Object.entries(check.gradient)) checkLeaf(leaf, gradient[leaf], want, 1e-12);
  onReference(() => checkHelpers(own, helpers));
});

withShared(Optax, "25 steps of every transformation, in float64", (root) => {
  const { problem, cases } = golden.open<TrajectoriesGolden>(root, "optax/trajectories.json");
  const own = problemOf(problem as ProblemGolden);
  for (const c of cases.filter(isHere)) onReference(() => checkTrajectory(own, c, "float64", true));
});

interface SchedulesGolden {
  readonly schedules: readonly {
    readonly schedule: ScheduleGolden;
    readonly steps: readonly number[];
    readonly values: readonly number[];
  }[];
  readonly odd: readonly {
    readonly schedule: ScheduleGolden;
    readonly values?: readonly number[];
    readonly error?: string;
  }[];
}

withShared(Optax, "schedules", (root) => {
  onReference(() => {
    for (const { schedule, steps, values } of golden.open<SchedulesGolden>(root, "optax/schedules.json").schedules) {
      const own = scheduleOf(schedule);
      const largest = Math.max(...values.map(Math.abs));
      steps.forEach((step, i) => {
        for (const dtype of ["float32", "float64"] as const) {
          const got = own(np.scalar(step, "int32"), dtype);
          assert.is(got.dtype, dtype);
          const off = Math.abs(got.item() - values[i]);
          const what = `${schedule.name}, ${dtype}, step ${step}: ${got.item()}, not ${values[i]}`;
          assert.ok(off <= 2e-6 * Math.abs(values[i]) + 1e-6 * largest, what);
        }
      });
    }
  });
});

/** What arguments at the edge give here: an error that names them, or the sensible value, where optax stays at the first for ever. */
const ODD: Readonly<Record<string, RegExp | number>> = {
  warmup_constant_schedule: 1,
  linear_schedule: /steps must be positive/,
  exponential_decay: /(steps|factor) must be positive/,
  cosine_decay_schedule: /steps must be positive/,
  warmup_cosine_decay_schedule: /decaySteps - warmupSteps must be positive/,
  cosine_onecycle_schedule: /steps must be positive/,
  piecewise_constant_schedule: /a factor is not a number from 0/,
};

withShared(Optax, "schedules with arguments at the edge", (root) => {
  onReference(() => {
    for (const { schedule, values, error } of golden.open<SchedulesGolden>(root, "optax/schedules.json").odd) {
      const want = ODD[schedule.name];
      // What optax refuses is refused here.
      if (error !== undefined) assert.instance(want, RegExp);
      if (want instanceof RegExp) assert.match(messageOf(() => scheduleOf(schedule)) ?? "no error", want);
      else {
        const got = (values ?? []).map((_, step) => scheduleOf(schedule)(np.scalar(step, "int32")).item());
        assert.equal(got, new Array(8).fill(want));
      }
    }
  });
});

Optax.run();
