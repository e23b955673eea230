/** @file The state of training as one immutable tree, and the pure step from one state to the next. */
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { applyUpdates, type GradientTransformation } from "../optim/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { type Batch, type LossOptions, type Params, type PromptParams, promptLoss } from "../t5/model.js";
import { valueAndGrad } from "../transforms/grad.js";
import { type Jitted, jit } from "../transforms/jit.js";

/** Everything a step reads and writes. The frozen model is not part of it. */
export interface TrainState<Opt> {
  readonly prompt: PromptParams;
  readonly opt: Opt;
  /** Steps done, int32 scalar: it numbers the dropout keys. */
  readonly step: Tensor;
  /** The key dropout draws from, `u32[2]`. */
  readonly key: Tensor;
}

/** The state before the first step. It owns `prompt` and `key` from now on. */
export const initState = <Opt>(
  tx: GradientTransformation<Opt>,
  prompt: PromptParams,
  key: Tensor,
): TrainState<Opt> => ({ prompt, opt: tx.init(prompt), step: np.scalar(0, "int32"), key });

/** A compiled step; it takes the state over and gives the next one. */
export type TrainStep<Opt> = Jitted<
  (frozen: Params, state: TrainState<Opt>, batch: Batch) => { readonly state: TrainState<Opt>; readonly loss: Tensor }
>;

/**
 * The training step of prompt tuning: loss, gradient with respect to the prompt, optimizer update, in one program.
 *
 * The state is donated: its buffers are gone after the call, and the returned state takes their place.
 * @example const { state: next, loss } = makeTrainStep(config, tx)(frozen, state, batch)
 */
export const makeTrainStep = <Opt>(
  config: T5Config,
  tx: GradientTransformation<Opt>,
  options: LossOptions = {},
): TrainStep<Opt> => {
  const lossAndGrad = valueAndGrad(promptLoss(config, options), { argnums: 1 });
  const withDropout = (options.dropoutRate ?? 0) > 0;
  return jit(
    function trainStep(frozen: Params, state: TrainState<Opt>, batch: Batch) {
      const dropout = withDropout ? { dropoutKey: random.foldIn(state.key, state.step) } : {};
      const [loss, grads] = lossAndGrad(frozen, state.prompt, { ...batch, ...dropout });
      const [updates, opt] = tx.update(grads as PromptParams, state.opt, state.prompt);
      const prompt = applyUpdates(state.prompt, updates) as PromptParams;
      return { state: { prompt, opt, step: np.add(state.step, 1), key: state.key }, loss };
    },
    { donate: [1] },
  );
};
