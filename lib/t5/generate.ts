/** @file Text out of a T5: the decoder as the generic methods want it, and one function that has them all. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { type BeamOptions, beamSearch } from "./beam-search.js";
import { type DecoderCache, type DecoderMemory, decoderMemory, decodeStep, initCache } from "./cache.js";
import type { T5Config } from "./config.js";
import type { Decoded, Decoder, Forced, SpecialIds } from "./decoder.js";
import { checkIdLists, checkIds } from "./ids.js";
import { encode } from "./model.js";
import { type Inserted, type Model, modified } from "./modified.js";
import { greedySearch, type SampleOptions, temperatureSample } from "./sample.js";
import type { TokenLoopOptions } from "./token-loop.js";

/** @deprecated `Inserted`, which also has what other methods than a prompt put in. */
export type Prefixed = Inserted;

/** What the encoder reads, and insertions that the model does not have yet. */
export interface EncoderInputs extends Inserted {
  /** `[B, T]` int32, padded with the configuration's `padId`. */
  readonly inputs: Tensor;
}

/**
 * A T5 as `greedySearch`, `temperatureSample` and `beamSearch` take it.
 *
 * @param maxLength  length of the cache: most tokens of a sequence, EOS included
 */
export const decoderOf = takes(
  "t5.decoderOf(config, maxLength)",
  (config: T5Config, maxLength: number): Decoder<Model, EncoderInputs, DecoderMemory, DecoderCache> => ({
    examples: ({ inputs }) => inputs.shape[0],
    memory: (model, { inputs, ...inserted }) => {
      const whole = modified(model, inserted, ["encoder", "decoder"], "t5.generate");
      return decoderMemory(config, whole, encode(config, whole, inputs));
    },
    cache: ({ layers: [{ key }] }, copies) =>
      initCache(config, key.shape[0] * copies, maxLength, key.dtype === "float64" ? "float64" : "float32"),
    step: (model, memory, cache, tokens, position) => decodeStep(config, model, memory, cache, tokens, position),
  }),
);

/** The most likely token at every step. */
export interface GreedyMethod extends Omit<TokenLoopOptions, keyof SpecialIds> {
  readonly method?: "greedy";
}
/** Tokens drawn at random; every call needs a key. */
export interface SampleMethod extends Omit<SampleOptions, keyof SpecialIds> {
  readonly method: "sample";
}
/** The sequences of highest score that a beam search finds. */
export interface BeamMethod extends Omit<BeamOptions, keyof SpecialIds> {
  readonly method: "beam";
}
export type GenerateOptions = GreedyMethod | SampleMethod | BeamMethod;

/** A record with every option of a method, so that the compiler finds one that is missing here. */
type Names<M> = { readonly [K in keyof M]-?: true };
const LOOP: Names<GreedyMethod> = { method: true, maxLength: true, maxNewTokens: true };
const DRAW = { temperature: true, topK: true, topP: true, numReturn: true, rescaleLogProbs: true } as const;
const SAMPLE: Names<SampleMethod> = { ...LOOP, ...DRAW };
const BEAM: Names<BeamMethod> = { method: true, maxLength: true, numBeams: true, numReturn: true, penalty: true };
const OPTIONS: Readonly<Record<string, object>> = { greedy: LOOP, sample: SAMPLE, beam: BEAM };

/** @throws {ArgumentError} for a method that is none, and for options that it does not have */
const checkOptions = ({ method = "greedy", ...options }: GenerateOptions): void => {
  const where = "t5.generate";
  if (!Object.hasOwn(OPTIONS, method)) {
    const expected = Object.keys(OPTIONS).join(", ");
    throw new ArgumentError({ where, what: "there is no such method", expected, got: String(method) });
  }
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(OPTIONS[method], name));
  if (unknown.length === 0) return;
  const others = Object.keys(OPTIONS).filter((other) => unknown.every((name) => Object.hasOwn(OPTIONS[other], name)));
  throw new ArgumentError({
    where,
    what: `the method "${method}" has no such option`,
    expected: Object.keys(OPTIONS[method]).join(", "),
    got: unknown.join(", "),
    ...(others.length > 0 && { hint: `method: "${others.join('" or "')}" has` }),
  });
};

