/** @file Gradients of a batch that are added up over microbatches, so that memory is needed for one of them at a time. */
import { ArgumentError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { Batch } from "../t5/model.js";
import { type Normalize, normalizer } from "../t5/normalizing.js";
import type { AnyParams } from "../t5/stack.js";
import { valueAndGrad } from "../transforms/grad.js";
import { scan } from "../transforms/scan.js";

/** A summed loss and what it is counted by; see `t5.lossSums`. */
export type LossSums<P> = (frozen: AnyParams, tuned: P, batch: Batch) => readonly [sum: Tensor, count: Tensor];

/** A loss and its gradient with respect to the trained tree. */
export type LossAndGrad<P> = (frozen: AnyParams, tuned: P, batch: Batch) => readonly [loss: Tensor, grads: P];

/** What is added up. */
interface Total<P> {
  readonly sum: Tensor;
  readonly count: Tensor;
  readonly grads: P;
}

/** A batch in `count` parts along its first axis: `[B, …]` to `[count, B / count, …]`. Every part has its own dropout key. */
const partsOf = ({ dropoutKey, ...rows }: Batch, count: number): Batch => {
  const size = rows.inputs.shape[0] as number;
  if (size % count !== 0) {
    throw new ArgumentError({
      where: "train.makeTrainStep",
      what: "the microbatches do not divide the batch",
      expected: `a multiple of ${count} examples, the number of microbatches`,
      got: `${size}`,
      hint: "choose a batch size that the number of microbatches divides",
    });
  }
  const split = (x: Tensor): Tensor => np.reshape(x, [count, size / count, ...x.shape.slice(1)]);
  const keys = dropoutKey && { dropoutKey: random.split(dropoutKey, count) };
  return { ...(treeMap(split, rows) as Omit<Batch, "dropoutKey">), ...keys };
};

/**
 * The loss and the gradient of a batch, computed on `count` microbatches in turn: sums of token losses and their gradients are added in
 * float32, and divided once by what `normalize` says. Up to rounding these are the numbers of the whole batch.
 *
 * @throws {ArgumentError} (from the returned function) when the microbatches do not divide the batch
 * @see T5X's `accumulate_grads_microbatched`
 */
export const accumulatedLossAndGrad = <P extends object>(
  sums: LossSums<P>,
  count: number,
  normalize: Normalize = "tokens",
): LossAndGrad<P> => {
  const ofPart = valueAndGrad(sums, { argnums: 1, hasAux: true });
  return (frozen, tuned, batch) => {
    const turn = (total: Total<P>, part: Batch) => {
      const [[sum, count], grads] = ofPart(frozen, tuned, part);
      const added = treeMap(np.add, total.grads, grads) as P;
      return [{ sum: np.add(total.sum, sum), count: np.add(total.count, count), grads: added }, null] as const;
    };
    // Numbers take the dtype of what is added to them.
    const zero = { sum: 0, count: 0, grads: treeMap(np.zerosLike, tuned) as P };
    const [{ sum, count: all, grads }] = scan(turn as never, zero, partsOf(batch, count)) as unknown as [Total<P>];
    const normalized = normalizer(normalize, all);
    return [normalized(sum), treeMap(normalized, grads) as P];
  };
};
