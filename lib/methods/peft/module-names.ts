/** @file Names of kernels as PEFT's configurations have them: Hugging Face's modules. */
import * as t from "io-ts";
import { such } from "../../edge/decode.js";
import { type Kernels, kernelMatcher, kernelName, keyMatcher, namePatternProblem } from "../kernel-names.js";
import { WHERE } from "./adapter.js";

/** Whether a text is a regular expression that is quick to match. */
export const isPattern = (source: string): boolean => {
  try {
    return new RegExp(source) instanceof RegExp && namePatternProblem(source) === undefined;
  } catch {
    return false;
  }
};

/** `target_modules` and its kind: a list of names or ends of names, or a regular expression of the whole name. */
export const moduleNames = t.union([
  t.array(t.string),
  such(t.string, isPattern, "regular expression that matches in few ways"),
]);

/** The kernels that such names are for. */
export const kernelsOf = (names: t.TypeOf<typeof moduleNames>): Kernels =>
  typeof names !== "string" ? names : names === "all-linear" ? names : { pattern: names };

/** The entries of a list that mean one of these kernels: PEFT lets others pass, such as names that another T5 has. */
export const usedEntries = (list: readonly string[], nodes: readonly string[]): string[] => {
  const names = nodes.map(kernelName);
  return list.filter((entry) => names.some(kernelMatcher(WHERE, [entry])));
};

/** The keys of a pattern that fit one of these kernels: PEFT lets others pass. */
export const usedKeys = (
  patterns: Readonly<Record<string, number>>,
  nodes: readonly string[],
): Record<string, number> => {
  const names = nodes.map(kernelName);
  return Object.fromEntries(Object.entries(patterns).filter(([key]) => names.some(keyMatcher(WHERE, key))));
};

/** What Hugging Face calls the kernels that have one name in every attention and MLP. */
const LAST: Readonly<Record<string, string>> = {
  query: "q",
  key: "k",
  value: "v",
  out: "o",
  wi: "wi",
  wi0: "wi_0",
  wi1: "wi_1",
  wo: "wo",
};

/** The full module names of kernels, by the slash paths of their nodes. */
export const modulesOf = (nodes: readonly string[]): string[] => nodes.map((node) => kernelName(node).module);

/** The last parts of the module names, each once, in order. */
export const lastNames = (nodes: readonly string[]): string[] =>
  [...new Set(modulesOf(nodes).map((module) => module.slice(module.lastIndexOf(".") + 1)))].sort();

/** An entry of a list of kernels as entries that fit the same kernels by their modules alone. */
const moduleEntries = (entry: string, nodes: readonly string[]): readonly string[] => {
  if (Object.hasOwn(LAST, entry)) return [LAST[entry]];
  const fits = kernelMatcher(WHERE, [entry]);
  return entry.includes("/") ? modulesOf(nodes.filter((node) => fits(kernelName(node)))) : [entry];
};

/** A list of kernels by names of ours or of Hugging Face's modules, as a list of the latter; `nodes` are the kernels that it is for. */
export const moduleList = (names: readonly string[], nodes: readonly string[]): string[] => [
  ...new Set(names.flatMap((entry) => moduleEntries(entry, nodes))),
];
