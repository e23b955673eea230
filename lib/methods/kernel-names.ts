/** @file Which kernels a method changes: by names of ours or of Hugging Face's modules, as PEFT finds them. */
import { moduleName } from "../t5/huggingface-names.js";

/**
 * - a list: a kernel fits if an entry is its slash path or the end of it (`query`, `mlp/wo`), or is its Hugging Face module or the end of
 *   that (`q`, `SelfAttention.o`)
 * - a pattern: a regular expression of the whole path or of the whole module
 * - `all-linear`: every kernel but that of the output layer
 */
export type KernelNames = readonly string[] | { readonly pattern: string } | "all-linear";

/** The names of a kernel: the slash path of its node, and the module. */
const namesOf = (node: string): readonly string[] => [node, moduleName(node) ?? node];

const isListed = (list: readonly string[], node: string): boolean => {
  const [path, module] = namesOf(node);
  return list.some((name) => `/${path}`.endsWith(`/${name}`) || `.${module}`.endsWith(`.${name}`));
};

const OUTPUT = "decoder/logitsDense";

/**
 * Whether a kernel, by the slash path of its node, is one of those named.
 *
 * @throws {SyntaxError} for a pattern that is not a regular expression
 * @example kernelMatcher(["q", "mlp/wo"])("encoder/layers/0/attention/query") // true
 */
export const kernelMatcher = (kernels: KernelNames): ((node: string) => boolean) => {
  if (kernels === "all-linear") return (node) => node !== OUTPUT;
  if ("pattern" in kernels) {
    const whole = new RegExp(`^(?:${kernels.pattern})$`);
    return (node) => namesOf(node).some((name) => whole.test(name));
  }
  return (node) => isListed(kernels, node);
};

/**
 * The value of the first key that fits the end of a kernel's Hugging Face module: PEFT's `rank_pattern` and `alpha_pattern`, whose keys are
 * regular expressions.
 *
 * @example patternValue({ "decoder.*.q": 2 }, "decoder/layers/1/selfAttention/query", 8) // 2
 */
export const patternValue = (pattern: Readonly<Record<string, number>>, node: string, fallback: number): number => {
  const module = moduleName(node) ?? node;
  const key = Object.keys(pattern).find((key) => new RegExp(`^(?:.*\\.)?(?:${key})$`).test(module));
  return key === undefined ? fallback : pattern[key];
};
