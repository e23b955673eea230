/** @file The names of kernels, in our tree and in Hugging Face's model, and which of them settings mean, with PEFT's rules. */
import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import { brief, closed } from "../edge/decode.js";
import { type PatternProblem, patternProblem } from "../edge/pattern-cost.js";
import { moduleName } from "../t5/huggingface-names.js";
import { names } from "./options.js";

/**
 * Kernels by name: each entry is a whole name or its last parts, in our tree (`query`, `attention/query`) or in Hugging Face's
 * (`q`, `SelfAttention.q`); or a regular expression of a whole name; or every kernel but the output layer's.
 */
export type Kernels = readonly string[] | { readonly pattern: string } | "all-linear";

export const KernelsCodec = t.union([names, closed({ pattern: t.string }, "{ pattern }"), t.literal("all-linear")]);

/** The names of one kernel: the slash path in our tree, and Hugging Face's module. */
export interface KernelName {
  readonly path: string;
  readonly module: string;
}

/** The names of the kernel at a path such as `encoder/layers/0/attention/query`. */
export const kernelName = (path: string): KernelName => ({ path, module: moduleName(path) ?? path });

const OUTPUT = "decoder/logitsDense";

/** Whether an entry of a list means a kernel. */
const fitsEntry = (entry: string, { path, module }: KernelName): boolean =>
  path === entry || path.endsWith(`/${entry}`) || module === entry || module.endsWith(`.${entry}`);

/** Names have fewer than a hundred characters, so that `.*decoder.*Attention.*(q|v).*` is quick. */
const MOST_REPETITIONS = 4;

/** The reason to refuse a pattern of names that may take too long to match. */
export const namePatternProblem = (pattern: string): PatternProblem | undefined =>
  patternProblem(pattern, MOST_REPETITIONS);

/** The regular expression of a whole name, of a pattern of its end. @throws {ArgumentError} when the pattern cannot be read or may take too long */
const wholeName = (where: string, pattern: string, before = ""): RegExp => {
  let whole: RegExp;
  try {
    whole = new RegExp(`^${before}(?:${pattern})$`);
  } catch {
    const what = "the pattern is not a regular expression";
    const hint = "escape (, [, *, + and ? with a backslash where they stand for themselves";
    throw new ArgumentError({ where, what, got: brief(pattern), hint });
  }
  const problem = namePatternProblem(pattern);
  if (problem !== undefined) throw new ArgumentError({ where, ...problem, got: brief(pattern) });
  return whole;
};

/**
 * Whether a kernel is one of those selected.
 *
 * @throws {ArgumentError} for a pattern that is not a regular expression
 * @example kernelMatcher("lora", ["q", "mlp/wo"])(kernelName("encoder/layers/0/attention/query")) // true
 */
export const kernelMatcher = (where: string, kernels: Kernels): ((name: KernelName) => boolean) => {
  if (kernels === "all-linear") return ({ path }) => path !== OUTPUT;
  if ("pattern" in kernels) {
    const whole = wholeName(where, kernels.pattern);
    return ({ path, module }) => whole.test(path) || whole.test(module);
  }
  return (name) => kernels.some((entry) => fitsEntry(entry, name));
};

/**
 * Returns whether the key of a pattern matches a kernel. As in PEFT, the regular expression `(.*\.)?(key)$` has to match the name of its
 * Hugging Face module from the start.
 *
 * @throws {ArgumentError} for a key that is not a regular expression
 */
export const keyMatcher = (where: string, key: string): ((name: KernelName) => boolean) => {
  const whole = wholeName(where, key, "(?:.*\\.)?");
  return ({ module }) => whole.test(module);
};

/**
 * The value of the first key that fits a kernel, else `usual`.
 *
 * @throws {ArgumentError} for a key that is not a regular expression
 * @example patternValue("lora", { "decoder.*.q": 2 }, 8)(kernelName("decoder/layers/1/selfAttention/query")) // 2
 */
export const patternValue = (
  where: string,
  patterns: Readonly<Record<string, number>>,
  usual: number,
): ((name: KernelName) => number) => {
  const matchers = Object.entries(patterns).map(([key, value]) => [keyMatcher(where, key), value] as const);
  return (name) => matchers.find(([fits]) => fits(name))?.[1] ?? usual;
};
