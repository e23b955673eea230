/** @file The loss of a method: that of the frozen model with the trained tree in it. */
import { composite, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import type { T5Config } from "../t5/config.js";
import { loss, lossSums } from "../t5/loss.js";
import { LOSS_OPTIONS, type LossOptions } from "../t5/loss-options.js";
import type { Batch } from "../t5/model.js";
import type { Modified } from "../t5/modified.js";
import type { AnyParams } from "../t5/stack.js";
import type { Method } from "./method.js";

/**
 * The training loss of a method as a pure function `(frozen, tuned, batch) => loss`.
 *
 * Differentiate it with respect to argument 1; the frozen weights then carry no tangents.
 * @example const step = valueAndGrad(methods.methodLoss(config, method), { argnums: 1 })
 */
export const methodLoss = takes(
  `methods.methodLoss(config, method, { ${LOSS_OPTIONS} })`,
  <P extends object>(
    config: T5Config,
    method: Method<P>,
    options: LossOptions = {},
  ): ((frozen: AnyParams, tuned: P, batch: Batch) => Tensor) => {
    const lossOf = loss<Modified>(config, options);
    return composite("methods.methodLoss", (frozen: AnyParams, tuned: P, batch: Batch) =>
      lossOf(method.apply(config, frozen, tuned, batch), batch),
    );
  },
);

/**
 * The summed loss of a method and what it is counted by, to be added up over microbatches; see `t5.lossSums`.
 *
 * @example const [sum, count] = methods.methodLossSums(config, method)(frozen, tuned, batch)
 */
export const methodLossSums = takes(
  `methods.methodLossSums(config, method, { ${LOSS_OPTIONS} })`,
  <P extends object>(
    config: T5Config,
    method: Method<P>,
    options: LossOptions = {},
  ): ((frozen: AnyParams, tuned: P, batch: Batch) => readonly [sum: Tensor, count: Tensor]) => {
    const sumsOf = lossSums<Modified>(config, options);
    return composite("methods.methodLossSums", (frozen: AnyParams, tuned: P, batch: Batch) =>
      sumsOf(method.apply(config, frozen, tuned, batch), batch),
    );
  },
);
