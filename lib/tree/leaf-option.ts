/** @file Where a walk over a tree stops: JAX's `is_leaf`. */

/** Which nodes count as leaves, and are not looked into. */
export interface LeafOption {
  readonly isLeaf?: (x: unknown) => boolean;
}
/** The option, or its function alone. */
export type IsLeaf = LeafOption | ((x: unknown) => boolean);

/** The function of the option. */
export const isLeafOf = (given: IsLeaf = {}): LeafOption["isLeaf"] =>
  typeof given === "function" ? given : given.isLeaf;

/** Whether what stands where a tree may stand is the option: a tree has no function named `isLeaf` alone. */
export const isLeafOption = (x: unknown): x is LeafOption =>
  typeof x === "object" &&
  x !== null &&
  Object.keys(x).join() === "isLeaf" &&
  typeof (x as LeafOption).isLeaf === "function";
