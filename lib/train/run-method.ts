/** @file The method that the settings of a run ask for, and what people call it. */
import { compose, full, ia3, lora, type Method, norms, prompt, weights } from "../methods/index.js";
import type { PromptOptions } from "../methods/prompt.js";
import type { RunConfig } from "./config.js";
import { type MethodName, methodNames } from "./settings.js";

/** What the names in a setting mean, and how a summary calls what they train. */
const METHODS: Readonly<
  Record<
    MethodName,
    {
      readonly make: (config: RunConfig, init: PromptOptions["init"]) => Method;
      readonly trained: (config: RunConfig) => string;
    }
  >
> = {
  prompt: {
    make: ({ promptLength: length }, init) => prompt({ length, ...(init && { init }) }) as Method,
    trained: ({ promptLength }) => `${promptLength} soft tokens`,
  },
  lora: {
    make: ({ rank, alpha, kernels, dora }) =>
      lora({ rank, alpha, dora, kernels: kernels === "all-linear" ? kernels : listOf(kernels) }) as Method,
    trained: ({ rank, dora }) => `${dora ? "DoRA" : "LoRA"} of rank ${rank}`,
  },
  ia3: { make: () => ia3() as Method, trained: () => "IA3 scales" },
  full: { make: () => full() as Method, trained: () => "all weights" },
  norms: { make: () => norms() as Method, trained: () => "the scales of the norms" },
  weights: { make: ({ where }) => weights(listOf(where)) as Method, trained: ({ where }) => `the weights ${where}` },
};

const listOf = (text: string): string[] => text.split(",").map((entry) => entry.trim());

const namesOf = (config: RunConfig): readonly MethodName[] => methodNames(config.method) as readonly MethodName[];

/**
 * The method of a run; several of them are composed by their names.
 *
 * - `init`: where a prompt starts, if there is one
 * @throws {ArgumentError} for options that the method does not take
 */
export const runMethod = (config: RunConfig, init?: PromptOptions["init"]): Method => {
  const parts = namesOf(config).map((name) => [name, METHODS[name].make(config, init)] as const);
  const [[, only]] = parts;
  return parts.length === 1 ? only : (compose(Object.fromEntries(parts)) as Method);
};

/** What a run trains, such as `20 soft tokens`. */
export const describeMethod = (config: RunConfig): string =>
  namesOf(config)
    .map((name) => METHODS[name].trained(config))
    .join(" and ");
