/** @file Pytrees for users: map, flatten, compare and print nested plain objects and arrays. */
export {
  differences,
  flatten,
  type Key,
  type KeyPath,
  leavesOf as leaves,
  type NodeType,
  pathsOf as paths,
  printPath,
  registerNode,
  structureOf as structure,
  type TreeDef,
  treeMap as map,
  treeMapWithPath as mapWithPath,
  unflatten,
} from "../core/pytree.js";
