/** @file Named tensors on the disk, described before any is read: what a checkpoint without a configuration is to the rest. */
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import type { TensorInfo } from "../edge/fit.js";
import type { StoredName } from "./stored.js";

/** A tensor on the disk. */
export interface SourceEntry extends TensorInfo {
  /** The element type that it has there. */
  readonly stored: StoredName;
  /** Bytes that it takes there. */
  readonly storedBytes: number;
}

/** Named tensors on the disk; the names are T5X's. */
export interface TensorSource {
  readonly path: string;
  /** Steps of training; undefined when the checkpoint does not say. */
  readonly step: number | undefined;
  readonly entries: ReadonlyMap<string, SourceEntry>;
  readonly read: (name: string) => TE.TaskEither<CheckpointError, HostArray>;
}
