/** @file What a run leaves of its best tree: our own file for every method, and the files of other programs for those that have them. */
import { join } from "node:path";
import { isFluxionError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { orThrow } from "../edge/either.js";
import { savePrompt } from "../io/prompts.js";
import { saveAdapter } from "../io/save-adapter.js";
import { saveTuned, TUNED_FILE } from "../io/tuned.js";
import type { MethodSettings } from "../methods/method.js";
import type { Best } from "./loop.js";

/** Writes the best tree of a run into its folder. */
export type SaveTuned = (dir: string, best: Best) => Promise<void>;

/** The files of a prompt alone: T5X's `.npy`, and safetensors. */
const savePrompts = async (dir: string, { tuned, step }: Best): Promise<void> => {
  const prompt = tuned.prompt as HostArray;
  await orThrow(savePrompt(join(dir, "prompt.npy"), prompt));
  await orThrow(savePrompt(join(dir, "prompt.safetensors"), prompt, { metadata: { step: String(step) } }));
};

/** The folder of an adapter, where PEFT has the method with these settings. */
const savePeft = async (dir: string, settings: MethodSettings, { tuned }: Best, baseModel?: string): Promise<void> => {
  try {
    await orThrow(saveAdapter(join(dir, "adapter"), { settings, tuned, baseModel }, { format: "peft" }));
  } catch (error) {
    if (!isFluxionError(error, "UnsupportedError")) throw error;
  }
};

/**
 * Writes `tuned.safetensors`; where PEFT has the method the folder `adapter`; and for a prompt `prompt.npy` and `prompt.safetensors`.
 *
 * - `baseModel`: the model that is trained for, which the first two keep
 * @throws {CheckpointError} when a file cannot be written
 */
export const saveTunedBy =
  (settings: MethodSettings, baseModel?: string): SaveTuned =>
  async (dir, best) => {
    const metadata = { step: String(best.step) };
    await orThrow(saveTuned(join(dir, TUNED_FILE), { settings, tuned: best.tuned, baseModel, metadata }));
    await savePeft(dir, settings, best, baseModel);
    if (settings.name === "prompt") await savePrompts(dir, best);
  };
