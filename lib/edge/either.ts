/** @file From values that may be errors to exceptions, where a program ends or begins. */
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FluxionError, Mismatch } from "../core/errors.js";

type TaskEither<L, R> = TE.TaskEither<L, R>;

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

/**
 * What reads the path of an option: its errors name the option, which a person knows, and not the function that could not read it.
 *
 * @param option  as it is typed, such as `--model <dir>`
 * @example orThrow(namedBy("--model <dir>", loadT5(path)))
 */
export const namedBy = <Err extends FluxionError, A>(option: string, read: TaskEither<Err, A>): TaskEither<Err, A> =>
  TE.mapLeft((error: Err) => {
    const Same = error.constructor as new (mismatch: Mismatch, options: object) => Err;
    return new Same({ ...error.mismatch, where: option }, { cause: error });
  })(read);
