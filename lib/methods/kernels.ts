/** @file Which kernels a method changes, by their names in our tree or in Hugging Face's model, with PEFT's rules. */
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { closest } from "../edge/closest.js";
import type { Kernel, T5Config } from "../t5/config.js";
import { moduleName } from "../t5/huggingface-names.js";
import { kernelNodes } from "../t5/kernel-nodes.js";
import type { AnyParams } from "../t5/stack.js";

/**
 * Kernels by name: each entry is a whole name or its last parts, in our tree (`query`, `attention/query`) or in Hugging Face's
 * (`q`, `SelfAttention.q`); or a regular expression of a whole name; or every kernel but the output layer's.
 */
export type Kernels = readonly string[] | { readonly pattern: string } | "all-linear";

/** The names of one kernel: the slash path in our tree, and Hugging Face's module. */
interface Names {
  readonly path: string;
  readonly module: string;
}

/** A kernel of a parameter tree. */
export interface Target {
  /** Its path in the tree, where stacked layers have no number. */
  readonly path: string;
  readonly node: Kernel<Tensor>;
  /** Its names, of each layer where layers are stacked. */
  readonly names: readonly Names[];
}

const OUTPUT = "decoder/logitsDense";

const namesOf = (config: T5Config, path: string): readonly Names[] => {
  const layers = path.startsWith("encoder") ? config.numLayers : config.numDecoderLayers;
  const stacked = /^(encoder|decoder)\/layers\/(?!\d)/.test(path);
  const paths = stacked ? Array.from({ length: layers }, (_, i) => path.replace("/layers/", `/layers/${i}/`)) : [path];
  return paths.map((path) => ({ path, module: moduleName(path) ?? path }));
};

/** All kernels of a T5. */
const targetsOf = (config: T5Config, params: AnyParams): Target[] =>
  kernelNodes(params).map(([path, node]) => ({ path, node, names: namesOf(config, path) }));

const fitsEntry = (entry: string, { path, module }: Names): boolean =>
  path === entry || path.endsWith(`/${entry}`) || module === entry || module.endsWith(`.${entry}`);

/** Whether `fits` holds for a kernel. @throws {ArgumentError} where it holds for some of several stacked layers only */
const forAllLayers = (where: string, { path, names }: Target, fits: (names: Names) => boolean): boolean => {
  const count = names.filter(fits).length;
  if (count === 0 || count === names.length) return count > 0;
  throw new ArgumentError({
    where,
    what: "the layers are stacked, and only some of them are selected",
    expected: `all ${names.length} layers, or none`,
    got: `${count}`,
    at: path,
    hint: "unstack them: t5.unstackLayers(params)",
  });
};

const noSuchKernel = (where: string, got: string, targets: readonly Target[]): ArgumentError => {
  const ends = (names: Names): string[] =>
    [names.path, names.module].map((name) => name.split(/[./]/).at(-1) as string);
  const known = [...new Set(targets.flatMap(({ names }) => names.flatMap(ends)))];
  const whole = targets.flatMap(({ names }) => names.flatMap(({ path, module }) => [path, module]));
  const near = closest(got, /[./]/.test(got) ? whole : known);
  return new ArgumentError({
    where,
    what: "the model has no such kernel",
    expected: known.join(", "),
    got,
    hint: `did you mean ${near}?`,
  });
};

/** The regular expression of a whole name. @throws {ArgumentError} when it cannot be read */
const wholeName = (where: string, pattern: string): RegExp => {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch (error) {
    const what = "the pattern is not a regular expression";
    throw new ArgumentError({ where, what, got: pattern, hint: error instanceof Error ? error.message : undefined });
  }
};

/**
 * The kernels that are selected, in the order of the tree.
 *
 * @throws {ArgumentError} for a name or pattern that selects nothing, with the closest name
 */
export const selectKernels = (where: string, config: T5Config, params: AnyParams, kernels: Kernels): Target[] => {
  const targets = targetsOf(config, params);
  if (kernels === "all-linear") return targets.filter(({ path }) => path !== OUTPUT);
  if ("pattern" in kernels) {
    const whole = wholeName(where, kernels.pattern);
    const fits = ({ path, module }: Names): boolean => whole.test(path) || whole.test(module);
    const found = targets.filter((target) => forAllLayers(where, target, fits));
    if (found.length === 0) throw noSuchKernel(where, kernels.pattern, targets);
    return found;
  }
  const selects = (entry: string): boolean => targets.some(({ names }) => names.some((one) => fitsEntry(entry, one)));
  const unknown = kernels.find((entry) => !selects(entry));
  if (unknown !== undefined || kernels.length === 0) throw noSuchKernel(where, unknown ?? "no name", targets);
  const fits = (one: Names): boolean => kernels.some((entry) => fitsEntry(entry, one));
  return targets.filter((target) => forAllLayers(where, target, fits));
};

/** Whether a kernel is one of those named. */
export const isNamed = (where: string, target: Target, entries: readonly string[]): boolean =>
  forAllLayers(where, target, (one) => entries.some((entry) => fitsEntry(entry, one)));

/**
 * The value of the first pattern that fits a kernel, else `usual`. A key fits a Hugging Face module as in PEFT: the regular expression
 * `(.*\.)?(key)$` from its start.
 *
 * @throws {ArgumentError} when stacked layers would have different values
 */
export const byPattern = (
  where: string,
  target: Target,
  patterns: Readonly<Record<string, number>>,
  usual: number,
): number => {
  const keys = Object.keys(patterns);
  const expressions = keys.map((key) => wholeName(where, `(?:.*\\.)?(?:${key})`));
  const values = target.names.map(({ module }) => {
    const at = expressions.findIndex((expression) => expression.test(module));
    return at < 0 ? usual : patterns[keys[at]];
  });
  if (values.every((value) => value === values[0])) return values[0];
  throw new ArgumentError({
    where,
    what: "the layers are stacked, and a pattern gives them different values",
    expected: "one value for all layers",
    got: [...new Set(values)].join(", "),
    at: target.path,
    hint: "unstack them: t5.unstackLayers(params)",
  });
};
