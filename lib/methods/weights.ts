/** @file Training the weights themselves: all of them (model tuning), the scales of the norms, or those that paths select. */
import { sameShape } from "../core/aval.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { type KeyPath, leavesOf, treeMapWithPath } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { AnyParams } from "../t5/stack.js";
import { mask } from "../tree/index.js";
import { leavesByPath, slashPath } from "../tree/map.js";
import type { Method } from "./method.js";
import { checkTree } from "./trees.js";

const WHERE = "methods.weights";

/** Weights by their paths, such as `encoder/encoderNorm/scale`. */
export type WeightTree = Readonly<Record<string, Tensor>>;

/** The leaves that globs select, by path. @throws {ArgumentError} for a glob that selects none */
const selectLeaves = (params: AnyParams, where: readonly string[]): (readonly [path: string, leaf: Tensor])[] => {
  const leaves = leavesByPath<Tensor>(params);
  const selected = (glob: string | readonly string[]): boolean[] => leavesOf(mask(params, glob as string)) as boolean[];
  const empty = where.find((glob) => !selected(glob).includes(true));
  if (empty !== undefined || where.length === 0) {
    throw new ArgumentError({
      where: WHERE,
      what: "a pattern selects no weight",
      expected: `paths such as ${leaves[1][0]}; * is any part of a name, ** any number of names`,
      got: empty ?? "no pattern",
    });
  }
  const chosen = selected(where);
  return leaves.filter((_, i) => chosen[i]);
};

/**
 * Training of the weights whose paths fit a glob, from the frozen model's values; each trained weight replaces the frozen one.
 *
 * - `where`: globs of paths such as `encoder/layers/0/attention/query/kernel`: `*` is any part of one name, `**` any number of names
 * - trained values: those of the selected weights
 *
 * With the output layer (`decoder/logitsDense/kernel`) and a prompt it is WARP; see `compose`.
 * @throws {ArgumentError} (in `init`, `apply`) for a glob that selects nothing; {ShapeError} for a weight of another shape
 * @see Hambardzumyan et al. 2021, arXiv:2101.00121 (WARP)
 * @example const method = methods.weights("decoder/logitsDense/kernel")
 */
export const weights = (where: string | readonly string[]): Method<WeightTree> => {
  const globs = typeof where === "string" ? [where] : where;
  return {
    settings: { name: "weights", where: globs },
    // Copies: what trains takes its tree over, and the frozen model stays as it is.
    init: (_key, _config, frozen) =>
      Object.fromEntries(selectLeaves(frozen, globs).map(([path, leaf]) => [path, np.copy(leaf)])),
    apply: (_config, frozen, tuned) => {
      const leaves = selectLeaves(frozen, globs);
      checkTree(
        WHERE,
        leaves.map(([path]) => path),
        tuned,
      );
      for (const [path, leaf] of leaves) {
        if (sameShape(leaf.shape, tuned[path].shape)) continue;
        const [expected, got] = [`${leaf.aval}`, `${tuned[path].aval}`];
        throw new ShapeError({
          where: WHERE,
          what: "a trained weight does not fit the model",
          expected,
          got,
          at: path,
        });
      }
      const replaced = (keys: KeyPath, leaf: Tensor): Tensor => {
        const path = slashPath(keys);
        return Object.hasOwn(tuned, path) ? tuned[path] : leaf;
      };
      return { params: treeMapWithPath(replaced as never, frozen) as AnyParams };
    },
  };
};

/**
 * Model tuning: all weights are trained. A tied embedding is one tensor.
 *
 * @see Raffel et al. 2020, arXiv:1910.10683; the baseline of Lester et al. 2021
 * @example const step = makeTrainStep(config, methods.full(), optim.adafactor({ learningRate: 1e-3 }))
 */
export const full = (): Method<WeightTree> => weights("**");

/**
 * LN tuning: the scales of all norms, `(5 L + 2) d` values with `L` layers a stack. T5 has no biases, so there is no BitFit.
 *
 * @see Zhao et al. 2023, arXiv:2312.11420
 */
export const norms = (): Method<WeightTree> => weights("**/scale");
