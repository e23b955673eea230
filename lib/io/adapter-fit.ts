/** @file Whether an adapter belongs to a model: its tensors are those that its method trains there. */

import { basename } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { takes } from "../core/composite.js";
import { CheckpointError, isFluxionError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { throwing } from "../edge/either.js";
import { differencesOf, misfitError, type TensorInfo, type Wanted } from "../edge/fit.js";
import { isShape, paramShapes, type T5Config } from "../t5/config.js";
import type { Params } from "../t5/stack.js";
import { evalShape, ShapeDtype } from "../transforms/make-jaxpr.js";
import { leavesByPath } from "../tree/map.js";
import type { Adapter } from "./adapters.js";
import { isValue } from "./values.js";

const WHERE = "checkFits";
const WHAT = "the adapter does not fit the model";
const HINT = "name the model that it was trained for: --model PATH";

/** The tensors that a method trains in a model of this configuration, by their paths; nothing is computed. */
const trainedIn = ({ method }: Pick<Adapter, "method">, config: T5Config): Wanted[] => {
  const [shapes, treedef] = flatten(paramShapes(config), isShape);
  const frozen = unflatten(
    treedef,
    shapes.map((shape) => new ShapeDtype(shape as readonly number[])),
  );
  const init = (key: Tensor, params: Params): object => method.init(key, config, params);
  const tree = evalShape(init as never)(new ShapeDtype([2], "uint32") as never, frozen as never);
  return leavesByPath<ShapeDtype>(tree).map(([path, { shape, dtype }]) => ({ names: [path], shape, dtype }));
};

/** As `checkFits`, as an Either of fp-ts. */
export const checkFitsE = takes(
  "checkFitsE(adapter, config, source)",
  (adapter: Pick<Adapter, "method" | "tuned">, config: T5Config, source: string): E.Either<CheckpointError, null> => {
    try {
      const wanted = trainedIn(adapter, config);
      const differences = differencesOf(wanted, new Map(leavesByPath<TensorInfo>(adapter.tuned, isValue)));
      const error = misfitError(WHERE, source, wanted.length, differences, { what: WHAT, hint: HINT });
      return error === undefined ? E.right(null) : E.left(error);
    } catch (error) {
      if (!isFluxionError(error)) throw error;
      const { what, expected, got } = error.mismatch;
      const parts = { where: WHERE, what: `${WHAT}: ${what}`, expected, got, at: source, hint: HINT };
      return E.left(new CheckpointError(parts, { cause: error }));
    }
  },
);

/**
 * Checks an adapter against the configuration of a model before anything of the model is read.
 *
 * @throws {CheckpointError} with all tensors that are missing, too many or of another shape, by their paths in the tree, or with the kernel
 * that the model does not have
 * @example checkFits(await loadAdapter("my-lora"), config, "my-lora")
 */
export const checkFits = throwing("checkFits(adapter, config, source)", checkFitsE);

/**
 * Checks that an adapter can be computed with.
 *
 * @param where  the option or function that named it
 * @throws {CheckpointError} for a tensor with something in it that is not a number, by its place
 */
export const checkFinite = ({ tuned }: Pick<Adapter, "tuned">, where: string, path: string): void => {
  for (const [name, { data, shape }] of leavesByPath<HostArray>(tuned, isValue)) {
    const bad = data.findIndex((x) => !Number.isFinite(x));
    if (bad < 0) continue;
    const row = shape.length === 2 ? ` in row ${Math.floor(bad / shape[1])}` : "";
    throw new CheckpointError({
      where,
      what: "this adapter is not of numbers",
      expected: "finite numbers",
      got: `${data[bad]}${row} of ${name}`,
      at: path,
      hint: "its training has diverged, or the file is damaged",
    });
  }
};

/** Whether an adapter says that it was trained for another model than the one at a path; names are compared without their folders. */
export const otherBase = (baseModel: string | undefined, model: string): boolean =>
  baseModel !== undefined && basename(baseModel).toLowerCase() !== basename(model).toLowerCase();
