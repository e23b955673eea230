/** @file A small T5 with random prompts in a folder, for tests of the server: two layers of width 32, and t5-nano's vocabulary. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { init } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { dispose } from "../../lib/core/tensor.js";
import { checkFits } from "../../lib/io/adapter-fit.js";
import { savePrompt } from "../../lib/io/prompts.js";
import * as np from "../../lib/np/index.js";
import { adapterFolder } from "../../lib/serve/adapter-folder.js";
import { type ResponderOptions, responder } from "../../lib/serve/responder.js";
import { generate } from "../../lib/t5/generate.js";
import type { PromptParams } from "../../lib/t5/model.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

export const WIDTH = 32;
export const OPTIONS: ResponderOptions = { maxTokens: 6, maxInputLength: 32, batchSize: 32 };

/** A prompt whose values are as large as embedded tokens, so that answers depend on it. */
export const somePrompt = (seed: number, length: number, width = WIDTH): HostArray =>
  hostArray(
    [length, width],
    "float32",
    Float32Array.from({ length: length * width }, (_, i) => 2 * Math.sin(i * (seed + 1.7) + seed)),
  );

/** Fills a folder with the prompts `p0.npy`, …, of different lengths. */
export const writePrompts = async (dir: string, count: number): Promise<HostArray[]> => {
  mkdirSync(dir, { recursive: true });
  const prompts = Array.from({ length: count }, (_, i) => somePrompt(i, 3 + 2 * (i % 4)));
  for (const [i, prompt] of prompts.entries()) await savePrompt(join(dir, `p${i}.npy`), prompt);
  return prompts;
};

/** Texts of different lengths that the vocabulary knows. */
export const someText = (i: number): string => {
  const words = ["the", "city", "of", "London", "is", "a", "table", "Tom", "washed", "it"];
  return Array.from({ length: 1 + (i % 13) }, (_, j) => words[(i * 7 + j * (1 + (i % 3))) % words.length]).join(" ");
};

/** The model on the device, a responder over a folder of prompts, and `generate` with one prompt and one text at a time. */
export const readyToServe = async (dir: string, options = OPTIONS) => {
  await init({ executor: "tfjs" });
  const tokenizer = await loadTokenizer("assets/t5-nano");
  const { config, params } = scope(() => tinyT5({ vocabSize: tokenizer.vocabSize, dModel: WIDTH }));
  const folder = await adapterFolder(dir, (adapter) => checkFits(adapter, config, "the model"));
  const answers = responder({ config, params }, tokenizer, folder, options);
  const greedy = generate(config, { maxLength: options.maxTokens });
  const alone = (prompt: HostArray, text: string): readonly number[] => {
    const ids = [...tokenizer.encode(text).slice(0, options.maxInputLength - 1), tokenizer.eosId];
    const tuned = np.devicePut({ prompt }) as PromptParams;
    using inputs = np.array(Int32Array.from(ids), { shape: [1, ids.length] });
    const [[{ tokens }]] = greedy(params, inputs, { prefix: tuned.prompt });
    dispose(tuned);
    return tokens;
  };
  const free = (): void => {
    answers.dispose();
    greedy.dispose();
    dispose(params);
  };
  return { config, params, tokenizer, folder, answers, alone, dispose: free };
};
