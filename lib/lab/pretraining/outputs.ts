/** @file What pre-training leaves: whole models in Hugging Face's layout, with their vocabulary. */
import { CheckpointError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { treeMapWithPath } from "../../core/pytree.js";
import type { Caller } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { companionsAt } from "../../io/companions.js";
import { huggingFaceFiles } from "../../io/save-huggingface.js";
import type { Params } from "../../t5/model.js";
import type { OutputFile, Outputs } from "../../train/outputs.js";
import { slashPath } from "../../tree/map.js";
import type { StartModel } from "./start.js";

const caller: Caller<CheckpointError> = { where: "run folder", error: CheckpointError };

/** The files of a trained tree: those of a model folder. `tokenizer` is the path of the vocabulary, or of the folder that has it. */
export const modelOutputs = async (
  { config, dropoutRate, modelType }: StartModel,
  frozen: Params,
  tokenizer: string,
): Promise<Outputs> => {
  const companions = await companionsAt(tokenizer, caller);
  const said = { ...(dropoutRate !== undefined && { dropoutRate }), ...(modelType !== undefined && { modelType }) };
  return ({ tuned }): readonly OutputFile[] => {
    const byPath = tuned as Readonly<Record<string, HostArray>>;
    const params = treeMapWithPath(((keys: never) => byPath[slashPath(keys)]) as never, frozen);
    return orThrow(huggingFaceFiles({ config, params: params as never, ...said }, { companions }));
  };
};
