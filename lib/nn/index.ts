import { composite } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as lx from "../primitives/elementwise.js";
export const rmsNorm = composite(
  "nn.rmsNorm",
  (x: Tensor, scale: Tensor, eps: number = 1e-6): Tensor =>
    np.multiply(np.multiply(x, np.rsqrt(np.add(np.mean(np.square(x), { axis: -1, keepDims: true }), eps))), scale),
);
export const relu = composite("nn.relu", (x: Tensor): Tensor => np.maximum(x, 0));
export const geluTanh = composite(
  "nn.geluTanh",
  (x: Tensor): Tensor =>
    np.multiply(
      np.multiply(0.5, x),
      np.add(1, np.tanh(np.multiply(Math.sqrt(2 / Math.PI), np.add(x, np.multiply(0.044715, np.power(x, 3)))))),
    ),
);
export const softmax = composite("nn.softmax", (x: Tensor, axis: number = -1): Tensor => {
  const e = np.exp(np.subtract(x, lx.stopGradient(np.max(x, { axis, keepDims: true }))));
  return np.divide(e, np.sum(e, { axis, keepDims: true }));
});
export const dropout = (_key: Tensor, _rate: number, x: Tensor, _o: { broadcastAxes: readonly number[] }): Tensor => x;
export const tokenLosses = composite(
  "nn.tokenLosses",
  (logits: Tensor, targets: Tensor, { zLoss }: { zLoss: number }) => {
    const logZ = np.logsumexp(logits, { axis: -1 });
    const hot = np.equal(np.expandDims(targets, -1), np.arange(logits.shape[logits.ndim - 1]));
    const picked = np.sum(np.where(hot, logits, 0), { axis: -1 });
    return { loss: np.add(np.subtract(logZ, picked), np.multiply(zLoss, np.square(logZ))), logZ };
  },
);
