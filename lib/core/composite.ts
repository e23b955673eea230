/**
 * @file Scopes for users and for our own functions.
 *
 * A function made of several operations, and every transformation, is its own scope when it is called eagerly: it leaves
 * only its result. Under a transformation nothing is freed here; the transformation's own scope, outside, does that.
 */
import { calledAs, isUsers } from "./caller.js";
import { treeMap } from "./pytree.js";
import { inScope, isOwnedHere } from "./scope.js";
import { type Accepted, signatureOf } from "./signature.js";
import { DeviceArray } from "./tensor.js";
import { isEager } from "./trace.js";

/**
 * Runs `f` and frees every tensor made in it that its result does not reach. The result may be any pytree.
 *
 * @throws {ArgumentError} when `f` returns a Promise
 * @example const norm = scope(() => np.sqrt(np.sum(np.mul(x, x)))) // the two intermediates are gone
 */
export const scope = <T>(f: () => T): T => (isEager() ? inScope("scope", f) : f());

/**
 * Makes a function its own scope. `signature` is the name that messages use, or what the function takes, as in `np.sum(x, { axis })`;
 * then calls by users are checked against it.
 */
export const composite = <const S extends string, A extends readonly unknown[], R>(
  signature: S,
  f: (...args: A) => R,
): ((...args: Accepted<S, A>) => R) => {
  const { name, check } = signatureOf(signature);
  const run = (args: readonly unknown[]): R => (isEager() ? inScope(name, () => f(...(args as A))) : f(...(args as A)));
  const wrapped = (...args: Accepted<S, A>): R => calledAs(name, check, args, run);
  Object.defineProperty(wrapped, "name", { value: name });
  return wrapped;
};

/** Gives a function of one operation its signature; such a function leaves nothing behind and needs no scope. */
export const named = <const S extends string, A extends readonly unknown[], R>(
  signature: S,
  f: (...args: A) => R,
): ((...args: Accepted<S, A>) => R) => {
  const { name, check } = signatureOf(signature);
  const run = (args: readonly unknown[]): R => f(...(args as A));
  return (...args) => calledAs(name, check, args, run);
};

/** Gives a function of any other type its signature: calls by users are checked against it. */
export const takes = <F extends (...args: never[]) => unknown>(signature: string, f: F): F => {
  const { check } = signatureOf(signature);
  return ((...args: readonly unknown[]) => f(...((isUsers() ? check(args) : args) as never[]))) as unknown as F;
};

/** The result of a transformation, in a new scope; tensors that are its caller's own come back as new ones. */
export const transformed = <T>(name: string, f: () => T): T => {
  if (!isEager()) return f();
  return inScope(name, () => {
    const seen = new Set<unknown>();
    return treeMap((x: unknown) => {
      const fresh = x instanceof DeviceArray && (seen.has(x) || !isOwnedHere(x)) ? x.alias() : x;
      seen.add(fresh);
      return fresh;
    }, f()) as T;
  });
};
