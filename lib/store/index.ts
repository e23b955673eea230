/** @file Stores: where the files of a run live. */
export { memoryStore } from "./memory.js";
export { nodeStore } from "./node.js";
export { type Content, type OpenFile, readFrom, type Store } from "./store.js";
