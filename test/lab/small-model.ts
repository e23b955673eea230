/** @file A T5 of two layers and width 32 as a folder, with the vocabulary of t5-nano: runs of it take little time. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { init } from "../../lib/compile/init.js";
import { saveHuggingFace } from "../../lib/io/save-huggingface.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

/** Writes the model into a folder. */
export const writeSmallModel = async (folder: string): Promise<void> => {
  await init({ backend: "reference" });
  const nano = fileURLToPath(new URL("../../assets/t5-nano/spiece.model", import.meta.url));
  const { config, params } = tinyT5({ dModel: 32, dKv: 8, dFf: 64, numHeads: 4, vocabSize: 4096 });
  await saveHuggingFace(folder, { config, params }, { companions: { "spiece.model": readFileSync(nano) } });
};
