/**
 * @file Optimizers by name: chains of the transformations beside, with optax's defaults.
 *
 * @see optax's `alias.py`
 */

import type { Tensor } from "../core/tensor.js";
import {
  type RmsOptions,
  scaleByAdadelta,
  scaleByLion,
  scaleByNovograd,
  scaleByRms,
  scaleByRss,
  scaleByStddev,
  trace,
} from "./accumulators.js";
import {
  type MomentOptions,
  type MomentState,
  scaleByAdam,
  scaleByAdamax,
  scaleByAmsgrad,
  scaleByBelief,
  scaleByRadam,
  scaleByYogi,
} from "./adam.js";
import { chain, identity, type NoState } from "./base.js";
import { scaleBySign, scaleByTrustRatio } from "./clip.js";
import { optimizer } from "./define.js";
import { masked } from "./masked.js";
import type { RunningState } from "./per-leaf.js";
import { addDecayedWeights, type Mask, type ScheduleState, scaleByLearningRate } from "./scale.js";
import type { Rate } from "./schedules.js";
import { type Sm3State, scaleBySm3 } from "./sm3.js";
import type { GradientTransformation, OfPart } from "./state.js";
import { addNoise, type NoiseState } from "./wrappers.js";

/** What every optimizer is given: a number, a scalar tensor or a schedule. */
export interface LearningRate {
  readonly learningRate: Rate;
}

export interface DecayOptions {
  /** Share of the parameter added to the update before the learning rate (in `adadelta` to the gradient). Default 1e-4; 1e-3 in `lion`; 0 in `adadelta`, `lamb`, `lars`. */
  readonly weightDecay?: number | Tensor;
  /** Which parameters decay; by default all. */
  readonly mask?: Mask;
}

export interface MomentumOptions {
  /** Decay of the accumulated gradients; without it there is no momentum. Default 0.9 in `lars`. */
  readonly momentum?: number;
  /** Whether the momentum looks one step ahead. Default false. */
  readonly nesterov?: boolean;
}

/** State of momentum that may be absent. */
type Trace = RunningState<"trace"> | NoState;

/** Options in which momentum is given, and such in which it is not. */
type WithMomentum = MomentumOptions & { readonly momentum: number };
type WithoutMomentum = MomentumOptions & { readonly momentum?: never };
type Chained<S> = GradientTransformation<readonly [S, NoState, ScheduleState]>;

const momentumOf = ({ momentum, nesterov = false }: MomentumOptions): GradientTransformation<Trace> =>
  (momentum === undefined ? identity() : trace(momentum, { nesterov })) as GradientTransformation<Trace>;

/** Direction, decay, learning rate. */
const decayed = <S>(
  direction: GradientTransformation<S>,
  options: LearningRate & DecayOptions,
  weightDecay: number | Tensor,
): Chained<S> =>
  chain(
    direction,
    addDecayedWeights(options.weightDecay ?? weightDecay, { mask: options.mask }),
    scaleByLearningRate(options.learningRate),
  );

const plain = <S>(
  direction: GradientTransformation<S>,
  { learningRate }: LearningRate,
): GradientTransformation<readonly [S, ScheduleState]> => chain(direction, scaleByLearningRate(learningRate));

/** Overloads of `sgd`: the state has a trace where there is momentum. */
export interface Sgd {
  (rate: Rate): GradientTransformation<readonly [NoState, ScheduleState]>;
  (rate: Rate, options: WithMomentum): GradientTransformation<readonly [RunningState<"trace">, ScheduleState]>;
  (options: LearningRate & WithMomentum): GradientTransformation<readonly [RunningState<"trace">, ScheduleState]>;
  (options: LearningRate & WithoutMomentum): GradientTransformation<readonly [NoState, ScheduleState]>;
  (options: LearningRate & MomentumOptions): GradientTransformation<readonly [Trace, ScheduleState]>;
}

