/** @file A tokenizer from a file. Apart from `sentencepiece.ts`, which also runs in browsers, this needs Node. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { DataError } from "../core/errors.js";
import { readBytes } from "../io/files.js";
import { parseSentencePiece, type Tokenizer, type TokenizerOptions } from "./sentencepiece.js";

/**
 * The tokenizer in a SentencePiece `.model` file; errors name the path.
 *
 * @example const tokenizer = await loadTokenizer("spiece.model")() // Either<DataError, Tokenizer>
 */
export const loadTokenizer = (path: string, options: TokenizerOptions = {}): TE.TaskEither<DataError, Tokenizer> =>
  pipe(
    readBytes(path, { where: "loadTokenizer", error: DataError }),
    TE.chainEitherK((bytes) =>
      pipe(
        parseSentencePiece(bytes, options),
        E.mapLeft((error) => new DataError({ ...error.mismatch, at: path }, { cause: error })),
      ),
    ),
  );
