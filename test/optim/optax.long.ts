/** @file All of optax's trajectories, in float64 and in float32, with the leaf that is large enough to be factored. */
import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { type ProblemGolden, problemOf } from "./optax/problem.js";
import { checkTrajectory, isHere, type TrajectoriesGolden } from "./optax/trajectories.js";

const Optax = suite("optim/optax-long");
const golden = goldenFiles(Optax, "optim/optax.long.ts");

for (const dtype of ["float64", "float32"] as const) {
  withShared(Optax, `25 steps of every transformation, in ${dtype}`, (root) => {
    const { problem, cases } = golden.open<TrajectoriesGolden>(root, "optax/trajectories.json");
    const own = problemOf(problem as ProblemGolden);
    for (const c of cases.filter(isHere)) onReference(() => checkTrajectory(own, c, dtype));
  });
}

Optax.run();
