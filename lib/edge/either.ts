/** @file From values that may be errors to exceptions, where a program ends or begins. */
import * as E from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";

/**
 * The value of a success; throws the error of a failure. Of a TaskEither, which is run, a promise of it.
 *
 * @example const tokenizer = await orThrow(loadTokenizer("spiece.model"))
 */
export function orThrow<A>(result: E.Either<Error, A>): A;
export function orThrow<A>(task: TaskEither<Error, A>): Promise<A>;
export function orThrow<A>(result: E.Either<Error, A> | TaskEither<Error, A>): A | Promise<A> {
  if (typeof result === "function") return result().then((ended) => orThrow(ended));
  if (E.isLeft(result)) throw result.left;
  return result.right;
}
