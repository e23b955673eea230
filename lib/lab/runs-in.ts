/** @file The runs of one seed in a folder: itself, or those of its seeds and tasks. */
import { takesLater } from "../core/composite.js";
import type { Store } from "../store/store.js";
import { holdsRun } from "./folder.js";
import { partsOfRecipe } from "./parts.js";
import { loadRun } from "./stored-run.js";

/**
 * The stores of the runs in a folder that have begun, in their order.
 *
 * @throws {CheckpointError} when there is no run
 * @example for (const one of await runsIn(nodeStore("runs/cb"))) console.log(one.name());
 */
export const runsIn = takesLater("runsIn(store)", async (store: Store): Promise<readonly Store[]> => {
  const { recipe } = await loadRun(store);
  const parts = Object.keys(partsOfRecipe(recipe));
  if (parts.length === 0) return [store];
  const found: Store[] = [];
  for (const part of parts.map((name) => store.below(name))) {
    if (await holdsRun(part)) found.push(...(await runsIn(part)));
  }
  return found;
});
