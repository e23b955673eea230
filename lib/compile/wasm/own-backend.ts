/** @file The backend of arrays on the library's own memory. */
import type { Backend } from "../blocks/backend.js";
import { heapBackend } from "./heap-backend.js";
import { ownHeap } from "./own-heap.js";

/** @param mostBytes  the size up to which the memory may grow */
export const ownBackend = (mostBytes?: number): Backend => heapBackend("wasm", ownHeap(mostBytes));