/** Gradient descent: `u = -rate · g`, with momentum if wanted. */
export const sgd: Sgd = optimizer(
  "optim.sgd({ learningRate, momentum, nesterov })",
  (options: LearningRate & MomentumOptions): never => plain(momentumOf(options), options) as never,
);

/** The sign of the gradient. @see Bernstein et al. 2018, arXiv:1802.04434 */
export const signSgd = optimizer(
  "optim.signSgd({ learningRate })",
  (options: LearningRate): GradientTransformation<readonly [NoState, ScheduleState]> => plain(scaleBySign(), options),
);

/**
 * Gradient descent with noise of variance `eta / t ** gamma`.
 *
 * - `eta`: default 0.01
 * - `gamma`: default 0.55
 * - `seed`: default 0
 * @see optax's `noisy_sgd`
 */
export const noisySgd = optimizer(
  "optim.noisySgd({ learningRate, eta, gamma, seed })",
  (
    options: LearningRate & { readonly eta?: number; readonly gamma?: number; readonly seed?: number },
  ): GradientTransformation<readonly [NoiseState, ScheduleState]> =>
    plain(addNoise(options.eta ?? 0.01, options.gamma ?? 0.55, options.seed ?? 0), options),
);

/** @see Kingma and Ba 2015, arXiv:1412.6980 */
export const adam = optimizer(
  "optim.adam({ learningRate, beta1, beta2, epsilon, epsilonRoot, nesterov })",
  (
    options: LearningRate & MomentOptions & { readonly nesterov?: boolean },
  ): GradientTransformation<readonly [MomentState, ScheduleState]> => plain(scaleByAdam(moments(options)), options),
);

/**
 * Adam with weight decay that does not go through the moments: `u = -rate · (m̂ / (sqrt(v̂) + eps) + weightDecay · p)`.
 *
 * @see Loshchilov and Hutter 2019, arXiv:1711.05101
 * @example adamw({ learningRate: warmup(100, 1e-3), weightDecay: 0.01, mask: "**\/kernel" })
 */
export const adamw = optimizer(
  "optim.adamw({ learningRate, beta1, beta2, epsilon, epsilonRoot, weightDecay, mask, nesterov })",
  (options: LearningRate & MomentOptions & DecayOptions & { readonly nesterov?: boolean }): Chained<MomentState> =>
    decayed(scaleByAdam(moments(options)), options, 1e-4),
);

/** Adam whose first moment looks one step ahead. @see Dozat 2016 */
export const nadam = optimizer(
  "optim.nadam({ learningRate, beta1, beta2, epsilon, epsilonRoot })",
  (options: LearningRate & MomentOptions): ReturnType<typeof adam> => adam({ ...options, nesterov: true }),
);

export const nadamw = optimizer(
  "optim.nadamw({ learningRate, beta1, beta2, epsilon, epsilonRoot, weightDecay, mask })",
  (options: LearningRate & MomentOptions & DecayOptions): Chained<MomentState> => adamw({ ...options, nesterov: true }),
);

export const amsgrad = optimizer(
  "optim.amsgrad({ learningRate, beta1, beta2, epsilon, epsilonRoot })",
  (
    options: LearningRate & MomentOptions,
  ): GradientTransformation<readonly [RunningState<"mu" | "nu" | "nuMax">, ScheduleState]> =>
    plain(scaleByAmsgrad(moments(options)), options),
);

export const adamax = optimizer(
  "optim.adamax({ learningRate, beta1, beta2, epsilon, epsilonRoot })",
  (options: LearningRate & MomentOptions): GradientTransformation<readonly [MomentState, ScheduleState]> =>
    plain(scaleByAdamax(moments(options)), options),
);

export const adamaxw = optimizer(
  "optim.adamaxw({ learningRate, beta1, beta2, epsilon, epsilonRoot, weightDecay, mask })",
  (options: LearningRate & MomentOptions & DecayOptions): Chained<MomentState> =>
    decayed(scaleByAdamax(moments(options)), options, 1e-4),
);

