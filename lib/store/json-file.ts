/** @file Files of JSON. */
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FluxionError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { parseJson } from "../edge/json.js";
import { readText } from "./files.js";

/** Largest file of JSON, in bytes: as large as the largest header of a safetensors file that is read, and an index names what headers name. */
const MAX_JSON_BYTES = 2 ** 25;

/** The value of a JSON file: a configuration, an index. It is not read when it is too large to be one. */
export const readJson = <Err extends FluxionError>(path: string, caller: Caller<Err>): TE.TaskEither<Err, unknown> =>
  pipe(
    readText(path, caller, MAX_JSON_BYTES),
    TE.chainEitherK((text) => parseJson(text, caller, path)),
  );
