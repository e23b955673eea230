/** @file Training the weights themselves: all of them (model tuning), the scales of the norms, or those that paths select. */

import * as t from "io-ts";
import { closest } from "../core/closest.js";
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type KeyPath, treeMapWithPath } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { kernelNodes, withoutTerms } from "../t5/kernel-nodes.js";
import type { AnyParams } from "../t5/stack.js";
import { leavesByPath, slashPath } from "../tree/map.js";
import { selectedBy } from "../tree/partition.js";
import { checkFrozen } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { names, readArgument } from "./options.js";
import { checkTree } from "./trees.js";

const WHERE = "methods.weights";

/** Weights by their paths, such as `encoder/encoderNorm/scale`. */
export type WeightTree = Readonly<Record<string, Tensor>>;

/** The glob with one other name that selects something, or the path, that is most like a glob that selects nothing. */
const closestGlob = (params: AnyParams, glob: string, paths: readonly string[]): string => {
  const parts = glob.split("/");
  const known = [...new Set(paths.flatMap((path) => path.split("/")))];
  const others = parts.flatMap((part, i) =>
    part.includes("*") ? [] : known.map((name) => parts.with(i, name).join("/")),
  );
  return closest(glob, [...others.filter((one) => selectedBy(WHERE, params, one).includes(true)), ...paths]);
};

/** The leaves that globs select, by path. @throws {ArgumentError} for a glob that selects none */
const selectLeaves = (params: AnyParams, where: readonly string[]): (readonly [path: string, leaf: Tensor])[] => {
  checkFrozen(WHERE, params);
  const leaves = leavesByPath<Tensor>(params);
  const empty = where.find((glob) => !selectedBy(WHERE, params, glob).includes(true));
  if (empty !== undefined || where.length === 0) {
    const paths = leaves.map(([path]) => path);
    throw new ArgumentError({
      where: WHERE,
      what: "a pattern selects no weight",
      expected: `paths such as ${paths[1]}; * is any part of a name, ** any number of names`,
      got: empty ?? "no pattern",
      hint: empty === undefined ? undefined : `did you mean ${closestGlob(params, empty, paths)}?`,
    });
  }
  const chosen = selectedBy(WHERE, params, where);
  return leaves.filter((_, i) => chosen[i]);
};

/** @throws {ArgumentError} when another method has put something beside a kernel that is to be replaced, and may have been made for it */
const checkBare = (params: AnyParams, replaced: Readonly<Record<string, unknown>>): void => {
  for (const [path, { kernel, ...beside }] of kernelNodes(params)) {
    if (Object.keys(beside).length === 0 || !Object.hasOwn(replaced, `${path}/kernel`)) continue;
    throw new ArgumentError({
      where: WHERE,
      what: "another method has already changed this kernel",
      expected: "a kernel with nothing beside it",
      got: Object.keys(beside).join(", "),
      at: path,
      hint: "put the weights first: compose({ weights, lora })",
    });
  }
};

/**
 * Training of the weights whose paths fit a glob, from the frozen model's values; each trained weight replaces the frozen one.
 *
 * - `where`: globs of paths such as `encoder/layers/0/attention/query/kernel`: `*` is any part of one name, `**` any number of names
 * - trained values: those of the selected weights
 *
 * With the output layer (`decoder/logitsDense/kernel`) and a prompt it is WARP; see `compose`.
 * @throws {ArgumentError} (in `init`, `apply`) for a glob that selects nothing, with the closest path, and (in `apply`) for a kernel that another
 * method has changed before; {TreeError}, {ShapeError} (in `apply`) for a tree of other settings or of another model
 * @see Hambardzumyan et al. 2021, arXiv:2101.00121 (WARP)
 * @example const method = methods.weights("decoder/logitsDense/kernel")
 */
export const weights = makesMethod(
  "methods.weights(where)",
  (where: string | readonly string[]): Method<WeightTree> => {
    const given = readArgument(WHERE, "where", t.union([t.string, names]), where);
    const globs = typeof given === "string" ? [given] : given;
    return {
      settings: { name: "weights", where: globs },
      // Copies: what trains takes its tree over, and the frozen model stays as it is.
      init: (_key, _config, frozen) =>
        Object.fromEntries(selectLeaves(frozen, globs).map(([path, leaf]) => [path, np.copy(leaf)])),
      apply: (_config, frozen, tuned) => {
        const leaves = selectLeaves(withoutTerms(frozen), globs);
        const shapes = Object.fromEntries(leaves.map(([path, leaf]) => [path, leaf.shape]));
        checkTree(WHERE, shapes, tuned);
        checkBare(frozen, shapes);
        const replaced = (keys: KeyPath, leaf: Tensor): Tensor => {
          const path = slashPath(keys);
          return Object.hasOwn(tuned, path) ? tuned[path] : leaf;
        };
        return { params: treeMapWithPath(replaced as never, frozen) as AnyParams };
      },
    };
  },
);

/**
 * Model tuning: all weights are trained. A tied embedding is one tensor.
 *
 * @see Raffel et al. 2020, arXiv:1910.10683; the baseline of Lester et al. 2021
 * @example const step = makeTrainStep(config, methods.full(), optim.adafactor({ learningRate: 1e-3 }))
 */
export const full = takes("methods.full()", (): Method<WeightTree> => weights("**"));

/**
 * LN tuning: the scales of all norms, `(5 L + 2) d` values with `L` layers a stack. T5 has no biases, so there is no BitFit.
 *
 * @see Zhao et al. 2023, arXiv:2312.11420
 */
export const norms = takes("methods.norms()", (): Method<WeightTree> => weights("**/scale"));
