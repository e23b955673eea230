/** @file Windows that move along an axis: sizes, padding, and which element a window sees where. Convolutions and pooling share it. */

/** Places before the first and behind the last element; negative ones cut elements off. */
export type Pads = readonly [low: number, high: number];

/** A window along one axis. */
export interface Window {
  readonly size: number;
  readonly stride: number;
  readonly pads: Pads;
  /** Distance of neighbouring elements of the operand; what lies between them is padding. */
  readonly baseDilation: number;
  /** Distance of neighbouring places of the window. */
  readonly dilation: number;
}

/** The length of `n` elements at a distance of `dilation`. */
export const dilated = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

/** How many windows fit on an axis of `n` elements. */
export const windowCount = (n: number, { size, stride, pads, baseDilation, dilation }: Window): number => {
  const room = dilated(n, baseDilation) + pads[0] + pads[1] - dilated(size, dilation);
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
};

/** The element that place `k` of window `p` sees: entry `p * size + k`, -1 for padding. */
export const windowPlaces = (n: number, w: Window): Int32Array => {
  const count = windowCount(n, w);
  const places = new Int32Array(count * w.size);
  for (let p = 0; p < count; p++) {
    for (let k = 0; k < w.size; k++) {
      const at = p * w.stride + k * w.dilation - w.pads[0];
      const element = at / w.baseDilation;
      places[p * w.size + k] = Number.isInteger(element) && element >= 0 && element < n ? element : -1;
    }
  }
  return places;
};

/**
 * The window that spreads what a window gathered: walking with it over the results (as many as `windowCount` says) gives the axis of
 * `n` elements back, each the sum of what the windows that saw it have; the places of the window come in opposite order.
 */
export const spreading = (n: number, w: Window): Window => {
  const low = dilated(w.size, w.dilation) - w.pads[0] - 1;
  const span = dilated(n, w.baseDilation) + dilated(w.size, w.dilation) - 1;
  return {
    size: w.size,
    stride: w.baseDilation,
    pads: [low, span - dilated(windowCount(n, w), w.stride) - low],
    baseDilation: w.stride,
    dilation: w.dilation,
  };
};
