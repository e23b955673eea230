/** @file Data sets as the Hugging Face Hub lays them out: Parquet files `FOLDER/SPLIT-00000-of-00001.parquet`, with the fields of our tasks. */
import { choicesOf, type Split, type Task } from "./task.js";

/**
 * The task, which also reads the Hub's files where its own are not there.
 *
 * @param folder  the name of the set in the Hub's repository
 * @param names   those of its splits, where these differ
 * @example withHub(mnli, "mnli", { validation: "validation_matched" })
 */
export const withHub = (task: Task, folder: string, names: Readonly<Partial<Record<Split, string>>> = {}): Task => {
  const splits = (Object.keys(task.splits) as Split[]).map((split) => {
    const file = `${folder}/${names[split] ?? split}-*.parquet`;
    return [split, { firstOf: [...choicesOf(task.splits[split]), { file, format: "parquet" }] }];
  });
  return { ...task, splits: Object.fromEntries(splits) };
};
