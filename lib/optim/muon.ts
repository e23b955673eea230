/** @file Muon: momentum whose singular values are made about one, for matrices; Adam for everything else. */
import { ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { MomentOptions, MomentState } from "./adam.js";
import { chain, type NoState, stateless } from "./base.js";
import { optimizer } from "./define.js";
import { multiTransform } from "./masked.js";
import { adamw, type LearningRate } from "./optimizers.js";
import { average, biasCorrection, perLeaf, type RunningState } from "./per-leaf.js";
import { addDecayedWeights, type Mask, type ScheduleState, scaleByLearningRate } from "./scale.js";
import type { Rate } from "./schedules.js";
import type { GradientTransformation, OfPart } from "./state.js";

/** The coefficients `a, b, c` of `a x + b (x xᵀ) x + c (x xᵀ)² x`. */
export type NewtonSchulz = readonly [a: number, b: number, c: number];

/** Keller Jordan's: they take small singular values towards one as fast as they can, and leave all between 0.7 and 1.2. */
const COEFFICIENTS: NewtonSchulz = [3.4445, -4.775, 2.0315];

export interface MuonOptions {
  /** Decay of the momentum. Default 0.95. */
  readonly beta?: number;
  /** Whether the momentum looks one step ahead. Default true. */
  readonly nesterov?: boolean;
  /** How often the polynomial is applied. Default 5. */
  readonly steps?: number;
  readonly coefficients?: NewtonSchulz;
  /** Added to the norm that a matrix is divided by. Default 1e-8. */
  readonly epsilon?: number;
}

/** The nearest matrix with equal singular values, about: by the polynomial of Newton and Schulz, over the shorter side. */
const orthogonalized = (x: Tensor, steps: number, [a, b, c]: NewtonSchulz, epsilon: number): Tensor => {
  const tall = x.shape[0] > x.shape[1];
  const wide = tall ? np.transpose(x) : x;
  let y = np.divide(wide, np.add(np.sqrt(np.sum(np.square(wide))), epsilon));
  for (let i = 0; i < steps; i++) {
    const square = np.matmul(y, np.transpose(y));
    const factor = np.add(np.multiply(b, square), np.multiply(c, np.matmul(square, square)));
    y = np.add(np.multiply(a, y), np.matmul(factor, y));
  }
  return tall ? np.transpose(y) : y;
};

/** @throws {ShapeError} for a parameter that is not a matrix */
const checkMatrix = (x: Tensor): void => {
  if (x.ndim === 2) return;
  const hint = "optim.muon gives the others to Adam; optim.masked selects parameters";
  throw new ShapeError({
    where: "optim.scaleByMuon",
    what: "a parameter is not a matrix",
    expected: "[n, m]",
    got: `${x.aval}`,
    hint,
  });
};

/**
 * The momentum of each matrix with its singular values made about one.
 *
 * @throws {ShapeError} for a parameter that is not a matrix
 * @see Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; optax's `contrib.scale_by_muon`
 */
export const scaleByMuon = optimizer(
  "optim.scaleByMuon({ beta, nesterov, steps, coefficients, epsilon })",
  (options: MuonOptions = {}): GradientTransformation<RunningState<"mu">> => {
    const { beta = 0.95, nesterov = true, steps = 5, coefficients = COEFFICIENTS, epsilon = 1e-8 } = options;
    return perLeaf({
      name: "optim.scaleByMuon",
      slots: { mu: 0 },
      shared: (t, dtype) => ({
        now: biasCorrection(beta, t, dtype),
        next: biasCorrection(beta, np.add(t, 1), dtype),
      }),
      step: (g, old, { now, next }) => {
        checkMatrix(g);
        const mu = average(beta, old.mu, g);
        const direction = nesterov ? average(beta, np.divide(mu, next), np.divide(g, now)) : np.divide(mu, now);
        return [orthogonalized(direction, steps, coefficients, epsilon), { mu }];
      },
    });
  },
);

/** Wide matrices, `[in, out]` with more outputs than inputs, take steps larger by the root of the ratio. */
const scaleByShape = (): GradientTransformation<NoState> =>
  stateless("optim.muon", (g) => np.multiply(g, Math.sqrt(Math.max(1, g.shape[1] / g.shape[0]))));

export interface MuonWithAdamOptions extends LearningRate, MuonOptions {
  /** Share of a matrix added to its update before the rate. Default 0. */
  readonly weightDecay?: number | Tensor;
  /** Which matrices decay; by default all. */
  readonly mask?: Mask;
  /** The rate of the parameters that are not matrices. Default that of the matrices. */
  readonly adamLearningRate?: Rate;
  /** Adam's settings for them. Default those of `adamw` without decay, but `nesterov` and `epsilon` as for the matrices. */
  readonly adam?: MomentOptions & { readonly nesterov?: boolean; readonly weightDecay?: number | Tensor };
}

/** The state for the matrices, and that of Adam for the others. */
export interface MuonState {
  readonly muon: OfPart<readonly [RunningState<"mu">, NoState, NoState, ScheduleState]>;
  readonly adam: OfPart<readonly [MomentState, NoState, ScheduleState]>;
}

/**
 * Muon for matrices, AdamW without decay for all other parameters.
 *
 * @see Jordan et al. 2024; optax's `contrib.muon`
 * @example muon({ learningRate: 0.02, adamLearningRate: 1e-3 })
 */
export const muon = optimizer(
  "optim.muon({ learningRate, beta, nesterov, steps, coefficients, epsilon, weightDecay, mask, adamLearningRate, adam })",
  (options: MuonWithAdamOptions): GradientTransformation<MuonState> => {
    const { learningRate, weightDecay = 0, mask, adamLearningRate = learningRate, adam = {}, ...rest } = options;
    const matrices = chain(
      scaleByMuon(rest),
      scaleByShape(),
      addDecayedWeights(weightDecay, { mask }),
      scaleByLearningRate(learningRate),
    );
    const { nesterov = true, epsilon = 1e-8 } = rest;
    const others = adamw({ learningRate: adamLearningRate, weightDecay: 0, nesterov, epsilon, ...adam });
    return multiTransform({ muon: matrices, adam: others }, (_path, p) => (p.ndim === 2 ? "muon" : "adam"));
  },
);
