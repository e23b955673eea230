/** @file The prompt that a path means: a file or folder of one, or a T5X checkpoint with one among its parameters. */
import * as E from "fp-ts/lib/Either.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { orThrow } from "../edge/either.js";
import { checkpointKind } from "../io/checkpoint-kind.js";
import { loadPrompt } from "../io/prompts.js";
import { isPrompt } from "../io/t5-source.js";
import { openT5x } from "../io/t5x/checkpoint.js";

/** A prompt `[P, d]`, and the model it was tuned for where it is said. */
export interface FoundPrompt {
  readonly prompt: HostArray;
  readonly baseModel?: string | undefined;
}

/** Reads the prompt of a path; `where` names the command. */
export const promptOf = async (where: string, path: string): Promise<FoundPrompt> => {
  const kind = await checkpointKind(path)();
  if (E.isLeft(kind) || kind.right !== "t5x") return orThrow(loadPrompt(path));
  const source = await orThrow(openT5x(path));
  const names = [...source.entries.keys()].filter(isPrompt);
  const [name] = names;
  if (name !== undefined && names.length === 1) return { prompt: await orThrow(source.read(name)) };
  throw new CheckpointError({
    where,
    what: "there is not one prompt in this checkpoint",
    expected: "one parameter named prompt",
    got: names.length === 0 ? "none" : names.join(", "),
    at: path,
  });
};
