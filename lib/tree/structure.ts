/** @file Taking trees apart and putting them together, with calls of users checked. */
import { takes } from "../core/composite.js";
import * as pytree from "../core/pytree.js";
import { type IsLeaf, isLeafOf } from "./leaf-option.js";

/**
 * Leaves in order, and the structure. `isLeaf`, which may stand alone, stops the descent early.
 *
 * @throws {TreeError} for a tree that is too deep or contains itself
 */
export const flatten = takes(
  "tree.flatten(tree, { isLeaf })",
  (tree: unknown, options?: IsLeaf): [leaves: unknown[], treedef: pytree.TreeDef] =>
    pytree.flatten(tree, isLeafOf(options)),
);

/** Puts leaves back into a structure. @throws {TreeError} when their number differs */
export const unflatten = takes("tree.unflatten(treedef, leaves)", pytree.unflatten);

/** The structure of a tree, down to the nodes that `isLeaf` names. */
export const structure = takes(
  "tree.structure(tree, { isLeaf })",
  (tree: unknown, options?: IsLeaf): pytree.TreeDef => pytree.flatten(tree, isLeafOf(options))[1],
);

/** Key path of every leaf, in the order of `flatten`. */
export const paths = takes("tree.paths(treedef)", pytree.pathsOf);

/** `params.layers[3].q`: how a key path is written in messages. */
export const printPath = takes("tree.printPath(path, root)", pytree.printPath);

/** The first differences of two structures, as sentences; empty when they are equal. */
export const differences = takes("tree.differences(expected, got, root, most)", pytree.differences);

/** Makes instances of the class `type` inner nodes of pytrees. */
export const registerNode = takes("tree.registerNode(type, node)", pytree.registerNode);
