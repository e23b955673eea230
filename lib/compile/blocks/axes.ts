/** @file Walking through several arrays at once: axes that all of them pass as one are joined, so that loops are few and long. */

/** Sizes of axes, with the strides of each array along them. */
export interface Walk {
  readonly sizes: number[];
  /** By array, then by axis. */
  readonly strides: number[][];
}

/** Joins neighbouring axes that every array walks through as one. Axes of size 1 vanish. */
export const joinAxes = (sizes: readonly number[], strides: readonly (readonly number[])[]): Walk => {
  const out: Walk = { sizes: [], strides: strides.map(() => []) };
  for (let i = 0; i < sizes.length; i++) {
    const n = sizes[i];
    if (n === 1) continue;
    const last = out.sizes.length - 1;
    let joins = last >= 0;
    for (let k = 0; joins && k < strides.length; k++) joins = out.strides[k][last] === strides[k][i] * n;
    const at = joins ? last : last + 1;
    out.sizes[at] = joins ? out.sizes[last] * n : n;
    for (let k = 0; k < strides.length; k++) out.strides[k][at] = strides[k][i];
  }
  return out;
};

/** The offsets that axes of these sizes and strides lead to, row-major. */
export const offsetsOf = (sizes: readonly number[], strides: readonly number[]): Int32Array => {
  let offsets = Int32Array.of(0);
  sizes.forEach((n, axis) => {
    const next = new Int32Array(offsets.length * n);
    offsets.forEach((offset, i) => {
      for (let k = 0; k < n; k++) next[i * n + k] = offset + k * strides[axis];
    });
    offsets = next;
  });
  return offsets;
};
