/**
 * @file Scopes for users and for our own functions.
 *
 * A function made of several operations, and every transformation, is its own scope when it is called eagerly: it leaves
 * only its result. Under a transformation nothing is freed here; the transformation's own scope, outside, does that.
 */
import { calledAs } from "./caller.js";
import { treeMap } from "./pytree.js";
import { inScope, isOwnedHere } from "./scope.js";
import { DeviceArray } from "./tensor.js";
import { isEager } from "./trace.js";

/**
 * Runs `f` and frees every tensor made in it that its result does not reach. The result may be any pytree.
 *
 * @throws {ArgumentError} when `f` returns a Promise
 * @example const norm = scope(() => np.sqrt(np.sum(np.mul(x, x)))) // the two intermediates are gone
 */
export const scope = <T>(f: () => T): T => (isEager() ? inScope("scope", f) : f());

/** Makes a function its own scope, and gives it the name that messages use. */
export const composite = <A extends readonly unknown[], R>(name: string, f: (...args: A) => R): ((...args: A) => R) => {
  const wrapped = (...args: A): R => calledAs(name, () => (isEager() ? inScope(name, () => f(...args)) : f(...args)));
  Object.defineProperty(wrapped, "name", { value: name });
  return wrapped;
};

/** Gives a function of one operation the name that messages use; such a function leaves nothing behind and needs no scope. */
export const named =
  <A extends readonly unknown[], R>(name: string, f: (...args: A) => R): ((...args: A) => R) =>
  (...args) =>
    calledAs(name, () => f(...args));

/** The result of a transformation, in a scope of its own; tensors that are its caller's own come back as new ones. */
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
