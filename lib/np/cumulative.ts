/** @file Running sums, products and extrema. */
import { normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as r from "../primitives/cumulative.js";
import { noBool } from "./promote.js";

/** Along which axis (default: of the whole, flattened), and whether from its end. */
export interface CumulativeOptions {
  readonly axis?: number;
  readonly reverse?: boolean;
}

const running = (name: string, f: (x: Tensor, axis: number, reverse: boolean) => Tensor) =>
  composite(name, (x: TensorLike, { axis, reverse = false }: CumulativeOptions = {}): Tensor => {
    const t = noBool(name, asTensor(x, name));
    return axis === undefined
      ? f(b.reshape(t, [t.size]), 0, reverse)
      : f(t, normalizeAxis(name, axis, t.ndim), reverse);
  });

/** Running sums. */
export const cumsum = running("np.cumsum", r.cumSum);
/** Running products; the derivatives are right also where elements are zero. */
export const cumprod = running("np.cumprod", r.cumProd);
/** The largest so far. */
export const cummax = running("np.cummax", r.cumMax);
/** The smallest so far. */
export const cummin = running("np.cummin", r.cumMin);
