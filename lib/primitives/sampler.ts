/**
 * @file Primitives that draw one number for each place from a key and parameters, by a loop that ends when a number is accepted.
 *
 * Inputs: keys `u32[...batch,2]`, then parameters of one shape `[...batch,...shape]`, which is that of the result. Each key has its
 * own draw, so a batch of keys is the loop over them.
 */
import { Aval, type DType, printShape, sameShape, sizeOf } from "../core/aval.js";
import { type TypedArray, zerosHost } from "../core/host.js";
import { definePrimitive, notLinear, type Primitive } from "../core/primitive.js";
import { demand, sameDType } from "../core/rules.js";
import { bind } from "../core/trace.js";
import { mappedFront } from "./movement.js";
import { checkWords } from "./random.js";
import type { Key } from "./scalar-draws.js";

/** The part of a sampler that differs from one to the next. */
export interface Sampler<P> {
  readonly name: string;
  /** The dtypes that parameters may have, which are those of the result unless `result` says another. */
  readonly dtypes: readonly DType[];
  readonly result?: DType;
  /** Fills `out` from one key and the parameters of its draw. */
  readonly draw: (key: Key, parameters: readonly TypedArray[], out: TypedArray, params: P) => void;
  readonly jvp: Primitive<P>["jvp"];
}

/** All rules of a sampler. */
export const sampler = <P>({ name, dtypes, result, draw, jvp }: Sampler<P>): Primitive<P> => {
  const prim: Primitive<P> = definePrimitive<P>({
    name,
    abstractEval: ([keys, ...parameters]) => {
      checkWords(name, keys);
      sameDType(name, parameters, (a) => dtypes.includes(a.dtype), dtypes.join(" or "));
      const [{ shape, dtype }] = parameters;
      const batch = keys.shape.slice(0, -1);
      const fits = parameters.every((a) => sameShape(a.shape, shape)) && sameShape(batch, shape.slice(0, batch.length));
      const expected = `parameters of one shape that begins with ${printShape(batch)}`;
      demand(fits, name, "the shapes do not fit the keys", expected, parameters.join(", "));
      return [new Aval(shape, result ?? dtype)];
    },
    impl: ([keys, ...parameters], params) => {
      const [{ shape, dtype }] = parameters;
      const out = zerosHost({ shape, dtype: result ?? dtype });
      const draws = sizeOf(keys.shape.slice(0, -1));
      const n = draws === 0 ? 0 : out.data.length / draws;
      for (let d = 0; d < draws; d++) {
        const own = (data: TypedArray): TypedArray => data.subarray(d * n, (d + 1) * n);
        const key: Key = [keys.data[2 * d], keys.data[2 * d + 1]];
        draw(
          key,
          parameters.map((x) => own(x.data)),
          own(out.data),
          params,
        );
      }
      return [out];
    },
    jvp,
    transpose: notLinear(name),
    batch: (size, xs, dims, params) => {
      const fronts = xs.map((x, i) => mappedFront(x, dims[i], size));
      return [bind(prim, fronts, params), [0]];
    },
  });
  return prim;
};
