/** @file A tokenizer from a file. Apart from `sentencepiece.ts` and `tokenizer-json.ts`, which also run in browsers, this needs Node. */

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { DataError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { namesIn, readBytes } from "../store/files.js";
import { addedTokensIn } from "./folder-tokens.js";
import type { NewToken } from "./new-tokens.js";
import {
  parseSentencePieceE,
  type SentencePieceOptions,
  type Tokenizer,
  type TokenizerOptions,
} from "./sentencepiece.js";
import { parseTokenizerJsonE } from "./tokenizer-json.js";

const CALLER: Caller<DataError> = { where: "loadTokenizer", error: DataError };
/** What a model folder may call its vocabulary, the original first. */
const NAMES = ["spiece.model", "sentencepiece.model", "tokenizer.json"];
/** Holds its added tokens itself. */
const WITH_TOKENS = "tokenizer.json";

/** The file to read, and the tokens that other files of its folder add to it. */
interface Source {
  readonly file: string;
  readonly addedTokens: readonly NewToken[];
}

/** The path itself, or the vocabulary in the folder. */
const sourceAt = (path: string): TE.TaskEither<DataError, Source> =>
  pipe(
    namesIn(path, CALLER),
    TE.chain((names) => {
      if (names === undefined) return TE.right({ file: path, addedTokens: [] });
      const name = NAMES.find((name) => names.includes(name));
      if (name !== undefined) {
        const file = join(path, name);
        const tokens = name === WITH_TOKENS ? TE.right([]) : addedTokensIn(path, names, CALLER);
        return pipe(
          tokens,
          TE.map((addedTokens) => ({ file, addedTokens })),
        );
      }
      return TE.left(
        new DataError({
          where: CALLER.where,
          what: "the folder holds no vocabulary",
          expected: NAMES.join(" or "),
          got: names.slice(0, 5).join(", ") || "an empty folder",
          at: path,
          hint: "name the file itself if it is called otherwise",
        }),
      );
    }),
  );

/** Largest file of a vocabulary, in bytes; mT5's tokenizer.json has 17 million. */
const MAX_BYTES = 2 ** 27;

const OPEN_BRACE = 0x7b;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isJson = (bytes: Uint8Array): boolean => bytes.find((byte) => !isSpace(byte)) === OPEN_BRACE;

const textOf = (bytes: Uint8Array): E.Either<DataError, string> =>
  E.tryCatch(
    () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    (cause) => new DataError({ where: CALLER.where, what: "the file is not text", expected: "UTF-8" }, { cause }),
  );

const parse = (
  bytes: Uint8Array,
  path: string,
  { addedTokens, ...options }: SentencePieceOptions,
): E.Either<DataError, Tokenizer> =>
  isJson(bytes)
    ? pipe(
        textOf(bytes),
        E.chain((text) => parseJson(text, CALLER, path)),
        E.chain((raw) => parseTokenizerJsonE(raw, options)),
      )
    : parseSentencePieceE(bytes, { ...options, ...(addedTokens && { addedTokens }) });

/** As `loadTokenizer`, as a TaskEither of fp-ts. */
export const loadTokenizerTE = takes(
  "loadTokenizerTE(path, { extraIds })",
  (path: string, options: TokenizerOptions = {}): TE.TaskEither<DataError, Tokenizer> =>
    pipe(
      sourceAt(path),
      TE.chain(({ file, addedTokens }) =>
        pipe(
          readBytes(file, CALLER, MAX_BYTES),
          TE.chainEitherK((bytes) => parse(bytes, file, { ...options, addedTokens })),
          TE.mapLeft((error) => {
            const at = error.mismatch.at;
            const inside = at === undefined || at.startsWith(file) ? file : `${file}: ${at}`;
            return new DataError({ ...error.mismatch, at: inside }, { cause: error });
          }),
        ),
      ),
    ),
);

/**
 * Loads the tokenizer in a SentencePiece `.model` file, in a Hugging Face `tokenizer.json`, or in a model folder with one of them (`spiece.model` before
 * `tokenizer.json`). To a SentencePiece model in a folder belong the tokens that `added_tokens.json`, `tokenizer_config.json` or `tokenizer.json` add
 * to it; given by its own path it stands alone.
 *
 * @throws {DataError} that names the path, when there is no vocabulary, or it cannot be read
 * @example const tokenizer = await loadTokenizer("spiece.model")
 */
export const loadTokenizer = promised("loadTokenizer(path, { extraIds })", loadTokenizerTE);
