/** @file Trees of tensors as named host arrays, and back: the name of a tensor is its key path. */
import * as E from "fp-ts/lib/Either.js";
import { Aval, sameShape } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, pathsOf, printPath, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { listing } from "../edge/decode.js";
import * as np from "../np/index.js";

/** The value of a tensor on the host. */
export const hostOf = (x: Tensor): HostArray => ({ shape: x.shape, dtype: x.dtype, data: x.dataSync() });

/** Every tensor of a tree by its key path. */
export const namedTensors = (tree: unknown, root: string): Record<string, HostArray> => {
  const [leaves, def] = flatten(tree);
  const paths = pathsOf(def);
  return Object.fromEntries(leaves.map((x, i) => [printPath(paths[i], root), hostOf(x as Tensor)]));
};

/**
 * A tree like `like`, with the tensors found under its key paths. What is missing or has another shape or dtype is reported
 * together.
 */
export const restoreTree = <T>(
  tensors: ReadonlyMap<string, HostArray>,
  like: T,
  root: string,
  source: string,
): E.Either<CheckpointError, T> => {
  const [leaves, def] = flatten(like);
  const problems: string[] = [];
  const found = pathsOf(def).map((path, i) => {
    const name = printPath(path, root);
    const got = tensors.get(name);
    const want = leaves[i] as Tensor;
    if (got === undefined) problems.push(`${name}: missing`);
    else if (got.dtype !== want.dtype || !sameShape(got.shape, want.shape)) {
      problems.push(`${name}: ${new Aval(got.shape, got.dtype)} instead of ${want.aval}`);
    }
    return got;
  });
  if (problems.length > 0) {
    return E.left(
      new CheckpointError({
        where: "restore",
        what: "the saved state does not fit this run",
        got: listing(problems),
        at: source,
        hint: "resume with the settings the run was started with",
      }),
    );
  }
  return E.right(
    unflatten(
      def,
      found.map((x) => np.fromHost(x as HostArray)),
    ) as T,
  );
};
