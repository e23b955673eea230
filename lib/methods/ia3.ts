/**
 * @file IA3: learned scales of keys, values and the activations of the MLP.
 *
 * @see Liu et al. 2022, arXiv:2205.05638
 */
import { ArgumentError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import { mapKernels } from "../t5/kernel-nodes.js";
import type { Batch } from "../t5/model.js";
import type { AnyParams } from "../t5/stack.js";
import { isNamed, selectKernels, type Target } from "./kernels.js";
import { type Method, makesMethod } from "./method.js";
import { names, readOptions } from "./options.js";
import { checkTree, type ShapeTree } from "./trees.js";

const WHERE = "methods.ia3";

export interface Ia3Options {
  /** Which kernels. Default keys and values of all attentions, and the last kernel of each MLP. */
  readonly kernels?: readonly string[];
  /** Which of them are scaled where they are entered, not where they are left. Default the last kernel of each MLP. */
  readonly feedForward?: readonly string[];
}

export const IA3_OPTIONS = { kernels: optional(names), feedForward: optional(names) };

/** The scale of one kernel; with layers stacked it has a first axis for the layer. */
export type Ia3Scale = { readonly out: Tensor } | { readonly in: Tensor };

/** By the path of a kernel's node, such as `encoder/layers/0/attention/key`. */
export type Ia3Tree = Readonly<Record<string, Ia3Scale>>;

const times = (old: Tensor | undefined, scale: Tensor): Tensor => (old === undefined ? scale : np.multiply(old, scale));

/**
 * IA3: `y = l ⊙ (x K)` for keys and values, `l` `[out]`, and `y = (l ⊙ x) K` for the last kernel of an MLP, `l` `[in]`.
 *
 * - start: ones, so that the model is unchanged
 * - trained values: `3 L · 2 a + 2 L · f`, with `L` layers a stack, `a` the attention's width and `f` the MLP's
 *
 * In `apply`, a scale may have an axis more in front of its last one, for the rows of a batch that has scales for each.
 * @throws {ArgumentError} (in `init`, `apply`) for a name that selects no kernel, with the closest one, and for a feed-forward kernel that
 * is not among the kernels; {TreeError}, {ShapeError} (in `apply`) for a tree of other settings or of another model
 * @see Liu et al. 2022, arXiv:2205.05638
 * @example const method = methods.ia3()
 */
export const ia3 = makesMethod("methods.ia3(options)", (options: Ia3Options = {}): Method<Ia3Tree> => {
  const { kernels = ["key", "value", "wo"], feedForward = ["wo"] } = readOptions(WHERE, IA3_OPTIONS, options);
  const targetsOf = (config: T5Config, frozen: AnyParams): Target[] => {
    const targets = selectKernels(WHERE, config, frozen, kernels);
    const alone = feedForward.find((entry) => !targets.some((target) => isNamed(WHERE, target, [entry])));
    if (alone === undefined) return targets;
    const what = "a feed-forward kernel is not among the kernels";
    const hint = "name those of the kernels that are scaled where they are entered: feedForward, [] for none";
    throw new ArgumentError({ where: WHERE, what, expected: kernels.join(", "), got: alone, hint });
  };
  /** On which side of its kernel a scale stands, and its shape. */
  const scaleOf = (target: Target): { readonly side: "in" | "out"; readonly shape: readonly number[] } => {
    const { shape } = target.node.kernel;
    const side = isNamed(WHERE, target, feedForward) ? "in" : "out";
    return { side, shape: [...shape.slice(0, -2), shape[shape.length - (side === "in" ? 2 : 1)]] };
  };
  /** The shape that a tree has to have at a kernel, where its rows may be those of a batch. */
  const wantedFor = (target: Target, tuned: unknown, batch: Partial<Batch> | undefined): ShapeTree => {
    const { side, shape } = scaleOf(target);
    const given = (tuned as Record<string, Record<string, unknown>> | undefined)?.[target.path]?.[side];
    const byRow = isTensor(given) && given.ndim === shape.length + 1;
    const rows = byRow ? [batch?.inputs?.shape[0] ?? given.shape[shape.length - 1]] : [];
    return { [side]: [...shape.slice(0, -1), ...rows, ...shape.slice(-1)] };
  };
  return {
    settings: { name: "ia3", kernels, feedForward },
    init: (_key, config, frozen) =>
      Object.fromEntries(
        targetsOf(config, frozen).map((target): [string, Ia3Scale] => {
          const { side, shape } = scaleOf(target);
          return [target.path, { [side]: np.ones(shape) } as Ia3Scale];
        }),
      ),
    apply: (config, frozen, tuned, batch) => {
      const wanted = targetsOf(config, frozen).map((target) => [target.path, wantedFor(target, tuned, batch)] as const);
      checkTree(WHERE, Object.fromEntries(wanted), tuned);
      const params = mapKernels<AnyParams>(frozen, (node, path) => {
        if (!Object.hasOwn(tuned, path)) return node;
        const scale = tuned[path];
        return "in" in scale ? { ...node, in: times(node.in, scale.in) } : { ...node, out: times(node.out, scale.out) };
      });
      return { params };
    },
  };
});
