/** @file A recurrent cell over whole sequences. */
import { composite, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { scan } from "../transforms/scan.js";
import type { Cell, CellParams } from "./recurrent.js";

export interface RnnOptions<C> {
  /** What the first step is given. Default zeros. */
  readonly initialCarry?: C;
  /** From the last step to the first; the outputs stay at their steps. Default false. */
  readonly reverse?: boolean;
}

export interface Rnn<C> {
  readonly init: (key: Tensor) => CellParams;
  /** `xs`: `[...batch, time, in]`; outputs `[...batch, time, features]`. */
  readonly apply: (params: CellParams, xs: Tensor, options?: RnnOptions<C>) => readonly [carry: C, ys: Tensor];
}

/**
 * Applies a cell at each step of a sequence, by `scan`.
 *
 * @see Flax's `RNN`
 * @example
 * const encoder = nn.rnn(nn.lstmCell(32, 64));
 * const [last, states] = encoder.apply(params, xs); // xs f32[B,T,32], states f32[B,T,64]
 */
export const rnn = takes(
  "nn.rnn(cell)",
  <C>(cell: Cell<C>): Rnn<C> => ({
    init: cell.init,
    apply: composite(
      "nn.rnn(params, xs, { initialCarry, reverse })",
      (params: CellParams, xs: Tensor, options: RnnOptions<C> = {}) => {
        const { initialCarry = cell.initCarry(xs.shape.slice(0, -2)), reverse = false } = options;
        // A carry is a tree of tensors, whose gradients have its own type; the compiler does not know that of C.
        const step = ((carry: C, x: Tensor) => cell.apply(params, carry, x)) as never;
        const [last, ys] = scan<C, Tensor, Tensor>(step, initialCarry, np.moveaxis(xs, -2, 0), { reverse });
        return [last as C, np.moveaxis(ys, 0, -2)] as const;
      },
    ),
  }),
);
