/** @file The kernels of a parameter tree by their paths. */
import type { Tensor } from "../core/tensor.js";
import { isTensor } from "../core/tensor.js";
import type { Kernel } from "./config.js";
import type { AnyParams } from "./stack.js";

const isKernel = (x: object): x is Kernel<Tensor> => "kernel" in x;

/**
 * The parameters with each kernel node replaced by what `f` gives for it; nodes that stay the same are shared with the old tree.
 *
 * @param f  of a node and its path, such as `encoder/layers/0/attention/query`
 */
export const mapKernels = <P extends AnyParams>(
  params: P,
  f: (node: Kernel<Tensor>, path: string) => Kernel<Tensor>,
): P => {
  const walk = (x: unknown, path: string): unknown => {
    if (typeof x !== "object" || x === null || isTensor(x)) return x;
    if (isKernel(x)) return f(x, path);
    const below = (key: string | number): string => (path === "" ? `${key}` : `${path}/${key}`);
    if (Array.isArray(x)) return x.map((item, i) => walk(item, below(i)));
    return Object.fromEntries(Object.entries(x).map(([key, item]) => [key, walk(item, below(key))]));
  };
  return walk(params, "") as P;
};

/** All kernel nodes and their paths, in the order of the tree. */
export const kernelNodes = (params: AnyParams): (readonly [path: string, node: Kernel<Tensor>])[] => {
  const found: [string, Kernel<Tensor>][] = [];
  mapKernels(params, (node, path) => {
    found.push([path, node]);
    return node;
  });
  return found;
};

/** The weights alone, without what methods have put beside kernels. */
export const withoutTerms = (params: AnyParams): AnyParams => mapKernels(params, ({ kernel }) => ({ kernel }));
