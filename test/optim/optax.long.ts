/** @file All of optax's trajectories, in float64 and in float32, with the leaf that is large enough to be factored. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goldenFiles } from "../helpers/golden-file.js";
import { onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { type ProblemGolden, problemOf } from "./optax/problem.js";
import { checkTrajectory, isHere, sumOfBig, type TrajectoriesGolden, type Trajectory } from "./optax/trajectories.js";

const Optax = suite("optim/optax-long");
const golden = goldenFiles(Optax, "optim/optax.long.ts");

for (const dtype of ["float64", "float32"] as const) {
  withShared(Optax, `25 steps of every transformation, in ${dtype}`, (root) => {
    const { problem, cases } = golden.open<TrajectoriesGolden>(root, "optax/trajectories.json");
    const own = problemOf(problem as ProblemGolden);
    for (const c of cases.filter(isHere)) onReference(() => checkTrajectory(own, c, dtype));
  });
}

withShared(Optax, "the last bit of the start decides elements that schedule-free leaves to rounding", (root) => {
  const { problem, cases } = golden.open<TrajectoriesGolden>(root, "optax/trajectories.json");
  const own = problemOf(problem as ProblemGolden);
  const c = cases.find(({ name }) => name === "contrib.schedule_free_adamw") as Trajectory;
  onReference(() => {
    const [plain, nudged] = [0, 2 ** -52].map((nudge) => sumOfBig(own, c, 5, nudge));
    assert.ok(Math.abs(plain - nudged) > 1e-4, `${plain} and ${nudged}`);
  });
});

Optax.run();