/** Per-call settings: insertions such as a prompt, and tokens that are given. */
export interface GenerateRequest extends Inserted {
  /** Tokens that answers begin with: a list for each example, padding (the configuration's `padId`) where the model is free. */
  readonly forced?: Forced;
}

/** The last argument: a key where the method draws, else optional. */
type RequestOf<O> = O extends { readonly method: "sample" }
  ? [request: GenerateRequest & { readonly key: Tensor }]
  : [request?: GenerateRequest];

/** Decoding with one method. */
export type Generate<O extends GenerateOptions> = Disposable & {
  /** The sequences of each row of `inputs` (`[B, T]` int32), best first. */
  (model: Model, inputs: Tensor, ...request: RequestOf<O>): Decoded[][];
  dispose(): void;
} & (O extends { readonly method: "beam" }
    ? unknown
    : {
        /**
         * The token of every row as it is made (padding for rows that have ended), until all have. The event loop has its turn
         * between tokens; leaving the loop frees everything.
         */
        stream(model: Model, inputs: Tensor, ...request: RequestOf<O>): AsyncGenerator<readonly number[], void>;
      });

/** The method as a function of T5's parameters and encoder inputs. */
const methodOf = (config: T5Config, given: GenerateOptions) => {
  const { method, ...options } = given;
  const decoder = decoderOf(config, options.maxLength);
  const ids = { startId: config.decoderStartId, eosId: config.eosId, padId: config.padId };
  if (method === "beam") return beamSearch(decoder, { ...(options as Omit<BeamMethod, "method">), ...ids });
  if (method === "sample") return temperatureSample(decoder, { ...options, ...ids });
  return greedySearch(decoder, { ...options, ...ids });
};

/**
 * Decoding by a T5, compiled once for each shape of the inputs: greedy, sampled, or by beam search.
 *
 * - greedy (default): `argmax p(y_t | y_<t, x)`; the score is the log likelihood
 * - `sample`: `temperature`, `topK`, `topP`, `numReturn`; see `temperatureSample`
 * - `beam`: `numBeams`, `numReturn`, `penalty`; see `beamSearch`
 *
 * Inputs of different lengths are padded with the configuration's `padId`; rows end by themselves. Several prompts in one batch come from `promptRows`.
 * @returns a function of a model, inputs `[B, T]` and a request; `dispose` it, or declare it with `using`
 * @throws {ArgumentError} when an option is out of range, or none of the method's, and in calls for an id that the vocabulary does not have, and when logits are NaN; {ShapeError} when a prompt is not of the model's width
 * @example
 * using generate = t5.generate(config, { method: "beam", numBeams: 4, maxLength: 32 });
 * const [[best]] = generate(params, ids, { prefix: prompt }); // { tokens, score }
 */
export const generate = takes(
  "t5.generate(config, options)",
  <const O extends GenerateOptions>(config: T5Config, options: O): Generate<O> => {
    checkOptions(options);
    const method = methodOf(config, options);
    type Whole = { key: Tensor } & GenerateRequest;
    const split = (inputs: Tensor, { key, forced, ...inserted }: Whole) => {
      checkIds("t5.generate", config, inputs, { what: "inputs" });
      checkIdLists("t5.generate", config, forced ?? [], { what: "forced tokens" });
      return [
        { inputs, ...inserted },
        { key, ...(forced && { forced }) },
      ] as const;
    };
    const signature = "t5.generate(model, inputs, request)";
    const call = takes(signature, (model: Model, inputs: Tensor, request = {} as Whole): Decoded[][] =>
      method(model, ...split(inputs, request)),
    );
    const members = "stream" in method && {
      stream: takes(signature, (model: Model, inputs: Tensor, request = {} as Whole) =>
        method.stream(model, ...split(inputs, request)),
      ),
    };
    const dispose = (): void => method.dispose();
    return Object.assign(call, members, { dispose, [Symbol.dispose]: dispose }) as unknown as Generate<O>;
  },
);
