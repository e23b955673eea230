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
  sizes.forEach((n, i) => {
    if (n === 1) return;
    const last = out.sizes.length - 1;
    const joins = last >= 0 && strides.every((s, k) => out.strides[k][last] === s[i] * n);
    if (joins) {
      out.sizes[last] *= n;
      strides.forEach((s, k) => {
        out.strides[k][last] = s[i];
      });
    } else {
      out.sizes.push(n);
      strides.forEach((s, k) => {
        out.strides[k].push(s[i]);
      });
    }
  });
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
