/** @file Types of trees: what transformations take, and what they make of it. */
import type { Tensor, TensorLike } from "./tensor.js";

/**
 * A tree of tensors: a tensor or a plain number, or nested arrays, records and registered classes of them; null and undefined are trees
 * without leaves.
 *
 * It bounds a type parameter, `<T extends Tree>(params: T) => …`. Interfaces have no index signature, so no type can bound what their
 * keys hold without refusing them: a leaf that is not a tensor, such as a string, is an error at run time.
 * @example const half = <T extends Tree>(params: T): T => tree.map((x) => np.multiply(x, 0.5), params)
 */
export type Tree = TensorLike | null | undefined | object;

/**
 * A hint for inference and no restriction: where a parameter has the type `T | Tuples`, lists that are written down become tuples, at any
 * depth. (A constraint `T extends Tuples` would do so too, but takes the context away from what a callback returns.)
 */
export type Tuples = readonly [] | { readonly [key: string]: Tuples };

/** What a transformed function accepts for a `T`: also a number or a boolean where there is a tensor, and the other way round. */
export type Given<T> = unknown extends T
  ? T
  : T extends Tensor
    ? TensorLike
    : T extends number | boolean
      ? T | Tensor
      : T extends null | undefined | string | ((...args: never[]) => unknown)
        ? T
        : { readonly [K in keyof T]: Given<T[K]> };

/**
 * A function of `A` whose arguments a transformation turns into tensors, so that numbers may stand for tensors, at any depth.
 *
 * The signature without that comes second: type parameters of a caller are assignable to it, and a transformation of this function infers
 * its arguments from it.
 */
export interface Transformed<A extends readonly unknown[], R> {
  (...args: { [K in keyof A]: Given<A[K]> }): R;
  (...args: A): R;
}

/** The tree `T` with never for leaves that are not tensors. */
type TensorsIn<T> = unknown extends T
  ? T
  : T extends Tensor | null | undefined
    ? T
    : T extends TensorLike | string | ((...args: never[]) => unknown)
      ? never
      : { [K in keyof T]: TensorsIn<T[K]> };

/** 1 where a tree type, which may contain itself, has a leaf that is not a tensor; else never. */
type HasOther<T> = [T] extends [TensorsIn<T>] ? never : 1;

/**
 * `T`, unless it has leaves that are not tensors: nothing is assignable then. In an overload whose result is `T` it stands for "the types of
 * leaves stay as they are". It is written so that a type parameter of the caller passes: whether `1 extends …` could hold is asked with
 * `any` in its place, for which it does not.
 */
export type OfTensors<T> = T & (1 extends HasOther<T> ? never : unknown);
