/** @file A listener that writes event files for TensorBoard. */
import { takes } from "../core/composite.js";
import type { Store } from "../store/store.js";
import type { Listener } from "./listener.js";
import { type TensorBoardWriter, tensorBoardWriter } from "./tensorboard.js";

/**
 * A listener that writes what TensorBoard shows, below `tensorboard` in a store: `train` has the loss and tokens a second of every step,
 * `validation/TASK` the metrics of every evaluation. A run that goes on adds files, and TensorBoard drops the steps that it takes again.
 *
 * - `now`: the time in milliseconds since 1970
 * @example await run(recipe, { store, listener: [terminal(), tensorBoard(store)] }); // tensorboard --logdir runs
 */
export const tensorBoard = takes("tensorBoard(store, now)", (store: Store, now: () => number = Date.now): Listener => {
  const writers = new Map<string, TensorBoardWriter>();
  const folderOf = (part: string | undefined): string => (part === undefined ? "tensorboard" : `tensorboard/${part}`);
  const scalars = (name: string, step: number, values: Readonly<Record<string, number>>): Promise<void> => {
    const writer = writers.get(name) ?? tensorBoardWriter(store, name, now);
    writers.set(name, writer);
    return writer.scalars(step, values);
  };
  return {
    begin: ({ part }) => {
      for (const name of writers.keys()) if (name.startsWith(`${folderOf(part)}/`)) writers.delete(name);
    },
    step: ({ step, loss, tokens, seconds }, part) =>
      scalars(`${folderOf(part)}/train`, step, { loss, tokens_per_second: tokens / seconds }),
    evaluation: async (step, { tasks }, _isBest, part) => {
      for (const [task, { metrics, score, loss, tokenAccuracy }] of Object.entries(tasks)) {
        const values = { ...metrics, score, loss, token_accuracy: tokenAccuracy };
        await scalars(`${folderOf(part)}/validation/${task}`, step, values);
      }
    },
  };
});
