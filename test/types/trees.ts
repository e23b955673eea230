/** @file The types of functions of trees. */

import type { Tensor } from "../../lib/core/tensor.js";
import type { Tree } from "../../lib/core/tree-types.js";
import * as np from "../../lib/np/index.js";
import { jit } from "../../lib/transforms/jit.js";
import * as tree from "../../lib/tree/index.js";
import type { Equal, Expect } from "./equal.js";

interface Params {
  readonly layers: readonly { readonly kernel: Tensor; readonly bias?: Tensor }[];
  readonly scale: Tensor;
}
declare const params: Params;

const counts = tree.map((x) => x.size, params);
export type Counted = Expect<
  Equal<typeof counts.layers, readonly { readonly kernel: number; readonly bias?: number }[]>
>;

const [some, others] = tree.partition(params, "scale");
export type MayBeAbsent = Expect<Equal<typeof some.scale, Tensor | null>>;
const whole = tree.merge(some, others);
export type IsThere = Expect<Equal<typeof whole.scale, Tensor>>;
export const fits: Params = whole;

export const descent = tree.map((p, g: Tensor) => np.subtract(p, g), params, params);
export const stepped = tree.map((p, g, m) => p.sub(g.mul(0.1)).add(m), params, params, params);
export const axpy = <T extends Tree>(a: number, first: T, second: T): T =>
  tree.map((p, q) => q.add(p.mul(a)), first, second);
export const kept = tree.map(
  (p, keep) => (keep ? p : p.mul(Number(keep))),
  params,
  tree.map(() => true, params),
);
export const picked: readonly Tensor[] = tree.leaves(tree.map((p, size) => p.mul(size), params, counts));
export const names = tree.mapWithPath((path, x) => `${path.join(".")} ${x.shape}`, params);
export const bytes: number = tree.reduce((n, x) => n + x.size, params, 0);

const leaves = tree.leaves(params);
export type LeavesAreTensors = Expect<Equal<typeof leaves, Tensor[]>>;
const sizes = tree.leaves(counts);
export type LeavesAreNumbers = Expect<Equal<typeof sizes, number[]>>;
export const squares = <T>(t: T): Tensor =>
  tree.leaves(t).reduce<Tensor>((sum, x) => np.add(sum, np.sum(np.square(x))), np.zeros([]));

// @ts-expect-error a predicate sees the leaves of this tree
tree.partition(params, (_path, leaf) => leaf.nonesuch);
// @ts-expect-error a part may lack the leaf
export const lacking: Tensor = some.scale;

// A tree type may contain itself.
interface Node {
  readonly children: readonly Node[];
  readonly value: Tensor;
}
declare const root: Node;
export const sameNode: Node = jit((node: Node) => node)(root);
export const halvedNode: Node = tree.map((x) => np.multiply(x, 0.5), root);
