/** @file Types of trees: what is a leaf, and the tree types that functions of trees give back. */
import type { Tensor } from "../core/tensor.js";
import type { ShapeDtype } from "../transforms/make-jaxpr.js";

/** What is never looked into. */
export type Leaf = Tensor | ShapeDtype | ArrayBufferView | number | boolean | string | ((...args: never[]) => unknown);

/** The union of a tree's leaf types. */
export type LeafOf<T> = unknown extends T
  ? never
  : T extends Leaf
    ? T
    : T extends readonly (infer E)[]
      ? LeafOf<E>
      : T extends object
        ? { [K in keyof T]-?: LeafOf<T[K]> }[keyof T]
        : never;

/** The tree type with `R` for every leaf. (Without `NoInfer` a tree would be inferred from its states.) */
export type Mapped<T, R> = unknown extends T
  ? unknown
  : T extends Leaf
    ? R
    : T extends null | undefined
      ? NoInfer<T>
      : { [K in keyof T]: Mapped<T[K], R> };

/** The tree type in which any leaf may be null: one side of a partition. */
export type Part<T> = unknown extends T
  ? unknown
  : T extends Leaf | null | undefined
    ? T | null
    : { [K in keyof T]: Part<T[K]> };

/** The tree type of a part with its nulls filled in. */
export type Whole<T> = unknown extends T
  ? unknown
  : [T] extends [null]
    ? null
    : T extends null
      ? never
      : T extends Leaf | undefined
        ? T
        : { [K in keyof T]: Whole<T[K]> };