export const adabelief = optimizer(
  "optim.adabelief({ learningRate, beta1, beta2, epsilon, epsilonRoot })",
  (options: LearningRate & MomentOptions): GradientTransformation<readonly [MomentState, ScheduleState]> =>
    plain(scaleByBelief(moments(options)), options),
);

export const yogi = optimizer(
  "optim.yogi({ learningRate, beta1, beta2, epsilon, epsilonRoot })",
  (options: LearningRate & MomentOptions): GradientTransformation<readonly [MomentState, ScheduleState]> =>
    plain(scaleByYogi(moments(options)), options),
);

/** `threshold`: as `scaleByRadam` has it, by default 5. @see Liu et al. 2020, arXiv:1908.03265 */
export const radam = optimizer(
  "optim.radam({ learningRate, beta1, beta2, epsilon, epsilonRoot, threshold })",
  (
    options: LearningRate & MomentOptions & { readonly threshold?: number },
  ): GradientTransformation<readonly [MomentState, ScheduleState]> => {
    const { threshold } = options;
    return plain(scaleByRadam({ ...moments(options), ...(threshold === undefined ? {} : { threshold }) }), options);
  },
);

/** The defaults are those of `scaleByRss`. @see Duchi et al. 2011 */
export const adagrad = optimizer(
  "optim.adagrad({ learningRate, initialAccumulator, epsilon })",
  (
    options: LearningRate & { readonly initialAccumulator?: number; readonly epsilon?: number },
  ): GradientTransformation<readonly [RunningState<"sumOfSquares">, ScheduleState]> =>
    plain(scaleByRss(options), options),
);

/** The decay is added to the gradient. The defaults of rho and epsilon are those of `scaleByAdadelta`. @see Zeiler 2012, arXiv:1212.5701 */
export const adadelta = optimizer(
  "optim.adadelta({ learningRate, weightDecay, mask, rho, epsilon })",
  (
    options: LearningRate & DecayOptions & { readonly rho?: number; readonly epsilon?: number },
  ): GradientTransformation<readonly [NoState, RunningState<"gradSquares" | "updateSquares">, ScheduleState]> =>
    chain(
      addDecayedWeights(options.weightDecay ?? 0, { mask: options.mask }),
      scaleByAdadelta(options),
      scaleByLearningRate(options.learningRate),
    ),
);

type RmspropOptions = LearningRate & RmsOptions & { readonly centered?: boolean };

/** Overloads of `rmsprop`: the state has a trace where there is momentum. */
export interface Rmsprop {
  (rate: Rate): GradientTransformation<readonly [RunningState<"nu">, ScheduleState, NoState]>;
  (
    options: RmspropOptions & WithMomentum,
  ): GradientTransformation<readonly [RunningState<"nu">, ScheduleState, RunningState<"trace">]>;
  (
    options: RmspropOptions & WithoutMomentum,
  ): GradientTransformation<readonly [RunningState<"nu">, ScheduleState, NoState]>;
  (
    options: RmspropOptions & MomentumOptions,
  ): GradientTransformation<readonly [RunningState<"nu">, ScheduleState, Trace]>;
}

/**
 * RMSProp, centred if wanted (by default not); the momentum is that of the scaled updates.
 *
 * @see Tieleman and Hinton 2012; Graves 2013
 */
export const rmsprop: Rmsprop = optimizer(
  "optim.rmsprop({ learningRate, decay, epsilon, initialScale, epsilonInRoot, centered, momentum, nesterov })",
  (options: RmspropOptions & MomentumOptions): never =>
    chain(
      (options.centered === true ? scaleByStddev(options) : scaleByRms(options)) as GradientTransformation<
        RunningState<"nu">
      >,
      scaleByLearningRate(options.learningRate),
      momentumOf(options),
    ) as never,
);

