/** @file Checks of rules that several tests of primitives share. */
import * as assert from "uvu/assert";
import type { DType, Shape } from "../../lib/core/aval.js";
import type { BatchDim, Primitive } from "../../lib/core/primitive.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { bind } from "../../lib/core/trace.js";
import { moveAxis, reshape } from "../../lib/primitives/broadcast.js";
import { sliceAxis } from "../../lib/primitives/movement.js";
import { counting } from "./on-impl.js";

/** An input of one example; `values` makes those of the whole batch from its size. */
export interface Input {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly make?: (shape: Shape) => Tensor;
}

const SIZE = 3;

const row = (x: Tensor, dim: BatchDim, i: number): Tensor => {
  if (dim === null) return x;
  const front = moveAxis(x, dim, 0);
  return reshape(sliceAxis(front, 0, i, i + 1), front.shape.slice(1));
};

/** The batch rule gives what a loop gives, whichever inputs are mapped, over their first axis or their last. */
export const batchesLikeALoop = <P>(prim: Primitive<P>, inputs: readonly Input[], params: P): void => {
  const choices = 3 ** inputs.length;
  for (let choice = 1; choice < choices; choice++) {
    const dims = inputs.map((input, i): BatchDim => {
      const digit = Math.floor(choice / 3 ** i) % 3;
      return digit === 0 ? null : digit === 1 ? 0 : input.shape.length;
    });
    const xs = inputs.map(({ shape, dtype, make }, i) => {
      const dim = dims[i];
      const whole = dim === null ? shape : [...shape.slice(0, dim), SIZE, ...shape.slice(dim)];
      return (make ?? ((s) => counting(s, dtype, i + 1)))(whole);
    });
    const [outs, outDims] = prim.batch(SIZE, xs, dims, params);
    for (let i = 0; i < SIZE; i++) {
      const expected = bind(
        prim,
        xs.map((x, k) => row(x, dims[k], i)),
        params,
      );
      expected.forEach((y, k) => {
        const got = row(outs[k], outDims[k], i);
        const at = `${prim.name}, dims ${JSON.stringify(dims)}, element ${i}`;
        assert.ok(got.aval.equals(y.aval), `${at}: ${got.aval} for ${y.aval}`);
        assert.equal(Array.from(got.dataSync()), Array.from(y.dataSync()), at);
      });
    }
  }
};
