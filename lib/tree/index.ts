/** @file Pytrees for users: map, flatten, take apart, compare and print nested plain objects and arrays. */
export type { Key, KeyPath, NodeType, TreeDef } from "../core/pytree.js";
export type { Tree } from "../core/tree-types.js";
export type { IsLeaf, LeafOption } from "./leaf-option.js";
export {
  all,
  flattenWithPath,
  leaves,
  map,
  mapWithPath,
  reduce,
  slashPath,
  type TreeMap,
  type TreeReduce,
  transpose,
} from "./map.js";
export { mask, merge, type PathFilter, partition, select } from "./partition.js";
export { ravelPytree } from "./ravel.js";
export { differences, flatten, paths, printPath, registerNode, structure, unflatten } from "./structure.js";
export { type Summary, type SummaryRow, summarize, summaryTable } from "./summary.js";
export type { Leaf, LeafOf, Mapped, Part, Whole } from "./types.js";
