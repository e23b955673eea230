/** @file The kernel nodes of a parameter tree, found without the library's own walk. */
import { isTensor, type Tensor } from "../../lib/core/tensor.js";
import type { t5 } from "../../lib/index.js";
import type { Kernel } from "../../lib/t5/config.js";

/** The parameters with every kernel node replaced by what `f` gives for it and its slash path. */
export const mapNodes = <P extends t5.AnyParams>(
  params: P,
  f: (node: Kernel<Tensor>, path: string) => Kernel<Tensor>,
): P => {
  const walk = (node: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(node)) return node.map((x, i) => walk(x, [...path, `${i}`]));
    if (typeof node !== "object" || node === null || isTensor(node)) return node;
    if ("kernel" in node) return f(node as Kernel<Tensor>, path.join("/"));
    return Object.fromEntries(Object.entries(node).map(([key, x]) => [key, walk(x, [...path, key])]));
  };
  return walk(params, []) as P;
};

/** The node at a slash path. */
export const nodeAt = (params: t5.AnyParams, path: string): Kernel<Tensor> =>
  path.split("/").reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], params) as Kernel<Tensor>;
