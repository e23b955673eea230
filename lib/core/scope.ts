// Programs that import the types get `Disposable` with them, whatever library they are compiled for.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * @file Lifetimes of eagerly made tensors.
 *
 * What is made inside a scope is freed when the scope ends, unless its result tree reaches it; then it belongs to the scope outside. What is made
 * outside every scope belongs to the user, who frees it with `dispose` or `using`, and to the collector where the user does not. JavaScript's
 * garbage collector does not see device memory, so it may come late: nothing but what is forgotten rests on it.
 */
import { ArgumentError } from "./errors.js";
import { leftOutside } from "./growth.js";
import { leavesOf } from "./pytree.js";

/** Something that holds device memory. */
export interface Owned {
  readonly disposed: boolean;
  dispose(): void;
  readonly device: { liveBytes?(): number };
  /** Called once no scope owns it any more: the collector frees it when it is unreachable. */
  orphan(): void;
}

let current: Set<Owned> | undefined;

/** Records that `x` was made here; the scope that is open, if any, owns it. */
export const own = (x: Owned): void => {
  if (current === undefined) x.orphan();
  else current.add(x);
};

/** Whether a scope is open. */
export const isScoped = (): boolean => current !== undefined;

/** Whether the scope that is open made `x`. */
export const isOwnedHere = (x: Owned): boolean => current?.has(x) === true;

/** Runs `f` outside of every scope: what it makes belongs to the caller. */
export const unscoped = <T>(f: () => T): T => {
  const saved = current;
  current = undefined;
  try {
    return f();
  } finally {
    current = saved;
  }
};

export const isPromise = (x: unknown): boolean =>
  typeof x === "object" && x !== null && typeof (x as { then?: unknown }).then === "function";

/** The scope itself: frees what `f` made and its result does not reach. Also frees everything when `f` throws. */
export const inScope = <T>(where: string, f: () => T): T => {
  const outer = current;
  const mine = new Set<Owned>();
  current = mine;
  let keep: Set<unknown> = new Set();
  try {
    const result = f();
    if (isPromise(result)) {
      throw new ArgumentError({
        where,
        what: "the function returned a Promise",
        expected: "a function that returns its result at once",
        got: "an async function",
        hint: "await inside would outlive the scope; open the scope around the synchronous part",
      });
    }
    keep = new Set(leavesOf(result));
    return result;
  } finally {
    current = outer;
    let left: Owned | undefined;
    for (const x of mine) {
      if (!keep.has(x)) x.dispose();
      else if (x.disposed) continue;
      else if (outer !== undefined) outer.add(x);
      else {
        x.orphan();
        left = x;
      }
    }
    if (left !== undefined) leftOutside(left.device);
  }
};
