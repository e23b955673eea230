/** @file Trees of tensors as host arrays with names, and back: the name of an array is its key path. */
import * as E from "fp-ts/lib/Either.js";
import { Aval, sameShape } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, pathsOf, printPath, treeMap, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { listing } from "../edge/decode.js";
import { isValue } from "../io/values.js";
import type { HostTree } from "../methods/trees.js";

/** The values of a tree of tensors on the host. */
export const hostTree = (tree: object): HostTree =>
  treeMap((x: Tensor): HostArray => ({ shape: x.shape, dtype: x.dtype, data: x.dataSync() }), tree) as HostTree;

/** Every array of a tree on the host by its key path. */
export const namedArrays = (tree: HostTree, root: string): Record<string, HostArray> => {
  const [leaves, def] = flatten(tree, isValue);
  return Object.fromEntries(pathsOf(def).map((path, i) => [printPath(path, root), leaves[i] as HostArray]));
};

/**
 * A tree like `like`, with the arrays found under its key paths. What is missing or has another shape or dtype is reported
 * together.
 */
export const restoreHostTree = (
  arrays: ReadonlyMap<string, HostArray>,
  like: object,
  root: string,
  source: string,
): E.Either<CheckpointError, HostTree> => {
  const [leaves, def] = flatten(like);
  const problems: string[] = [];
  const found = pathsOf(def).map((path, i) => {
    const name = printPath(path, root);
    const got = arrays.get(name);
    const want = leaves[i] as Tensor;
    if (got === undefined) problems.push(`${name}: missing`);
    else if (got.dtype !== want.dtype || !sameShape(got.shape, want.shape)) {
      problems.push(`${name}: ${new Aval(got.shape, got.dtype)} instead of ${want.aval}`);
    }
    return got;
  });
  if (problems.length === 0) return E.right(unflatten(def, found) as HostTree);
  return E.left(
    new CheckpointError({
      where: "restore",
      what: "the saved state does not fit this run",
      got: listing(problems),
      at: source,
      hint: "resume with the settings the run was started with",
    }),
  );
};
