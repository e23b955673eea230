/**
 * @file Scopes for users and for our own functions.
 *
 * A function made of several operations, and every transformation, is its own scope when it is called eagerly: it leaves
 * only its result. Under a transformation nothing is freed here; the transformation's own scope, outside, does that.
 */
import { calledAs, calledBack, isUsers } from "./caller.js";
import { treeMap } from "./pytree.js";
import { inScope, isOwnedHere } from "./scope.js";
import { contractOf } from "./signature.js";
import type { Signed } from "./signed.js";
import { DeviceArray } from "./tensor.js";
import { isEager } from "./trace.js";

/** Gives a function of any other type its signature: calls by users are checked against it. */
// @__NO_SIDE_EFFECTS__
export const takes = <F extends (...args: never[]) => unknown>(signature: string, f: F): F => {
  const { check, explain, isTheirs } = contractOf(signature, f.length);
  const call = (...all: readonly unknown[]): unknown => {
    if (!isUsers()) return f(...(all as never[]));
    const args = check(all);
    try {
      return f(...(args as never[]));
    } catch (error) {
      throw isTheirs(args) ? error : explain(args, error);
    }
  };
  // How many arguments have no default is asked of the function that is made of it: of a loader's two forms, for one.
  return Object.defineProperty(call, "length", { value: f.length }) as unknown as F;
};

/** As `takes` for a function that gives a promise, which then rejects. */
// @__NO_SIDE_EFFECTS__
export const takesLater = <F extends (...args: never[]) => Promise<unknown>>(signature: string, f: F): F => {
  const { check, explain, isTheirs } = contractOf(signature, f.length);
  const call = async (...all: readonly unknown[]): Promise<unknown> => {
    if (!isUsers()) return f(...(all as never[]));
    const args = check(all);
    try {
      return await f(...(args as never[]));
    } catch (error) {
      throw isTheirs(args) ? error : explain(args, error);
    }
  };
  return Object.defineProperty(call, "length", { value: f.length }) as unknown as F;
};

/**
 * Runs `f` and frees every tensor made in it that its result does not reach. The result may be any pytree.
 *
 * @throws {ArgumentError} when `f` returns a Promise
 * @example const norm = scope(() => np.sqrt(np.sum(np.multiply(x, x)))) // the two intermediates are gone
 */
export const scope = takes("scope(f)", <T>(f: () => T): T => (isEager() ? inScope("scope", f) : f()));

/**
 * Makes a function its own scope. `signature` is the name that messages use, or what the function takes, as in `np.sum(x, { axis })`;
 * then calls by users are checked against it.
 */
export const composite: Signed = takes(
  "composite(signature, f)",
  <A extends readonly unknown[], R>(signature: string, f: (...args: A) => R) => {
    const contract = contractOf(signature, f.length);
    const { name } = contract;
    const run = (args: readonly unknown[]): R =>
      isEager() ? inScope(name, () => f(...(args as A))) : f(...(args as A));
    const wrapped = (...args: readonly unknown[]): R => calledAs(contract, args, run);
    Object.defineProperty(wrapped, "name", { value: name });
    ours.add(wrapped);
    return wrapped;
  },
);
const ours = new WeakSet<object>();

/** Calls `f`, one of the library or the user's, whose calls and errors have their own names. */
export const calledByUs = <R>(f: object, call: () => R): R => (ours.has(f) ? call() : calledBack(call));

/** Gives a function of one operation its signature; such a function leaves nothing behind and needs no scope. */
export const named: Signed = <A extends readonly unknown[], R>(signature: string, f: (...args: A) => R) => {
  const contract = contractOf(signature, f.length);
  const run = (args: readonly unknown[]): R => f(...(args as A));
  return (...args: readonly unknown[]): R => calledAs(contract, args, run);
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
