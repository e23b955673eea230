/** @file How the files of a T5X checkpoint are refused. */
import { CheckpointError, type Mismatch } from "../../core/errors.js";
import type { Caller } from "../../edge/decode.js";

export const WHERE = "loadT5x";
/** On whose behalf T5X checkpoints are read. */
export const caller: Caller<CheckpointError> = { where: WHERE, error: CheckpointError };

type Parts = Pick<Mismatch, "expected" | "got" | "at">;

/** A file that cannot be what it says. */
export const damaged = (what: string, parts: Parts, cause?: unknown): CheckpointError =>
  new CheckpointError(
    { where: WHERE, what, ...parts, hint: "the checkpoint is damaged or incomplete; fetch it again" },
    { cause },
  );

/** A file that is whole, but of a kind that is not read here. */
export const unsupported = (what: string, parts: Parts & { hint?: string }): CheckpointError =>
  new CheckpointError({ where: WHERE, what, ...parts });
