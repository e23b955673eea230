/** @file The names that settings choose among. The command line reads them before it loads anything else. */

/**
 * How a model answers: `greedy` writes the likeliest token at each step, `beam` searches with one beam and T5X's length penalty
 * (its default in evaluations), `rank` takes the label of highest likelihood.
 */
export const DECODINGS = ["greedy", "beam", "rank"] as const;
export type Decoding = (typeof DECODINGS)[number];

/** What stands in front of each input: nothing (as in the paper), the task's name as T5 has it, or the task's number as one token. */
export const INPUT_PREFIXES = ["none", "name", "index"] as const;
export type InputPrefix = (typeof INPUT_PREFIXES)[number];

/**
 * What is trained: soft tokens in front of the input (`prompt`), low-rank terms beside kernels (`lora`), scales of activations (`ia3`), all
 * weights (`full`), those of the norms (`norms`), or those that `--where` selects (`weights`). Several are joined by a plus sign.
 */
export const METHODS = ["prompt", "lora", "ia3", "full", "norms", "weights"] as const;
export type MethodName = (typeof METHODS)[number];

/** The methods of a setting such as `prompt+lora`. */
export const methodNames = (text: string): readonly string[] => text.split("+");

/** Whether a setting names methods, each once. */
export const isMethods = (text: string): boolean => {
  const names = methodNames(text);
  return names.every((name) => (METHODS as readonly string[]).includes(name)) && new Set(names).size === names.length;
};
