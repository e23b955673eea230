/** @file Dropout in a T5: which key each place draws from, and at which rate. */
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";

/**
 * Dropout at the places of one layer, or around the layers of a stack; each place draws from its own key. A place has the rate of the
 * model, or its own (`[]`).
 */
export type Drop = (x: Tensor, broadcastAxes: readonly number[], rate?: Tensor) => Tensor;

/** Dropout whose rate is a tensor, for places that have their own. */
const dropBy = (key: Tensor, rate: Tensor, x: Tensor): Tensor => {
  const kept = np.subtract(1, rate);
  return np.where(random.bernoulli(key, kept, x.shape), np.divide(x, kept), 0);
};

/** No dropout without a key. */
export const makeDrop = (key: Tensor | null, rate: number): Drop => {
  if (key === null) return (x) => x;
  let place = 0;
  return (x, broadcastAxes, own) => {
    if (own !== undefined) return dropBy(random.foldIn(key, place++), own, x);
    return rate === 0 ? x : nn.dropout(random.foldIn(key, place++), rate, x, { broadcastAxes });
  };
};

/** All of T5's dropout outside of attention shares its mask along the length axis. */
export const ALONG_LENGTH: readonly number[] = [-2];
