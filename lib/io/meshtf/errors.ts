/** @file How TensorFlow's checkpoints are refused. */
import { CheckpointError, type Mismatch } from "../../core/errors.js";
import type { Caller } from "../../edge/decode.js";

export const WHERE = "loadMeshTensorFlow";
/** On whose behalf TensorFlow's checkpoints are read. */
export const caller: Caller<CheckpointError> = { where: WHERE, error: CheckpointError };

type Parts = Pick<Mismatch, "expected" | "got" | "at">;

/** A file that cannot be what it says. */
export const damaged = (what: string, parts: Parts): CheckpointError =>
  new CheckpointError({
    where: WHERE,
    what,
    ...parts,
    hint: "the checkpoint is damaged, incomplete or not TensorFlow's; fetch it again",
  });

/** A file that is whole, but of a kind that is not read here. */
export const unsupported = (what: string, parts: Parts): CheckpointError =>
  new CheckpointError({
    where: WHERE,
    what,
    ...parts,
    hint: "load it with TensorFlow and save it again with tf.train.Saver, or convert it with T5X's checkpoint importer",
  });
