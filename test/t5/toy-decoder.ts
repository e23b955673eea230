/** @file A decoder without weights: logits are a function of the last token, its position and the row. */
import { np, type Tensor, type t5 } from "../../lib/index.js";

/** The inputs have an entry for each example. The cache is the token that each row read before, to see that it follows its row. */
export const toyDecoder = (
  logits: (tokens: Tensor, position: Tensor, before: Tensor) => Tensor,
  vocabulary: number,
): t5.Decoder<null, Tensor, Tensor, Tensor> => ({
  examples: (inputs) => inputs.shape[0],
  memory: (_, inputs) => np.multiply(inputs, 1),
  cache: (memory, copies) => np.zeros([memory.shape[0] * copies], "int32"),
  step: (_params, _memory, cache, tokens, position) => {
    const x = logits(tokens, position, cache);
    const missing = vocabulary - x.shape[1];
    return [missing === 0 ? x : np.concatenate([x, np.full([x.shape[0], missing], -1e7)], 1), np.add(tokens, 0)];
  },
});

/** Inputs for so many examples. */
export const examples = (n: number): Tensor => np.zeros([n]);
