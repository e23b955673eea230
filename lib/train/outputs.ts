/** @file What a run leaves of its best tree: our own file for every method, and the files of other programs for those that have them. */
import { join } from "node:path";
import type { HostArray } from "../core/host.js";
import { orThrow } from "../edge/either.js";
import { savePrompt } from "../io/prompts.js";
import { saveTuned, TUNED_FILE } from "../io/tuned.js";
import type { MethodSettings } from "../methods/method.js";
import type { Best } from "./loop.js";

/** Writes the best tree of a run into its folder. */
export type SaveTuned = (dir: string, best: Best) => Promise<void>;

/** The files of a prompt: T5X's `.npy`, safetensors, and the adapter of PEFT. */
const savePrompts = async (dir: string, { tuned, step }: Best): Promise<void> => {
  const prompt = tuned.prompt as HostArray;
  await orThrow(savePrompt(join(dir, "prompt.npy"), prompt));
  await orThrow(savePrompt(join(dir, "prompt.safetensors"), prompt, { metadata: { step: String(step) } }));
  await orThrow(savePrompt(join(dir, "adapter"), prompt, { format: "peft" }));
};

/** Methods whose trees other programs read, too. */
const MORE: Readonly<Record<string, SaveTuned>> = { prompt: savePrompts };

/**
 * Writes `tuned.safetensors`, and for a prompt `prompt.npy`, `prompt.safetensors` and the adapter of PEFT.
 *
 * @throws {CheckpointError} when a file cannot be written
 */
export const saveTunedBy =
  (settings: MethodSettings): SaveTuned =>
  async (dir, best) => {
    const metadata = { step: String(best.step) };
    await orThrow(saveTuned(join(dir, TUNED_FILE), { settings, tuned: best.tuned, metadata }));
    await MORE[settings.name]?.(dir, best);
  };
