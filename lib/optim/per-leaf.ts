/** @file Transformations that keep, for every parameter, running tensors: what all adaptive optimizers are made of. */
import { scope } from "../core/composite.js";
import { checkSameStructure, type TreeDef, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { flattenTensors } from "../transforms/trees.js";
import { alignedLeaves, checkShapes, type Float, givenParams, ONE_TREE, perFloat } from "./base.js";
import { type GradientTransformation, type PerParam, type PlainTransformation, transformation } from "./state.js";

/** The template of a state: the number of steps, and a tree like the parameters for each running tensor. */
export type RunningState<K extends string> = {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
} & { readonly [Slot in K]: PerParam };

/** How one leaf is transformed. */
export interface PerLeaf<K extends string, C> {
  readonly name: string;
  /** The running tensors and how they start: a number everywhere in the parameter's shape, or a tensor of another shape. */
  readonly slots: Readonly<Record<K, number | ((param: Tensor) => Tensor)>>;
  /** What all leaves of a dtype share at step `t` (int32, counted from 1), computed once. */
  readonly shared: (t: Tensor, dtype: Float) => C;
  /** A `step` that declares the parameter needs it; for others `update` may be called without. */
  readonly step: (
    grad: Tensor,
    slots: Readonly<Record<K, Tensor>>,
    shared: C,
    param: Tensor,
  ) => readonly [update: Tensor, slots: Readonly<Record<K, Tensor>>];
}

/** What `perLeaf` makes, seen from inside. */
interface Running<K extends string> {
  readonly init: (params: unknown) => RunningTrees<K>;
  readonly update: <P>(grads: P, state: RunningTrees<K>, params?: unknown) => readonly [P, RunningTrees<K>];
}
type RunningTrees<K extends string> = { readonly count: Tensor } & Readonly<Record<K, unknown>>;

/** The transformation whose `update` does `step` at every leaf. */
export const perLeaf = <K extends string, C>(spec: PerLeaf<K, C>): GradientTransformation<RunningState<K>> => {
  const { name, slots } = spec;
  const names = Object.keys(slots) as K[];
  const start = (slot: K, param: Tensor): Tensor => {
    const first = slots[slot];
    return typeof first === "function" ? first(param) : np.fullLike(param, first);
  };
  const forSlots = <T>(f: (slot: K) => T): Record<K, T> =>
    Object.fromEntries(names.map((slot) => [slot, f(slot)])) as Record<K, T>;

  /** The running tensors of one kind. */
  const leavesOf = (slot: K, tree: unknown, def: TreeDef, rows: readonly Tensor[][]): Tensor[] => {
    const [leaves, own] = flattenTensors(name, tree, `state.${slot}`);
    checkSameStructure(name, def, own, ONE_TREE, `state.${slot}`);
    if (typeof slots[slot] === "number") checkShapes(name, def, rows, leaves, `state.${slot}`);
    return leaves;
  };

  const tx: Running<K> = {
    init: (params) =>
      scope(() => {
        const [rows, def] = alignedLeaves(name, params);
        const trees = forSlots((slot) =>
          unflatten(
            def,
            rows.map(([p]) => start(slot, p)),
          ),
        );
        return { count: np.scalar(0, "int32"), ...trees };
      }),
    update: (grads, state, params) =>
      scope(() => {
        const known = spec.step.length > 3 ? givenParams(name, params) : (params ?? grads);
        const [rows, def] = alignedLeaves(name, known, grads);
        const running = forSlots((slot) => leavesOf(slot, state[slot], def, rows));
        const count = np.add(state.count, 1);
        const shared = perFloat((dtype) => spec.shared(count, dtype));
        const results = rows.map(([p, g], i) =>
          spec.step(
            g,
            forSlots((slot) => running[slot][i]),
            shared(g),
            p,
          ),
        );
        const tree = (pick: (result: (typeof results)[number]) => Tensor): unknown => unflatten(def, results.map(pick));
        const updates = tree(([update]) => update) as typeof grads;
        return [updates, { count, ...forSlots((slot) => tree(([, next]) => next[slot])) }] as const;
      }),
  };
  return transformation(tx as unknown as PlainTransformation<RunningState<K>>);
};

/** `decay · old + (1 - decay) · fresh` */
export const average = (decay: number, old: Tensor, fresh: Tensor): Tensor =>
  np.add(np.multiply(decay, old), np.multiply(1 - decay, fresh));

/**
 * `1 - decay ** t`, by which a moving average that began at zero is divided.
 *
 * As `-expm1(t · log(decay))`, since `1 - decay ** t` loses half of its digits where decay is near 1 and t is small.
 */
export const biasCorrection = (decay: number, t: Tensor, dtype: Float): Tensor =>
  np.negative(np.expm1(np.multiply(Math.log(decay), np.astype(t, dtype))));
