/**
 * @file A frozen T5 with what a method puts into it. Nothing in `t5` knows the name of a method: all of them enter through the fields here.
 */
import type { Tensor } from "../core/tensor.js";
import type { AnyParams } from "./stack.js";

/** What enters a T5 beside its weights. */
export interface Inserted {
  /** `[P, d]` (for every row) or `[B, P, d]`: vectors in front of the encoder's embedded tokens. */
  readonly prefix?: Tensor;
  /** `[B, P]` bool: which vectors of the prefix are there; by default all. See `promptRows`. */
  readonly prefixValid?: Tensor;
  /** `[P, P + 1]` bool: which vectors of the prefix each of them sees, and in the last column whether it sees the text; by default all. */
  readonly prefixSees?: Tensor;
  /** `[P, d]` or `[B, P, d]`: vectors after the last token of each row, the end of sequence included. */
  readonly suffix?: Tensor;
  /** `[P, d]` or `[B, P, d]`: vectors between the last token of each row and its end of sequence. */
  readonly beforeEos?: Tensor;
  /** `[P, d]` or `[B, P, d]`: vectors in front of the decoder's embedded tokens; each sees itself and those before it. */
  readonly decoderPrefix?: Tensor;
}

/**
 * A T5 with what a method puts into it: pure data, which passes through `jit`, `vmap`, `grad` and `scan`.
 *
 * A kernel in `params` may have low-rank terms and scales beside it; see `Kernel`.
 * @example const scores = t5.logits(config, { params, prefix: prompt }, batch)
 */
export interface Modified extends Inserted {
  readonly params: AnyParams;
}

/** The parameters of a T5, alone or with what a method puts into it: what every function of `t5` takes. */
export type Model = AnyParams | Modified;

/** A record with every insertion, so that the compiler finds one that is missing here. */
const INSERTED: Readonly<Record<keyof Inserted, true>> = {
  prefix: true,
  prefixValid: true,
  prefixSees: true,
  suffix: true,
  beforeEos: true,
  decoderPrefix: true,
};
const NAMES = Object.keys(INSERTED) as readonly (keyof Inserted)[];

/** A model as `Modified`, with more insertions where they are given. */
export const modified = (model: Model, more: Inserted = {}): Modified => {
  const own = "params" in model ? model : { params: model };
  const given = NAMES.filter((name) => more[name] !== undefined).map((name) => [name, more[name]]);
  return { ...own, ...Object.fromEntries(given) };
};
