/** @file What all transformations do with the trees their users pass and return. */
import { ArgumentError, TreeError } from "../core/errors.js";
import { flatten, type KeyPath, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { isPromise } from "../core/scope.js";
import { asTensor, isTensor, type Tensor, type TensorLike, Tracer } from "../core/tensor.js";
import { currentTrace } from "../core/trace.js";

/** A tree like `T`, with a tensor or a number for every leaf. */
export type LikeTensors<T> = T extends TensorLike
  ? TensorLike
  : T extends null | undefined
    ? T
    : { readonly [K in keyof T]: LikeTensors<T[K]> };

/** Functions that a loop hands to another loop, which it is made of, and its name. */
const madeFor = new WeakMap<object, string>();

/** `f` with the name of the user's function `body`, for a loop that is made of another one: messages bear its name. */
export const turnOf = <F extends object>(transform: string, body: { readonly name: string }, f: F): F => {
  madeFor.set(f, transform);
  return Object.defineProperty(f, "name", { value: body.name });
};

/** "grad of loss": how messages name a transformation of a function. */
export const nameOf = (transform: string, f: (...args: never[]) => unknown): string =>
  `${madeFor.get(f) ?? transform} of ${f.name === "" ? "an anonymous function" : f.name}`;

/** Where a leaf of the arguments is, as `args[1].encoder.w`. */
export const argPath = (path: KeyPath): string => printPath(path, "args");

/** Arguments as tensors and their structure. @throws {TreeError} naming the path of a leaf that is none */
export const flattenArgs = (where: string, args: unknown): [Tensor[], TreeDef] => flattenTensors(where, args, "args");

/** A tree as tensors and its structure; `root` names it in messages. */
export const flattenTensors = (where: string, tree: unknown, root: string): [Tensor[], TreeDef] => {
  const [leaves, def] = flatten(tree);
  return [tensorsOf(where, leaves, def, root), def];
};

const tensorsOf = (where: string, leaves: readonly unknown[], def: TreeDef, root: string): Tensor[] => {
  let paths: KeyPath[] | undefined;
  const at = (i: number): string => {
    paths ??= pathsOf(def);
    return printPath(paths[i], root);
  };
  return leaves.map((x, i) => (isTensor(x) ? x : asTensor(x, where, at(i))));
};

/** A tree some of whose leaves a function takes as they are. */
export interface Mixed {
  /** A tensor for each leaf; for those that stay as they are, one that nothing reads. */
  readonly leaves: Tensor[];
  readonly def: TreeDef;
  /** What stays as it is, by the number of its leaf. */
  readonly kept: ReadonlyMap<number, unknown>;
}

const STAY = ["boolean", "string", "function"];

/**
 * As `flattenTensors`, but for flags, texts and functions, which the function takes as they are: a tensor in place of a boolean would count
 * as true in every condition of JavaScript.
 */
export const flattenMixed = (where: string, tree: unknown, root: string): Mixed => {
  const [leaves, def] = flatten(tree);
  const kept = new Map<number, unknown>();
  leaves.forEach((x, i) => {
    if (STAY.includes(typeof x)) kept.set(i, x);
  });
  const given = leaves.map((x, i) => (kept.has(i) ? false : x));
  return { leaves: tensorsOf(where, given, def, root), def, kept };
};

/** Leaves with what is kept in its places. */
export const withKept = (leaves: readonly Tensor[], kept: Mixed["kept"]): readonly unknown[] =>
  kept.size === 0 ? leaves : leaves.map((x, i) => (kept.has(i) ? kept.get(i) : x));

/** The first boolean of a tree, and where it is; undefined where there is none. */
export const firstFlag = (tree: unknown): { readonly flag: boolean; readonly path: KeyPath } | undefined => {
  const [leaves, def] = flatten(tree);
  const found = leaves.findIndex((x) => typeof x === "boolean");
  return found < 0 ? undefined : { flag: leaves[found] as boolean, path: pathsOf(def)[found] };
};

/**
 * Refuses booleans where tensors are expected: in the function each would count as true in every condition of JavaScript.
 *
 * @throws {ArgumentError} naming the place of the first
 */
export const refuseFlags = (where: string, tree: unknown, root: string): void => {
  const found = firstFlag(tree);
  if (found === undefined) return;
  throw new ArgumentError({
    where,
    what: "a boolean would be a tensor in the function, which every condition of JavaScript takes for true",
    expected: "a tensor, or a function that closes over the boolean",
    got: `${found.flag}`,
    at: printPath(found.path, root),
    hint: "(x) => f(x, false) closes over it; np.array(flag) makes a tensor of it, for np.where and cond",
  });
};

/** `f` as a function from leaves to leaves; `out` tells the structure of its last result. */
export interface FlatFunction {
  readonly call: (...leaves: Tensor[]) => Tensor[];
  readonly out: () => TreeDef;
}

/** Takes the trees off a function. It is given what is `kept` in place of those leaves. */
export const flatFunction = (
  where: string,
  f: (...args: never[]) => unknown,
  argsDef: TreeDef,
  kept: ReadonlyMap<number, unknown> = new Map(),
): FlatFunction => {
  let outDef: TreeDef | undefined;
  return {
    call: (...leaves) => {
      let paths: KeyPath[] | undefined;
      leaves.forEach((x, i) => {
        if (!(x instanceof Tracer) || x.owner !== currentTrace()) return;
        x.argument ??= () => {
          paths ??= pathsOf(argsDef);
          return argPath(paths[i]);
        };
      });
      const args = unflatten(argsDef, withKept(leaves, kept)) as never[];
      const result = f(...args);
      // It goes through untouched, so that the trace that called can name it.
      if (isPromise(result)) return result as unknown as Tensor[];
      const [tensors, def] = flattenTensors(where, result, "the result");
      outDef = def;
      return tensors;
    },
    out: () => {
      if (outDef === undefined) throw new TreeError({ where, what: "the function did not return" });
      return outDef;
    },
  };
};
