/** @file Slices as Python has them. */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as mv from "../primitives/movement.js";

/**
 * A part along each axis, axes that are not named whole: `[start, stop, step]` as Python has them, null for all, a number for one
 * element, whose axis goes.
 * @throws {ShapeError} for a number out of range, or more parts than axes; {ArgumentError} for fractions or a step of 0
 * @example np.slice(x, [[1, null], [null, null, -1], 0]) // x[1:, ::-1, 0]
 */
export const slice = composite(
  "np.slice(x, parts)",
  (x: TensorLike, parts: readonly (null | number | readonly [number | null, (number | null)?, number?])[]): Tensor => {
    const t = asTensor(x, "np.slice");
    if (parts.length > t.ndim) {
      throw new ShapeError({
        where: "np.slice",
        what: "there are more parts than axes",
        expected: `at most ${t.ndim}, as in ${t.aval}`,
        got: `${parts.length}`,
      });
    }
    const dropped: number[] = [];
    const flips: number[] = [];
    const spans = t.shape.map((n, axis): [number, number, number] => {
      const part = parts[axis] ?? null;
      if (part === null) return [0, n, 1];
      if (typeof part === "number") {
        const i = indexIn(part, n, axis);
        dropped.push(axis);
        return [i, i + 1, 1];
      }
      const [start, stop, step = 1] = part;
      if (step === 0 || [start ?? 0, stop ?? 0, step].some((v) => !Number.isInteger(v))) {
        throw new ArgumentError({
          where: "np.slice",
          what: `the part along axis ${axis} is not a slice`,
          expected: "integers, or null for start and stop; a step that is not 0",
          got: `[${part.join()}]`,
        });
      }
      if (step < 0) flips.push(axis);
      return pythonSlice(n, start ?? null, stop ?? null, step);
    });
    const cut = mv.slice(
      t,
      spans.map(([s]) => s),
      spans.map(([, l]) => l),
      spans.map(([, , k]) => k),
    );
    const flipped = flips.length === 0 ? cut : mv.reverse(cut, flips);
    return b.reshape(
      flipped,
      flipped.shape.filter((_, i) => !dropped.includes(i)),
    );
  },
);

/** An index counted from the front. */
const indexIn = (index: number, size: number, axis: number): number => {
  if (Number.isInteger(index) && index >= -size && index < size) return index < 0 ? index + size : index;
  throw new ShapeError({
    where: "np.slice",
    what: `there is no element ${index} along axis ${axis}`,
    expected: size === 0 ? "none, since the axis is empty" : `an integer from ${-size} to ${size - 1}`,
    got: `${index}`,
  });
};

/** Start, limit and positive step of a Python slice; one with a negative step is to be reversed afterwards. */
export const pythonSlice = (
  n: number,
  start: number | null,
  stop: number | null,
  step: number,
): [number, number, number] => {
  const clampTo = (v: number, low: number, high: number): number => Math.min(Math.max(v < 0 ? v + n : v, low), high);
  if (step > 0) {
    const from = start === null ? 0 : clampTo(start, 0, n);
    return [from, Math.max(from, stop === null ? n : clampTo(stop, 0, n)), step];
  }
  const last = start === null ? n - 1 : clampTo(start, -1, n - 1);
  const end = stop === null ? -1 : clampTo(stop, -1, n - 1);
  const count = Math.max(0, Math.ceil((last - end) / -step));
  const first = last - (count - 1) * -step;
  return count === 0 ? [0, 0, 1] : [first, last + 1, -step];
};
