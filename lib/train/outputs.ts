/** @file What a run leaves of its best step, for use elsewhere. */
import { isFluxionError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { orThrow } from "../edge/either.js";
import { encodeNpy } from "../io/npy.js";
import { peftFiles } from "../io/peft.js";
import { encodeSafetensors } from "../io/safetensors-write.js";
import { encodeTuned, TUNED_FILE } from "../io/tuned.js";
import type { MethodSettings } from "../methods/method.js";
import type { Content } from "../store/store.js";
import type { Best } from "./loop.js";

/** A file by its path in the folder of a run, and its content. */
export type OutputFile = readonly [path: string, content: Content];

/** The files of the best tree of a run. */
export type Outputs = (best: Best) => readonly OutputFile[];

/** The files of a prompt alone: T5X's `.npy`, and safetensors. */
const promptFiles = ({ tuned, step }: Best): OutputFile[] => {
  const prompt = tuned.prompt as HostArray;
  return [
    ["prompt.npy", encodeNpy(prompt)],
    ["prompt.safetensors", encodeSafetensors({ prompt }, { step: String(step) })],
  ];
};

/** The folder of an adapter, where PEFT has the method with these settings. */
const adapterFiles = (settings: MethodSettings, { tuned }: Best, baseModel?: string): OutputFile[] => {
  try {
    const files = orThrow(peftFiles({ settings, tuned }, baseModel));
    return files.map(([name, content]) => [`adapter/${name}`, content]);
  } catch (error) {
    if (isFluxionError(error, "UnsupportedError")) return [];
    throw error;
  }
};

/**
 * The files of the best tree: `tuned.safetensors`; where PEFT has the method the folder `adapter`; and for a prompt `prompt.npy` and
 * `prompt.safetensors`.
 *
 * - `baseModel`: the model that is trained for, which the first two keep
 */
export const outputsOf =
  (settings: MethodSettings, baseModel?: string): Outputs =>
  (best) => {
    const metadata = { step: String(best.step) };
    return [
      [TUNED_FILE, encodeTuned({ settings, tuned: best.tuned, baseModel, metadata })],
      ...adapterFiles(settings, best, baseModel),
      ...(settings.name === "prompt" ? promptFiles(best) : []),
    ];
  };
