/** @file Averages of parameters over steps. */
import { scope, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { mapLeaves } from "./base.js";

/**
 * `stepSize · fresh + (1 - stepSize) · old`: one step of an average of parameters (Polyak).
 *
 * @throws {TreeError | ShapeError} where the two do not fit
 * @see optax's `incremental_update`
 */
export const incrementalUpdate = takes(
  "optim.incrementalUpdate(fresh, old, stepSize)",
  <P>(fresh: P, old: unknown, stepSize: number | Tensor): P =>
    scope(() =>
      mapLeaves("optim.incrementalUpdate", (f, o) => np.add(o, np.multiply(stepSize, np.subtract(f, o))), fresh, old),
    ),
);

/**
 * The fresh parameters every `period` steps, the old ones in between.
 *
 * - `step`: int32 scalar
 * @see optax's `periodic_update`
 */
export const periodicUpdate = takes(
  "optim.periodicUpdate(fresh, old, step, period)",
  <P>(fresh: P, old: unknown, step: Tensor, period: number): P =>
    scope(() => {
      const now = np.equal(np.mod(step, period), 0);
      return mapLeaves("optim.periodicUpdate", (f, o) => np.where(now, f, o), fresh, old);
    }),
);
