/** @file Which kernels a method changes, by their names in our tree or in Hugging Face's model, with PEFT's rules. */

import { closest } from "../core/closest.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { Kernel, T5Config } from "../t5/config.js";
import { kernelNodes } from "../t5/kernel-nodes.js";
import type { AnyParams } from "../t5/stack.js";
import { checkFrozen } from "./frozen.js";
import { type KernelName, type Kernels, kernelMatcher, kernelName, keyMatcher, patternValue } from "./kernel-names.js";

/** A kernel of a parameter tree. */
export interface Target {
  /** Its path in the tree, where stacked layers have no number. */
  readonly path: string;
  readonly node: Kernel<Tensor>;
  /** Its names, of each layer where layers are stacked. */
  readonly names: readonly KernelName[];
}

const namesOf = (config: T5Config, path: string): readonly KernelName[] => {
  const layers = path.startsWith("encoder") ? config.numLayers : config.numDecoderLayers;
  const stacked = /^(encoder|decoder)\/layers\/(?!\d)/.test(path);
  const paths = stacked ? Array.from({ length: layers }, (_, i) => path.replace("/layers/", `/layers/${i}/`)) : [path];
  return paths.map(kernelName);
};

/** All kernels of a T5. */
const targetsOf = (config: T5Config, params: AnyParams): Target[] =>
  kernelNodes(params).map(([path, node]) => ({ path, node, names: namesOf(config, path) }));

/** Whether `fits` holds for a kernel. @throws {ArgumentError} where it holds for some of several stacked layers only */
const forAllLayers = (where: string, { path, names }: Target, fits: (names: KernelName) => boolean): boolean => {
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

/** The last `count` parts of a name. */
const lastParts = (name: string, mark: string, count: number): string => name.split(mark).slice(-count).join(mark);

/** Finds the kernel name closest to an unknown name, among names with the same number of parts. */
const closestKernel = (name: string, known: readonly KernelName[]): string => {
  const bare = name.replace(/[./](kernel|weight)$/, "");
  const parts = bare.split(/[./]/);
  const ends = (count: number): string[] => [
    ...new Set(known.flatMap(({ path, module }) => [lastParts(path, "/", count), lastParts(module, ".", count)])),
  ];
  // A layer is named in place of its kernels: `attention` for `attention/query`.
  const within = ends(parts.length + 1).find((end) => end.startsWith(`${bare}/`) || end.startsWith(`${bare}.`));
  return within ?? closest(bare, ends(parts.length));
};

/** Describes a selection that matches no kernel, and suggests a remedy. */
const explain = (kernels: Kernels, known: readonly KernelName[]): { readonly got: string; readonly hint: string } => {
  if (kernels === "all-linear") return { got: kernels, hint: "the model has no kernels" };
  if ("pattern" in kernels) {
    const { path, module } = known[0];
    return {
      got: kernels.pattern,
      hint: `a pattern is a regular expression of a whole name, such as ${path} or ${module}`,
    };
  }
  const [first = ""] = kernels;
  if (first === "")
    return { got: "no name", hint: `name one kernel or more, such as ${lastParts(known[0].path, "/", 1)}` };
  return { got: first, hint: `did you mean ${closestKernel(first, known)}?` };
};

const noSuchKernel = (where: string, kernels: Kernels, targets: readonly Target[]): ArgumentError => {
  const names = targets.flatMap((target) => target.names);
  const known = new Set(names.flatMap(({ path, module }) => [lastParts(path, "/", 1), lastParts(module, ".", 1)]));
  const { got, hint } = explain(kernels, names);
  return new ArgumentError({ where, what: "the model has no such kernel", expected: [...known].join(", "), got, hint });
};

/**
 * The kernels that are selected, in the order of the tree.
 *
 * @throws {ArgumentError} for a name or pattern that selects nothing, with the closest name; {TreeError} for a model that is not on the device
 */
export const selectKernels = (where: string, config: T5Config, params: AnyParams, kernels: Kernels): Target[] => {
  checkFrozen(where, params);
  const targets = targetsOf(config, params);
  const isThere = (some: Kernels): boolean => targets.some(({ names }) => names.some(kernelMatcher(where, some)));
  const entries: readonly Kernels[] = Array.isArray(kernels) ? kernels.map((entry: string) => [entry]) : [kernels];
  const unknown = entries.find((entry) => !isThere(entry));
  if (unknown !== undefined || entries.length === 0) throw noSuchKernel(where, unknown ?? [], targets);
  const fits = kernelMatcher(where, kernels);
  return targets.filter((target) => forAllLayers(where, target, fits));
};

/** Whether a kernel is one of those named. */
export const isNamed = (where: string, target: Target, entries: readonly string[]): boolean =>
  forAllLayers(where, target, kernelMatcher(where, entries));

/** The value that `patternValue` gives a kernel. @throws {ArgumentError} when stacked layers would have different values */
export const byPattern = (
  where: string,
  target: Target,
  patterns: Readonly<Record<string, number>>,
  usual: number,
): number => {
  const values = target.names.map(patternValue(where, patterns, usual));
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

/** @throws {ArgumentError} for a key of a pattern that fits none of the selected kernels, with the closest name */
export const checkKeys = (
  where: string,
  targets: readonly Target[],
  patterns: Readonly<Record<string, number>>,
): void => {
  const known = targets.flatMap((target) => target.names);
  const dead = Object.keys(patterns).find((key) => !known.some(keyMatcher(where, key)));
  if (dead === undefined) return;
  const modules = [...new Set(known.map(({ module }) => lastParts(module, ".", 1)))];
  const translated = known.find(({ path }) => path.endsWith(`/${dead}`));
  throw new ArgumentError({
    where,
    what: "a key of a pattern fits none of the selected kernels",
    expected: `Hugging Face's names, such as ${modules.join(", ")}, or regular expressions of them`,
    got: dead,
    hint: `did you mean ${translated === undefined ? closest(dead, modules) : lastParts(translated.module, ".", 1)}?`,
  });
};
