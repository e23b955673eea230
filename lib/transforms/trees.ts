/** @file What all transformations do with the trees their users pass and return. */
import { TreeError } from "../core/errors.js";
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

/** "grad of loss": how messages name a transformation of a function. */
export const nameOf = (transform: string, f: (...args: never[]) => unknown): string =>
  `${transform} of ${f.name === "" ? "an anonymous function" : f.name}`;

/** Where a leaf of the arguments is, as `args[1].encoder.w`. */
export const argPath = (path: KeyPath): string => printPath(path, "args");

/** Arguments as tensors and their structure. @throws {TreeError} naming the path of a leaf that is none */
export const flattenArgs = (where: string, args: unknown): [Tensor[], TreeDef] => flattenTensors(where, args, "args");

/** A tree as tensors and its structure; `root` names it in messages. */
export const flattenTensors = (where: string, tree: unknown, root: string): [Tensor[], TreeDef] => {
  const [leaves, def] = flatten(tree);
  let paths: KeyPath[] | undefined;
  const at = (i: number): string => {
    paths ??= pathsOf(def);
    return printPath(paths[i], root);
  };
  return [leaves.map((x, i) => (isTensor(x) ? x : asTensor(x, where, at(i)))), def];
};

/** `f` as a function from leaves to leaves; `out` tells the structure of its last result. */
export interface FlatFunction {
  readonly call: (...leaves: Tensor[]) => Tensor[];
  readonly out: () => TreeDef;
}

/** Takes the trees off a function. */
export const flatFunction = (where: string, f: (...args: never[]) => unknown, argsDef: TreeDef): FlatFunction => {
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
      const args = unflatten(argsDef, leaves) as never[];
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
