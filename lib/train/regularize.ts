/** @file A loss with a term that is of the trained tree alone. */
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { AnyParams } from "../t5/stack.js";
import { valueAndGrad } from "../transforms/grad.js";
import type { LossAndGrad } from "./accumulate.js";

/** A scalar of the frozen model and the trained tree, such as the distance of a prompt from a text. */
export type Regularizer<P> = (frozen: AnyParams, tuned: P) => Tensor;

/** A loss and its gradient, both with those of a regularizer added: once, in whatever parts the batch is computed, and undivided. */
export const regularized = <P extends object>(
  lossAndGrad: LossAndGrad<P>,
  regularizer: Regularizer<P>,
): LossAndGrad<P> => {
  const termAndGrad = valueAndGrad(regularizer, { argnums: 1 });
  return (frozen, tuned, batch) => {
    const [loss, grads] = lossAndGrad(frozen, tuned, batch);
    const [term, slopes] = termAndGrad(frozen, tuned);
    return [np.add(loss, term), treeMap(np.add, grads, slopes) as P];
  };
};
