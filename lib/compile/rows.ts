/**
 * @file The rows of stacked arrays, for loops: read where they lie and written in place on a device that can, otherwise cut out and
 * put together by kernels.
 */
import type { Aval } from "../core/aval.js";
import { zerosHost } from "../core/host.js";
import type { Handle } from "../core/tensor.js";
import { reshapeP } from "../primitives/broadcast.js";
import { concatenateP, sliceP } from "../primitives/movement.js";
import type { Executor, Kernel } from "./executor.js";

/** Row `index` of an array, as a new handle. */
export type RowReader = (x: Handle, index: number) => Handle;

export const rowReader = (executor: Executor, aval: Aval): RowReader => {
  const { device } = executor;
  const { rows } = device;
  if (rows !== undefined) return (x, index) => rows.view(x, index);
  const [n, ...shape] = aval.shape;
  const [cut, row] = [aval.withShape([1, ...shape]), aval.withShape(shape)];
  const zeros = shape.map(() => 0);
  const strides = aval.shape.map(() => 1);
  const slices = Array.from({ length: n }, (_, i): Kernel => {
    const params = { start: [i, ...zeros], limit: [i + 1, ...shape], strides };
    return executor.kernel(sliceP, params, [aval], [cut]);
  });
  const flatten = executor.kernel(reshapeP, { shape }, [cut], [row]);
  return (x, index) => {
    const [part] = slices[index]([x]);
    try {
      return flatten([part])[0];
    } finally {
      device.free(part);
    }
  };
};

/** A stack that is being filled; `put` takes the row over. */
export interface RowStack {
  put(index: number, row: Handle): void;
  /** The stack, once every row is there. */
  done(): Handle;
  drop(): void;
}

/** Makes stacks of `length` rows of an aval. */
export const rowStack = (executor: Executor, row: Aval, length: number): (() => RowStack) => {
  const { device } = executor;
  const { rows } = device;
  const whole = row.withShape([length, ...row.shape]);
  if (rows !== undefined) {
    return () => {
      const stack = rows.empty(whole);
      return {
        put(index, handle) {
          rows.write(stack, index, handle);
          device.free(handle);
        },
        done: () => stack,
        drop: () => device.free(stack),
      };
    };
  }
  const part = row.withShape([1, ...row.shape]);
  const widen = executor.kernel(reshapeP, { shape: part.shape }, [row], [part]);
  const join = executor.kernel(
    concatenateP,
    { axis: 0 },
    Array.from({ length }, () => part),
    [whole],
  );
  return () => {
    const parts = new Array<Handle>(length).fill(undefined);
    const drop = (): void => {
      for (const h of parts) if (h !== undefined) device.free(h);
    };
    return {
      put(index, handle) {
        [parts[index]] = widen([handle]);
        device.free(handle);
      },
      done() {
        const [stack] = length === 0 ? [device.upload(zerosHost(whole))] : join(parts);
        drop();
        return stack;
      },
      drop,
    };
  };
};
