/** @file Segments of packed rows: the example that each token is of, and where they cannot be. */
import { printShape, sameShape } from "../core/aval.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, type Tensor } from "../core/tensor.js";
import { checkNothingInserted, type Modified } from "./modified.js";

/** @throws {TreeError} for what is not a tensor; {ShapeError} for segments that are not as many as the ids */
export const checkSegments = (where: string, given: Tensor, ids: Tensor): void => {
  const segments = asTensor(given, where);
  if (sameShape(segments.shape, ids.shape)) return;
  const what = "the segments do not fit the token ids";
  throw new ShapeError({ where, what, expected: `i32${printShape(ids.shape)}`, got: `${segments.aval}` });
};

/**
 * Checks the ids of rows that may be packed.
 *
 * @throws {ShapeError} for segments that are not as many as the ids; {ArgumentError} for a packed row with a prompt
 */
export const checkPacked = (where: string, model: Modified, ids: Tensor, segments: Tensor | undefined): void => {
  if (segments === undefined) return;
  checkNothingInserted(where, model);
  checkSegments(where, segments, ids);
};

/** @throws {ArgumentError} when only one of encoder and decoder has segments */
export const checkBothPacked = (where: string, inputs: Tensor | undefined, targets: Tensor | undefined): void => {
  if ((inputs === undefined) === (targets === undefined)) return;
  const [has, lacks] = inputs === undefined ? ["targets", "inputs"] : ["inputs", "targets"];
  const what = "packed rows need the segments of inputs and targets";
  throw new ArgumentError({ where, what, expected: `segments of the ${lacks} too`, got: `those of the ${has} alone` });
};

/** @throws {ArgumentError} for packed rows where an example has to be a row */
export const checkNotPacked = (where: string, what: string, ...segments: readonly (Tensor | undefined)[]): void => {
  if (segments.every((x) => x === undefined)) return;
  throw new ArgumentError({ where, what, expected: "one example a row", got: "segments" });
};
