/**
 * @file The added tokens of a model folder whose vocabulary is a SentencePiece model: `added_tokens.json` and `tokenizer_config.json`, else
 * `tokenizer.json`, which has them all but is large.
 */
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { DataError } from "../core/errors.js";
import { type Caller, decodeAs, naturalNumber, such, withDefault } from "../edge/decode.js";
import { readJson } from "../store/json-file.js";
import type { NewToken } from "./new-tokens.js";
import { AddedToken, TokenFlags } from "./tokenizer-json-schema.js";

const ADDED = "added_tokens.json";
const CONFIG = "tokenizer_config.json";
const WHOLE = "tokenizer.json";

const byId = such(
  t.record(t.string, TokenFlags),
  (tokens) => Object.keys(tokens).every((key) => /^\d{1,9}$/.test(key)),
  "tokens by their ids",
);
const AddedTokens = t.record(t.string, naturalNumber, "added tokens");
const Config = t.type({ added_tokens_decoder: withDefault(byId, {}) }, "tokenizer configuration");
const Whole = t.type({ added_tokens: t.array(AddedToken) }, "tokenizer.json");

type Named = readonly (readonly [file: string, token: NewToken])[];

const plain = (id: number, content: string): NewToken => ({
  id,
  content,
  special: false,
  lstrip: false,
  rstrip: false,
});

/** Tokens by their ids; of what two files say of one, the first. */
const merged = (tokens: Named, dir: string, where: string): E.Either<DataError, readonly NewToken[]> => {
  const seen = new Map<number, (typeof tokens)[number]>();
  for (const [file, token] of tokens) {
    const [other, known] = seen.get(token.id) ?? [];
    if (known !== undefined && known.content !== token.content) {
      const say = (name: string | undefined, { id, content }: NewToken) =>
        `${id}: ${JSON.stringify(content)} in ${name}`;
      const hint = "fetch the files of the folder again, or name the SentencePiece model itself to use it alone";
      const parts = { expected: say(other, known), got: say(file, token), at: dir, hint };
      return E.left(new DataError({ where, what: "two files name different added tokens", ...parts }));
    }
    if (known === undefined) seen.set(token.id, [file, token]);
  }
  return E.right([...seen.values()].map(([, token]) => token));
};

/**
 * The tokens that the files of a folder add to its SentencePiece model, in any order; also those that the model has.
 *
 * @param names  the names in the folder
 */
export const addedTokensIn = (
  dir: string,
  names: readonly string[],
  caller: Caller<DataError>,
): TE.TaskEither<DataError, readonly NewToken[]> => {
  const from = <A>(name: string, codec: t.Type<A, unknown>, tokensOf: (a: A) => readonly NewToken[]) =>
    names.includes(name)
      ? pipe(
          readJson(join(dir, name), caller),
          TE.chainEitherK(decodeAs(codec, caller, join(dir, name))),
          TE.map((value): Named => tokensOf(value).map((token) => [name, token])),
        )
      : TE.right<DataError, Named>([]);
  return pipe(
    from(CONFIG, Config, ({ added_tokens_decoder: tokens }) =>
      Object.entries(tokens).map(([id, token]) => ({ ...token, id: Number(id) })),
    ),
    TE.chain((flagged) =>
      pipe(
        from(ADDED, AddedTokens, (ids) => Object.entries(ids).map(([content, id]) => plain(id, content))),
        TE.map((more): Named => [...flagged, ...more]),
      ),
    ),
    TE.chain((tokens) =>
      tokens.length > 0 ? TE.right(tokens) : from(WHOLE, Whole, ({ added_tokens }) => added_tokens),
    ),
    TE.chainEitherK((tokens) => merged(tokens, dir, caller.where)),
  );
};
