/** @file From values that may be errors to exceptions: for one value, and for a function, whose two forms are made here from one body. */
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import type { FluxionError, Mismatch } from "../core/errors.js";

type TaskEither<L, R> = TE.TaskEither<L, R>;

const isEither = (x: unknown): x is E.Either<unknown, unknown> => x instanceof Object && "_tag" in x;

/**
 * Gives the value of an Either, or runs a TaskEither and gives a promise of its value. What is neither is given back as it
 * is, so that code from before 0.2, where `loadTokenizer` gave a TaskEither and `taskOf` an Either, runs for this minor version.
 *
 * @throws what is on the left
 * @example const tokenizer = await orThrow(loadTokenizerTE("spiece.model"))
 */
export const orThrow: OrThrow = takes("orThrow(result)", (result: unknown): never => heldBy(result) as never);
interface OrThrow {
  <A>(result: E.Either<Error, A>): A;
  <A>(task: TaskEither<Error, A> | Promise<A>): Promise<A>;
}
const heldBy = (result: unknown): unknown => {
  if (typeof result === "function") return result().then(heldBy);
  if (!isEither(result)) return result;
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

/**
 * Makes the form of a loader or saver that gives a promise from the form that gives a TaskEither: what that throws, or has on its left, rejects
 * the promise. Calls are checked against the signature.
 *
 * @example export const loadT5 = promised("loadT5(path, options)", loadT5TE);
 */
// @__NO_SIDE_EFFECTS__
export const promised = <A extends readonly unknown[], L extends Error, R>(
  signature: string,
  make: (...args: A) => TaskEither<L, R>,
): ((...args: A) => Promise<R>) => {
  const call = takes(signature, make);
  return async (...args) => orThrow(call(...args));
};

/**
 * Makes the form of a function that throws from the form that gives an Either. Calls are checked against the signature.
 *
 * @example export const parseNpy = throwing("parseNpy(bytes, source)", parseNpyE);
 */
// @__NO_SIDE_EFFECTS__
export const throwing = <A extends readonly unknown[], L extends Error, R>(
  signature: string,
  make: (...args: A) => E.Either<L, R>,
): ((...args: A) => R) => {
  const call = takes(signature, make);
  return (...args) => orThrow(call(...args));
};

/**
 * What reads the path of an option: its errors name the option, which a person knows, and not the function that could not read it.
 *
 * @param option  as it is typed, such as `--model <dir>`
 * @example orThrow(namedBy("--model <dir>", loadT5TE(path)))
 */
export const namedBy = <Err extends FluxionError, A>(option: string, read: TaskEither<Err, A>): TaskEither<Err, A> =>
  TE.mapLeft((error: Err) => {
    const Same = error.constructor as new (mismatch: Mismatch, options: object) => Err;
    return new Same({ ...error.mismatch, where: option }, { cause: error });
  })(read);
