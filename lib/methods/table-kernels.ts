/** @file What adapters put beside kernels, in one form: a low-rank term and scales of each kernel that one of them changes. */
import { UnsupportedError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { Kernel, LowRank } from "../t5/config.js";
import { kernelNodes, mapKernels, withoutTerms } from "../t5/kernel-nodes.js";
import type { AnyParams } from "../t5/stack.js";
import { leavesByPath } from "../tree/map.js";

/** What stands beside one kernel: a low-rank term without a scale, and scales. */
export interface Beside {
  /** `a` `[in, rank]` and `b` `[rank, out]`; with layers stacked each has a first axis for the layer, as have the scales. */
  readonly low?: { readonly a: Tensor; readonly b: Tensor };
  readonly in?: Tensor;
  readonly out?: Tensor;
}

/** By the path of a kernel's node. */
export type Besides = Readonly<Record<string, Beside>>;

/** Of a kernel, the whole rank of its terms, 0 for none, and which scales it has. */
interface Place {
  readonly path: string;
  readonly rank: number;
  readonly in: boolean;
  readonly out: boolean;
}

const rankOf = ({ low = [] }: Kernel<Tensor>): number => low.reduce((sum, { a }) => sum + a.shape[a.ndim - 1], 0);

/** @throws {UnsupportedError} when the parameters have other weights than the frozen model */
const checkWeights = (where: string, frozen: AnyParams, params: AnyParams): void => {
  const own = new Map(leavesByPath<Tensor>(withoutTerms(params)));
  const changed = leavesByPath<Tensor>(withoutTerms(frozen)).find(([path, leaf]) => own.get(path) !== leaf);
  if (changed === undefined) return;
  throw new UnsupportedError({
    where,
    what: "an adapter that replaces weights cannot be mixed in one batch",
    expected: "what stands beside the weights, such as LoRA, IA3, a prompt or a prefix",
    got: "a weight that is replaced",
    at: changed[0],
    hint: "give this adapter a separate batch",
  });
};

/** What an adapter has put beside the kernels of a frozen model. @throws {UnsupportedError} when it has replaced a weight */
export const kernelPlaces = (where: string, frozen: AnyParams, params: AnyParams): Place[] => {
  if (params === frozen) return [];
  checkWeights(where, frozen, params);
  const before = new Map(kernelNodes(frozen));
  return kernelNodes(params)
    .filter(([path, node]) => node !== before.get(path))
    .map(([path, node]) => ({
      path,
      rank: rankOf(node),
      in: node.in !== undefined,
      out: node.out !== undefined,
    }));
};

/** The places of all adapters together: of each kernel the highest rank. */
export const joinedPlaces = (all: readonly (readonly Place[])[]): Place[] => {
  const byPath = new Map<string, Place>();
  for (const place of all.flat()) {
    const { path } = place;
    const known = byPath.get(path) ?? { path, rank: 0, in: false, out: false };
    const rank = Math.max(known.rank, place.rank);
    byPath.set(path, { path, rank, in: known.in || place.in, out: known.out || place.out });
  }
  return [...byPath.values()];
};

/** A term's second factor with its scale in it. */
const scaledFactor = ({ b, scale }: LowRank<Tensor>): Tensor => np.multiply(b, np.expandDims(scale, [-2, -1]));

/** All terms of a kernel as one of the given rank: the factors side by side, then zeros. */
const oneTerm = ({ kernel, low = [] }: Kernel<Tensor>, rank: number): Required<Beside>["low"] => {
  const [inputs, outputs] = kernel.shape.slice(-2);
  const [layers, missing] = [kernel.shape.slice(0, -2), rank - rankOf({ kernel, low })];
  const zeros = (shape: readonly number[]): Tensor[] => (missing > 0 ? [np.zeros(shape, kernel.dtype)] : []);
  const a = [...low.map((term) => term.a), ...zeros([...layers, inputs, missing])];
  const b = [...low.map(scaledFactor), ...zeros([...layers, missing, outputs])];
  return { a: np.concatenate(a, -1), b: np.concatenate(b, -2) };
};

/** What one adapter has at the places of all, filled up with zeros and ones. */
export const besidesAt = (params: AnyParams, places: readonly Place[]): Besides => {
  const nodes = new Map(kernelNodes(params));
  return Object.fromEntries(
    places.map(({ path, rank, in: before, out: after }): [string, Beside] => {
      const node = nodes.get(path) as Kernel<Tensor>;
      const { kernel } = node;
      const ones = (axis: -1 | -2): Tensor =>
        np.ones([...kernel.shape.slice(0, -2), ...kernel.shape.slice(axis).slice(0, 1)], kernel.dtype);
      return [
        path,
        {
          ...(rank > 0 && { low: oneTerm(node, rank) }),
          ...(before && { in: node.in ?? ones(-2) }),
          ...(after && { out: node.out ?? ones(-1) }),
        },
      ];
    }),
  );
};

/** The frozen model with rows of such places, whose leaves have a first axis for the rows of a batch. */
export const withBesides = (frozen: AnyParams, besides: Besides): AnyParams =>
  mapKernels(frozen, ({ kernel, ...shared }, path) => {
    if (!Object.hasOwn(besides, path)) return { kernel, ...shared };
    const { low, in: before, out: after } = besides[path];
    const layers = kernel.shape.slice(0, -2);
    // With stacked layers the axis of the layers stays the first one.
    const inside = (x: Tensor): Tensor => (layers.length === 0 ? x : np.swapaxes(x, 0, 1));
    const scale = np.ones(layers, kernel.dtype);
    return {
      kernel,
      ...(low && { low: [{ a: inside(low.a), b: inside(low.b), scale }] }),
      ...(before && { in: inside(before) }),
      ...(after && { out: inside(after) }),
    };
  });
