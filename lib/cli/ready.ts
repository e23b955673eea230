/** @file A T5 on the device with its prompt: what `generate` and `export` start from. */
import { type ExecutorName, init } from "../compile/init.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import type { Tensor } from "../core/tensor.js";
import { orThrow } from "../edge/either.js";
import { loadT5 } from "../io/load-t5.js";
import * as np from "../np/index.js";
import { fromArray } from "../prompt/index.js";
import type { T5Config } from "../t5/config.js";
import type { Params } from "../t5/model.js";
import { withProgress } from "./bar.js";
import { promptOf } from "./prompt-of.js";
import type { Terminal } from "./terminal.js";

/** What to load, and what is to compute. */
export interface ReadyOptions {
  readonly model: string;
  readonly prompt?: string;
  readonly executor: ExecutorName;
  readonly threads?: number;
}

/** A T5 on the device, with a prompt where there is one. */
export interface ReadyT5 {
  readonly config: T5Config;
  readonly params: Params;
  /** `[P, d]`. */
  readonly prefix: Tensor | undefined;
}

/** A prompt that can be computed with. */
export const readPrompt = async (path: string): Promise<HostArray> => {
  const { prompt } = await promptOf("--prompt <path>", path);
  const bad = prompt.data.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return prompt;
  const [expected, got] = [
    "finite numbers",
    `${prompt.data[bad]} in row ${Math.floor(bad / (prompt.shape[1] as number))}`,
  ];
  const hint = "its training has diverged, or the file is damaged";
  throw new CheckpointError({
    where: "--prompt <path>",
    what: "this prompt is not of numbers",
    expected,
    got,
    at: path,
    hint,
  });
};

/** Loads a model and its prompt, checks that they fit together, and starts the backend. */
export const readyT5 = async (
  flags: ReadyOptions,
  terminal: Terminal,
  check: (config: T5Config) => void = () => undefined,
): Promise<ReadyT5> => {
  const { model, executor, threads } = flags;
  const stored = flags.prompt === undefined ? undefined : await readPrompt(flags.prompt);
  const { config, params, prompts } = await withProgress(terminal, "reading", (onProgress) =>
    orThrow(loadT5(model, { onProgress })),
  );
  check(config);
  const inside = Object.keys(prompts);
  if (inside.length > 0 && stored === undefined) {
    terminal.note(`not used: ${inside.join(", ")}, which is in the checkpoint; --prompt ${model} puts it in front`);
  }
  await init({ executor, ...(threads !== undefined && { threads }) });
  const prefix = stored && fromArray(stored, stored.shape[0] as number, config.dModel);
  return { config, params: np.devicePut(params, { donate: true }) as Params, prefix };
};
