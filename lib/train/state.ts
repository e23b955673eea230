/** @file The state of training as one immutable tree, and the pure step from one state to the next. */
import { scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { methodLoss, methodLossSums } from "../methods/loss.js";
import type { Method } from "../methods/method.js";
import * as np from "../np/index.js";
import {
  applyUpdates,
  type GradientTransformation,
  globalNorm,
  incrementalUpdate,
  type StateOf,
} from "../optim/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { checkedCalls, checkIds } from "../t5/ids.js";
import { LOSS_OPTIONS, type LossOptions } from "../t5/loss-options.js";
import type { Batch } from "../t5/model.js";
import type { AnyParams } from "../t5/stack.js";
import { valueAndGrad } from "../transforms/grad.js";
import { type Jitted, jit } from "../transforms/jit.js";
import { accumulatedLossAndGrad, type LossAndGrad } from "./accumulate.js";
import { type Regularizer, regularized } from "./regularize.js";

/** Everything a step reads and writes. The frozen model is not part of it. */
export interface TrainState<P, Opt> {
  /** The trained tree of the method. */
  readonly tuned: P;
  readonly opt: Opt;
  /** Steps done, int32 scalar: it numbers the dropout keys. */
  readonly step: Tensor;
  /** The key dropout draws from, `u32[2]`. */
  readonly key: Tensor;
  /** The exponential moving average of `tuned`, where the step keeps one. */
  readonly average?: P;
}

export interface StepOptions<P extends object = object> extends LossOptions {
  /** Parts of a batch that are computed one after the other and whose gradients are added; they divide the batch. Default 1. */
  readonly microbatches?: number;
  /** Decay of an exponential moving average of the trained tree, from 0 to below 1. By default none is kept. */
  readonly ema?: number | undefined;
  /**
   * A scalar of the frozen model and the trained tree that is added to the loss, and differentiated: once a step, and not divided by what
   * `normalize` says. By default there is none.
   */
  readonly regularizer?: Regularizer<P>;
  /** Whether a step gives the Euclidean norm of the whole gradient, before any clipping, as `gradientNorm`. Default false. */
  readonly gradientNorm?: boolean;
}

/** The names of `StepOptions` in signatures. */
export const STEP_OPTIONS = `microbatches, ema, regularizer, gradientNorm, ${LOSS_OPTIONS}` as const;

/** The state before the first step. It owns `tuned` and `key` from now on; with `ema` the average starts from a copy of `tuned`. */
export const initState = takes(
  "initState(tx, tuned, key, options)",
  <P extends object, Opt>(
    tx: GradientTransformation<Opt>,
    tuned: P,
    key: Tensor,
    { ema }: Pick<StepOptions, "ema"> = {},
  ): TrainState<P, StateOf<Opt, P>> => ({
    tuned,
    opt: tx.init(tuned),
    step: np.scalar(0, "int32"),
    key,
    ...(ema !== undefined && { average: scope(() => treeMap(np.copy, tuned)) as P }),
  }),
);

/** The tree that is evaluated and kept: the average where there is one, else the trained tree itself. */
export const evaluatedTree = takes(
  "evaluatedTree(state)",
  <P>({ tuned, average }: TrainState<P, unknown>): P => average ?? tuned,
);

/** A compiled step; it takes the state over and gives the next one. */
export type TrainStep<P, Opt> = Jitted<StepFunction<P, Opt>>;

const WHERE = "train.makeTrainStep";

/** @throws {ArgumentError} for options out of range */
const checkOptions = ({ microbatches = 1, ema = 0 }: Pick<StepOptions, "microbatches" | "ema">): void => {
  if (!Number.isSafeInteger(microbatches) || microbatches < 1) {
    const [what, expected] = ["not a number of microbatches", "1, 2, …"];
    throw new ArgumentError({ where: WHERE, what, expected, got: `${microbatches}` });
  }
  if (!(ema >= 0 && ema < 1)) {
    const [what, expected] = ["not a decay of an average", "a number from 0 to below 1"];
    throw new ArgumentError({ where: WHERE, what, expected, got: `${ema}` });
  }
};

/** Loss and gradient of a whole batch, at once or in microbatches, without the regularizer. */
const ofBatch = <P extends object>(config: T5Config, method: Method<P>, options: StepOptions<P>): LossAndGrad<P> => {
  const { microbatches = 1, ema: _ema, regularizer: _regularizer, gradientNorm: _norm, ...ofLoss } = options;
  if (microbatches === 1) return valueAndGrad(methodLoss(config, method, ofLoss), { argnums: 1 }) as LossAndGrad<P>;
  return accumulatedLossAndGrad(methodLossSums(config, method, ofLoss), microbatches, ofLoss.normalize);
};

/** A step as a pure function, to be compiled; it gives the next state and the loss. */
export type StepFunction<P, Opt> = (
  frozen: AnyParams,
  state: TrainState<P, Opt>,
  batch: Batch,
) => { readonly state: TrainState<P, Opt>; readonly loss: Tensor; readonly gradientNorm?: Tensor };

/** The step of a method as a pure function. @throws {ArgumentError} for options out of range */
export const stepFunction = <P extends object, Opt>(
  config: T5Config,
  method: Method<P>,
  tx: GradientTransformation<Opt>,
  options: StepOptions<NoInfer<P>>,
): StepFunction<P, StateOf<Opt, P>> => {
  checkOptions(options);
  const { ema, regularizer, gradientNorm: withNorm = false } = options;
  const plain = ofBatch(config, method, options);
  const lossAndGrad = regularizer === undefined ? plain : regularized(plain, regularizer);
  return function trainStep(frozen, { tuned: before, average, ...state }, batch) {
    // The method may drop where the model does not; where nothing is dropped, the key is never used.
    const dropoutKey = random.foldIn(state.key, state.step);
    const [loss, grads] = lossAndGrad(frozen, before, { ...batch, dropoutKey });
    const [updates, opt] = tx.update(grads, state.opt, before, { value: loss });
    const tuned = applyUpdates(before, updates);
    const next = { tuned, opt, step: np.add(state.step, 1), key: state.key };
    const averaged = ema !== undefined && { average: incrementalUpdate(tuned, average as P, 1 - ema) };
    return { state: { ...next, ...averaged }, loss, ...(withNorm && { gradientNorm: globalNorm(grads) }) };
  };
};

/** A compiled step that checks the ids of its batches where numbers are at hand. */
export const withCheckedIds = <F extends (frozen: AnyParams, state: never, batch: Batch) => unknown>(
  config: T5Config,
  step: F,
): F =>
  checkedCalls("makeTrainStep(frozen, state, batch)", step, (_frozen, _state, { inputs, targets, choices }) => {
    checkIds(WHERE, config, inputs, { what: "inputs" });
    checkIds(WHERE, config, targets, { what: "targets", target: true });
    checkIds(WHERE, config, choices, { what: "choices", target: true });
  });

/**
 * The training step of a method: loss, gradient with respect to the trained tree, optimizer update, in one program.
 *
 * The state is donated: its buffers are gone after the call, and the returned state takes their place.
 * @throws {ArgumentError} for options out of range, and from the step when the microbatches do not divide the batch, or an id is outside of the vocabulary
 * @example const { state: next, loss } = makeTrainStep(config, method, tx)(frozen, state, batch)
 */
export const makeTrainStep = takes(
  `makeTrainStep(config, method, tx, { ${STEP_OPTIONS} })`,
  <P extends object, Opt>(
    config: T5Config,
    method: Method<P>,
    tx: GradientTransformation<Opt>,
    options: StepOptions<NoInfer<P>> = {},
  ): TrainStep<P, StateOf<Opt, P>> =>
    withCheckedIds(config, jit(stepFunction(config, method, tx, options), { donate: [1] })),
);
