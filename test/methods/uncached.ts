/** @file Decoding without a cache: every step reads all tokens so far by a whole pass of the decoder. */
import { np, type Tensor, t5 } from "../../lib/index.js";

/** What every step reads again. */
interface Memory {
  readonly encoded: t5.Encoded;
}

/** A T5 as the generic methods take it, whose only state is the tokens so far. */
export const uncached = (config: t5.T5Config, maxLength: number): t5.Decoder<t5.Model, Tensor, Memory, Tensor> => ({
  examples: (inputs) => inputs.shape[0],
  memory: (model, inputs) => ({ encoded: t5.encode(config, model, inputs) }),
  cache: ({ encoded }, copies) => np.zeros([encoded.states.shape[0] * copies, maxLength], "int32"),
  step: (model, { encoded }, before, tokens, position) => {
    const here = np.equal(np.arange(maxLength), position);
    const sofar = np.where(here, np.expandDims(tokens, 1), before);
    const states = t5.decode(config, model, encoded, sofar);
    const last = np.take(states, np.reshape(position, [1]), 1, "clip");
    return [np.reshape(t5.logitsOf(config, model, last), [tokens.shape[0], -1]), sofar];
  },
});
