/** @file A temporary folder for one test file, and the two ways out of a `TaskEither`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";
import type { Test } from "uvu";
import { isFluxionError } from "../../lib/core/errors.js";

/** A folder that is removed after the suite. */
export const temporaryFolder = (suite: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-io-"));
  suite.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** The value of a success; throws the error of a failure. */
export const rightOf = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

/** The message of a failure, which has to be one of this library's errors with this tag. */
export const messageOf = (
  result: E.Either<unknown, unknown>,
  tag: "CheckpointError" | "ConfigError" | "DataError",
): string => {
  if (E.isRight(result)) throw new Error("expected a failure, got a value");
  if (!isFluxionError(result.left, tag)) throw new Error(`expected a ${tag}, got ${String(result.left)}`);
  return result.left.message;
};

export const run = async <A>(task: TaskEither<unknown, A>): Promise<A> => rightOf(await task());
