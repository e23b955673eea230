/** @file Writes traced functions as `.onnx` files. */

import type * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import { promised } from "../edge/either.js";
import { writeAtomic } from "../store/files.js";
import { type OnnxOptions, toOnnx } from "../transforms/to-onnx.js";

/** As `exportOnnx`, as a TaskEither of fp-ts. */
export const exportOnnxTE = takes(
  "exportOnnxTE(f, args, path, { portable, metadata, argNames, resultName })",
  <A extends readonly unknown[]>(
    f: (...args: A) => unknown,
    args: { readonly [K in keyof A]: unknown },
    path: string,
    options: OnnxOptions = {},
  ): TE.TaskEither<CheckpointError, void> =>
    writeAtomic(path, toOnnx(f, args, options), { where: "exportOnnx", error: CheckpointError }),
);

/**
 * Writes `f`, traced for arguments like `args`, as an ONNX model, atomically: the file has the new content or is as it was.
 *
 * Inputs and outputs are named as `toOnnx` says.
 * @throws {UnsupportedError} when an operation cannot be written, or constants do not fit; {DTypeError} for float64; {CheckpointError} when the
 * file cannot be written
 * @example await exportOnnx((x: Tensor) => np.matmul(x, w), [new ShapeDtype([1, 8])], "model.onnx")
 */
export const exportOnnx = promised(
  "exportOnnx(f, args, path, { portable, metadata, argNames, resultName })",
  exportOnnxTE,
);
