/** @file Reads a T5 from a checkpoint of T5X. */

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../../core/composite.js";
import type { CheckpointError } from "../../core/errors.js";
import { promised } from "../../edge/either.js";
import { loadFromSource, type SourcedT5, type SourceOptions } from "../t5-source.js";
import { openT5x } from "./checkpoint.js";
import { WHERE } from "./errors.js";

/** As `loadT5x`, as a TaskEither of fp-ts. */
export const loadT5xTE = takes(
  "loadT5xTE(path, { config, onProgress })",
  (path: string, options: SourceOptions = {}): TE.TaskEither<CheckpointError, SourcedT5> =>
    pipe(
      openT5x(path),
      TE.chain((source) => loadFromSource(WHERE, source, options)),
    ),
);

/**
 * Loads a T5 1.0, 1.1 or UMT5 from a T5X checkpoint, in float32 whatever it is stored in. The state of the optimizer stays on the disk.
 *
 * T5X stores no configuration: sizes, layers, gating and tied embeddings are read off the names and shapes. The activation
 * follows the gating (gelu when gated, else relu), and the rest is T5's own, unless `options.config` says otherwise.
 *
 * - `path`: a folder with a file `checkpoint`, that file, or a folder of folders `checkpoint_{step}`, of which the last is used
 * - `options`: parts of the configuration, and a callback for progress in bytes
 *
 * @throws {CheckpointError} when files are missing or damaged, when the tensors are not those of a T5, or do not fit the configuration, with
 * all differences together
 * @example const { config, params, step } = await loadT5x("t5_1_1_lm100k_small/checkpoint_1100000")
 */
export const loadT5x = promised("loadT5x(path, { config, onProgress })", loadT5xTE);
