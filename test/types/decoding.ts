/** @file Types of decoding: a key where the method draws, a stream where tokens come one by one. */
import type { Tensor } from "../../lib/index.js";
import { t5 } from "../../lib/index.js";
import type { Equal, Expect } from "./equal.js";

declare const config: t5.T5Config;
declare const params: t5.Params;
declare const inputs: Tensor;
declare const key: Tensor;

const greedy = t5.generate(config, { maxLength: 4 });
const sample = t5.generate(config, { method: "sample", maxLength: 4, topP: 0.9 });
const beam = t5.generate(config, { method: "beam", maxLength: 4, numBeams: 2 });
greedy(params, inputs);
sample(params, inputs, { key });
const found = beam(params, inputs, { prefix: key });
export type Found = Expect<Equal<typeof found, t5.Decoded[][]>>;
const tokens = sample.stream(params, inputs, { key });
export type Streamed = Expect<Equal<typeof tokens, AsyncGenerator<readonly number[], void>>>;
// @ts-expect-error a draw needs a key
sample(params, inputs);
// @ts-expect-error a draw needs a key
sample.stream(params, inputs, {});
// @ts-expect-error beams have no tokens until the end
beam.stream(params, inputs);
// @ts-expect-error the number of beams is missing
t5.generate(config, { method: "beam", maxLength: 4 });
// @ts-expect-error no such rule
t5.generate(config, { method: "beam", maxLength: 4, numBeams: 2, penalty: { rule: "other" } });
