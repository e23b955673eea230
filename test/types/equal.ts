/** @file Comparing types: `type _ = Expect<Equal<A, B>>` does not compile when they differ. */

/** True when the types are the same, not only assignable to each other. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export type Expect<T extends true> = T;
