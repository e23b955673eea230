/** @file What a run leaves of its best step, for use elsewhere. */
import { scope, takes } from "../core/composite.js";
import { isFluxionError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { dispose } from "../core/tensor.js";
import { orThrow } from "../edge/either.js";
import { TASKS_FOLDER } from "../io/adapter-folder.js";
import { encodeNpy } from "../io/npy.js";
import { peftFiles } from "../io/peft.js";
import { encodeSafetensors } from "../io/safetensors-write.js";
import { encodeTuned, TUNED_FILE } from "../io/tuned.js";
import { forUse, type Method, type MethodSettings } from "../methods/method.js";
import * as np from "../np/index.js";
import type { Content } from "../store/store.js";
import type { T5Config } from "../t5/config.js";
import type { AnyParams } from "../t5/stack.js";
import type { Best } from "./progress.js";
import { hostTree } from "./store.js";

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

/** The files of a tree of these settings. */
const filesOf = (settings: MethodSettings, best: Best, baseModel?: string): OutputFile[] => {
  const metadata = { step: String(best.step) };
  return [
    [TUNED_FILE, encodeTuned({ settings, tuned: best.tuned, baseModel, metadata })],
    ...adapterFiles(settings, best, baseModel),
    ...(settings.name === "prompt" ? promptFiles(best) : []),
  ];
};

/** The model that trees are used with. */
export interface OutputOptions {
  readonly config: T5Config;
  readonly frozen: AnyParams;
  /** Its name, which `tuned.safetensors` and `adapter` keep. */
  readonly baseModel?: string | undefined;
  /** The names of the tasks that the method has separate parts for; default their numbers. */
  readonly tasks?: readonly string[];
}

/** The folder of the trees of single tasks. */
const folderOf = (task: string): string => `${TASKS_FOLDER}/${task}/`;

/**
 * The files of the best tree for use: `tuned.safetensors`; where PEFT has the method the folder `adapter`; and for a prompt `prompt.npy` and
 * `prompt.safetensors`. Of a method that can be folded, such as a prompt that a network makes, it is the folded tree. Of a method for several tasks it is the
 * whole tree, and below `tasks` a folder for each task with the files of its prompt.
 *
 * @example const files = outputsOf(method, { config, frozen, baseModel: "google/t5-base-lm-adapt" })(best)
 */
export const outputsOf = takes(
  "outputsOf(method, { config, frozen, baseModel, tasks })",
  (method: Method, { config, frozen, baseModel, tasks: names = [] }: OutputOptions): Outputs => {
    const { fold, tasks = 1 } = method;
    if (fold === undefined) return (best) => filesOf(method.settings, best, baseModel);
    const folded = (best: Best, onDevice: object, task?: number): OutputFile[] => {
      const { settings, tuned } = scope(() => {
        const used = forUse(config, frozen, method, onDevice, task);
        return { settings: used.method.settings, tuned: hostTree(used.tuned) };
      });
      return filesOf(settings, { ...best, tuned }, baseModel);
    };
    const ofTask = (best: Best, onDevice: object, task: number): OutputFile[] =>
      folded(best, onDevice, task).map(([path, content]) => [`${folderOf(names[task] ?? `${task}`)}${path}`, content]);
    return (best) => {
      const onDevice = np.devicePut(best.tuned) as object;
      try {
        if (tasks === 1) return folded(best, onDevice);
        const each = Array.from({ length: tasks }, (_, task) => ofTask(best, onDevice, task));
        return [...filesOf(method.settings, best, baseModel), ...each.flat()];
      } finally {
        dispose(onDevice);
      }
    };
  },
);
