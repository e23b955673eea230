/** @file Files of JSON. */
import { stat } from "node:fs/promises";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FluxionError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { parseJson } from "../edge/json.js";
import { attempt, readText } from "./files.js";

/** Largest file of JSON, in bytes: as large as the largest header of a safetensors file, and an index names what headers name. */
const MAX_JSON_BYTES = 100_000_000;

/** The value of a JSON file: a configuration, an index. It is not read when it is too large to be one. */
export const readJson = <Err extends FluxionError>(path: string, caller: Caller<Err>): TE.TaskEither<Err, unknown> =>
  pipe(
    attempt(caller, path, async () => {
      const { size } = await stat(path);
      if (size <= MAX_JSON_BYTES) return;
      const [expected, got] = [`at most ${MAX_JSON_BYTES} bytes`, `${size} bytes`];
      throw new caller.error({ where: caller.where, what: "the file is too large", expected, got, at: path });
    }),
    TE.chain(() => readText(path, caller)),
    TE.chainEitherK((text) => parseJson(text, caller, path)),
  );
