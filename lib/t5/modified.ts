/**
 * @file A frozen T5 with what a method puts into it. Nothing in `t5` knows the name of a method: all of them enter through the fields here.
 */
import { Aval } from "../core/aval.js";
import { ArgumentError, type Mismatch, TreeError } from "../core/errors.js";
import { isHostArray } from "../core/host.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { leavesByPath } from "../tree/map.js";
import type { LayerPrompts, PrefixKeyValues } from "./key-values.js";
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
  /** Keys and values in front of those of attentions. */
  readonly keyValues?: PrefixKeyValues;
  /** Vectors that enter at the first positions before each layer of the encoder. */
  readonly layerPrompts?: LayerPrompts;
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
  keyValues: true,
  layerPrompts: true,
};
const NAMES = Object.keys(INSERTED) as readonly (keyof Inserted)[];

/** @throws {ArgumentError} for a model that has insertions */
export const checkNothingInserted = (where: string, model: Modified): void => {
  const found = NAMES.filter((name) => model[name] !== undefined);
  if (found.length === 0) return;
  throw new ArgumentError({
    where,
    what: "packed rows cannot have a prompt",
    expected: "a model without insertions",
    got: found.join(", "),
    hint: "all examples of a row would see the vectors of one: give each example its own row, or train weights",
  });
};

/** The error of what is not a model, or not one that can be computed with. */
type Unfit = (parts: Omit<Mismatch, "where">) => TreeError;

/** @throws {TreeError} for an array of the host, by its name */
const checkOnDevice = (unfit: Unfit, name: string, x: unknown, whole = name): void => {
  if (!isHostArray(x) || isTensor(x)) return;
  const [expected, got] = ["a tensor", `${new Aval(x.shape, x.dtype)} on the host`];
  const hint = `put it on the device: np.devicePut(${whole})`;
  throw unfit({ what: "an array of the host is not a tensor", expected, got, at: name, hint });
};

/** The two halves of a T5. */
type Half = "encoder" | "decoder";

const checkParams = (unfit: Unfit, params: unknown, needs: readonly Half[]): void => {
  const parts: Partial<AnyParams> = typeof params === "object" && params !== null ? params : {};
  const missing = ["tokenEmbedder", ...needs].find((name) => !Object.hasOwn(parts, name));
  if (missing === undefined) return;
  const encoderOnly = missing === "decoder" && "encoder" in parts;
  throw unfit({
    what: missing === "tokenEmbedder" ? "not the parameters of a T5" : `the parameters have no ${missing}`,
    expected: ["tokenEmbedder", ...needs].join(", "),
    got: Object.keys(parts).slice(0, 5).join(", ") || (params === null ? "null" : typeof params),
    hint: encoderOnly ? "an encoder alone can be used by t5.encode" : "give the params of a loaded model, or t5.init",
  });
};

/**
 * A model as `Modified`, with more insertions where they are given.
 *
 * @param needs  the halves that are used
 * @throws {TreeError} for parameters that lack one of them, and for arrays of the host
 */
export const modified = (
  model: Model,
  more: Inserted = {},
  needs: readonly Half[] = [],
  where = "t5", // gives way to the function that the user called
): Modified => {
  const unfit: Unfit = (parts) => new TreeError({ where, ...parts });
  const own = typeof model === "object" && model !== null && "params" in model ? model : { params: model };
  checkParams(unfit, own.params, needs);
  checkOnDevice(unfit, "params.tokenEmbedder.embedding", own.params.tokenEmbedder.embedding, "params");
  const given = NAMES.filter((name) => more[name] !== undefined).map((name) => [name, more[name]]);
  const whole: Modified = { ...own, ...Object.fromEntries(given) };
  for (const name of NAMES) {
    const given = whole[name];
    if (given === undefined) continue;
    for (const [path, leaf] of leavesByPath(given, isHostArray))
      checkOnDevice(unfit, path === "" ? name : `${name}/${path}`, leaf);
  }
  return whole;
};
