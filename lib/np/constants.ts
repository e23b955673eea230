/** @file Numbers with names. */
export const pi = Math.PI;
export const e = Math.E;
/** The limit of `1 + 1/2 + … + 1/n - log(n)`. */
export const eulerGamma = 0.5772156649015329;
export const inf = Number.POSITIVE_INFINITY;
export const nan = Number.NaN;
/** A new axis in an index: `np.get(x, np.newaxis)` has the shape `[1, ...]`. */
export const newaxis = null;