/** Adam for large batches: each layer's update has the size of its weights. @see You et al. 2020, arXiv:1904.00962 */
export const lamb = optimizer(
  "optim.lamb({ learningRate, beta1, beta2, epsilon, epsilonRoot, weightDecay, mask })",
  (
    options: LearningRate & MomentOptions & DecayOptions,
  ): GradientTransformation<readonly [MomentState, NoState, NoState, ScheduleState]> =>
    chain(
      scaleByAdam({ epsilon: 1e-6, ...moments(options) }),
      addDecayedWeights(options.weightDecay ?? 0, { mask: options.mask }),
      scaleByTrustRatio(),
      scaleByLearningRate(options.learningRate),
    ),
);

/**
 * Gradient descent for large batches: each layer's update has a share `trustCoefficient` of the size of its weights.
 *
 * - `trustCoefficient`: default 1e-3
 * - `epsilon`: added to the norm of the update. Default 0
 * - `trustMask`: which parameters are scaled so; by default all
 * @see You et al. 2017, arXiv:1708.03888
 */
export const lars = optimizer(
  "optim.lars({ learningRate, weightDecay, mask, momentum, nesterov, trustCoefficient, epsilon, trustMask })",
  (
    options: LearningRate &
      DecayOptions &
      MomentumOptions & { readonly trustCoefficient?: number; readonly epsilon?: number; readonly trustMask?: Mask },
  ): GradientTransformation<readonly [NoState, OfPart<NoState>, ScheduleState, RunningState<"trace">]> => {
    const { trustCoefficient = 0.001, epsilon = 0, momentum = 0.9, nesterov = false } = options;
    return chain(
      addDecayedWeights(options.weightDecay ?? 0, { mask: options.mask }),
      masked(scaleByTrustRatio({ trustCoefficient, epsilon }), options.trustMask ?? "**"),
      scaleByLearningRate(options.learningRate),
      trace(momentum, { nesterov }),
    );
  },
);

/**
 * The sign of an average; learning rates are three to ten times smaller than Adam's.
 *
 * The defaults of the decays are those of `scaleByLion`.
 * @see Chen et al. 2023, arXiv:2302.06675
 */
export const lion = optimizer(
  "optim.lion({ learningRate, weightDecay, mask, beta1, beta2 })",
  (
    options: LearningRate & DecayOptions & { readonly beta1?: number; readonly beta2?: number },
  ): Chained<RunningState<"mu">> => decayed(scaleByLion(options), options, 1e-3),
);

/** The defaults are those of `scaleByNovograd`, but for an epsilon of 1e-6. @see Ginsburg et al. 2019, arXiv:1905.11286 */
export const novograd = optimizer(
  "optim.novograd({ learningRate, beta1, beta2, epsilon, weightDecay })",
  (
    options: LearningRate & {
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    },
  ): GradientTransformation<readonly [RunningState<"mu" | "nu">, ScheduleState]> =>
    plain(scaleByNovograd({ epsilon: 1e-6, ...options }), options),
);

/** `momentum`: decay of the average of the updates, by default 0.9. @see Anil et al. 2019, arXiv:1901.11150 */
export const sm3 = optimizer(
  "optim.sm3({ learningRate, momentum })",
  (
    options: LearningRate & { readonly momentum?: number },
  ): GradientTransformation<readonly [Sm3State, ScheduleState]> =>
    plain(scaleBySm3({ beta1: options.momentum ?? 0.9 }), options),
);

/** The settings of the moments among others. */
const moments = <T extends MomentOptions & { readonly nesterov?: boolean }>(
  options: T,
): MomentOptions & { readonly nesterov?: boolean } => {
  const names = ["beta1", "beta2", "epsilon", "epsilonRoot", "nesterov"] as const;
  return Object.fromEntries(names.filter((n) => options[n] !== undefined).map((n) => [n, options[n]]));
};
