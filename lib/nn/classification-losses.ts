/** @file Losses of logits; each gives one number for each example, to be averaged or weighted. */
import { composite } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { customJvp } from "../transforms/custom-jvp.js";
import { logSigmoid, relu, sigmoid } from "./activations.js";
import { checkTargets } from "./losses.js";
import { logSoftmax, softmax } from "./softmax.js";

/** Products with 0 are 0, also where the other factor is infinite; the derivative by a weight of 0 is the other factor where it is finite. */
const weighted = (weights: TensorLike, x: Tensor): Tensor =>
  np.multiply(weights, np.where(np.logicalAnd(np.equal(weights, 0), np.isinf(x)), 0, x));

/**
 * `-sum(labels · logSoftmax(logits))` along the last axis; labels are probabilities.
 *
 * @see optax's `softmax_cross_entropy`
 * @example np.mean(softmaxCrossEntropy(logits, nn.oneHot(ids, 10)))
 */
export const softmaxCrossEntropy = composite(
  "nn.softmaxCrossEntropy(logits, labels)",
  (logits: Tensor, labels: TensorLike): Tensor =>
    np.negative(np.sum(weighted(labels, logSoftmax(logits)), { axis: -1 })),
);

/**
 * `logsumexp(logits) - logits[label]` along the last axis. A label from `-classes` to -1 counts from the end; another one that is not a class
 * gives NaN, as in optax, so that labels of another vocabulary are seen in the loss.
 *
 * - `logits`: `[..., classes]`; `labels`: int32 `[...]`
 * @throws {ShapeError} when the labels have not the shape of the logits without the last axis
 * @see optax's `softmax_cross_entropy_with_integer_labels`
 */
export const softmaxCrossEntropyWithIntegerLabels = composite(
  "nn.softmaxCrossEntropyWithIntegerLabels(logits, labels)",
  (logits: Tensor, labels: Tensor): Tensor => {
    checkTargets("nn.softmaxCrossEntropyWithIntegerLabels", logits, labels);
    const found = np.takeAlongAxis(logits, np.expandDims(labels, -1), -1);
    return np.subtract(np.logsumexp(logits, { axis: -1 }), np.squeeze(found, -1));
  },
);

/** `-labels · log σ(x) - (1 - labels) · log(1 - σ(x))`, element by element. @see optax's `sigmoid_binary_cross_entropy` */
export const sigmoidBinaryCrossEntropy = composite(
  "nn.sigmoidBinaryCrossEntropy(logits, labels)",
  (logits: Tensor, labels: TensorLike): Tensor =>
    np.negative(
      np.add(
        np.multiply(labels, logSigmoid(logits)),
        np.multiply(np.subtract(1, labels), logSigmoid(np.negative(logits))),
      ),
    ),
);

/**
 * Binary cross entropy times `(1 - p)^gamma`, p the probability of the right answer; element by element.
 *
 * - `alpha`: weight of positive examples, `1 - alpha` that of the others; by default none
 * @see Lin et al. 2017, arXiv:1708.02002; optax's `sigmoid_focal_loss`
 */
export const sigmoidFocalLoss = composite(
  "nn.sigmoidFocalLoss(logits, labels, { alpha, gamma })",
  (logits: Tensor, labels: TensorLike, options: { readonly alpha?: number; readonly gamma?: number } = {}): Tensor => {
    const { alpha, gamma = 2 } = options;
    const p = sigmoid(logits);
    const mix = (positive: TensorLike, negative: TensorLike): Tensor =>
      np.add(np.multiply(positive, labels), np.multiply(negative, np.subtract(1, labels)));
    const missed = np.subtract(1, mix(p, np.subtract(1, p)));
    const loss = np.multiply(sigmoidBinaryCrossEntropy(logits, labels), np.power(missed, gamma));
    return alpha === undefined ? loss : np.multiply(mix(alpha, 1 - alpha), loss);
  },
);

/** `max(0, 1 - score · target)` with targets -1 and 1. @see optax's `hinge_loss` */
export const hingeLoss = composite(
  "nn.hingeLoss(scores, targets)",
  (scores: Tensor, targets: TensorLike): Tensor => relu(np.subtract(1, np.multiply(scores, targets))),
);

/**
 * Cross entropy plus `epsilon · (1 - p)`, p the probability of the right class; labels are probabilities.
 *
 * @see Leng et al. 2022, arXiv:2204.12511; optax's `poly_loss_cross_entropy`
 */
export const polyLossCrossEntropy = composite(
  "nn.polyLossCrossEntropy(logits, labels, epsilon)",
  (logits: Tensor, labels: TensorLike, epsilon: number = 2): Tensor => {
    const missed = np.sum(np.multiply(labels, np.subtract(1, softmax(logits))), { axis: -1 });
    return np.add(softmaxCrossEntropy(logits, labels), np.multiply(epsilon, missed));
  },
);

/** `t · log t`, 0 at 0, with the derivative `log t + 1`, which is -Infinity there. */
const timesLog = (t: Tensor): Tensor => np.multiply(t, np.log(np.where(np.equal(t, 0), 1, t)));
const negativeEntropy = customJvp(timesLog, ([t], [dt]) => [timesLog(t), np.multiply(np.add(np.log(t), 1), dt)]);

/**
 * `sum(targets · (log targets - logPredictions))` along the last axis.
 *
 * The derivative by a target of 0 is -Infinity, that of `t · log t` (in optax NaN).
 * @see optax's `kl_divergence`
 */
export const klDivergence = composite(
  "nn.klDivergence(logPredictions, targets)",
  (logPredictions: Tensor, targets: TensorLike): Tensor =>
    np.sum(np.subtract(negativeEntropy(asTensor(targets, "nn.klDivergence")), weighted(targets, logPredictions)), {
      axis: -1,
    }),
);

/** `(1 - alpha) · labels + alpha / classes`. @see Szegedy et al. 2016; optax's `smooth_labels` */
export const smoothLabels = composite(
  "nn.smoothLabels(labels, alpha)",
  (labels: Tensor, alpha: number): Tensor =>
    np.add(np.multiply(1 - alpha, labels), alpha / labels.shape[labels.ndim - 1]),
);
