/**
 * @file The parts of a Hugging Face `tokenizer.json` that T5's vocabularies use; a part of another type is refused with its place.
 *
 * @see https://huggingface.co/docs/tokenizers/components
 */
import * as t from "io-ts";
import { naturalNumber, such, withDefault } from "../edge/decode.js";

const optionalFlag = withDefault(t.boolean, false);

const FLAGS = {
  content: t.string,
  special: optionalFlag,
  single_word: withDefault(t.literal(false), false),
  lstrip: optionalFlag,
  rstrip: optionalFlag,
  normalized: optionalFlag,
};
/** An added token under its id, as `tokenizer_config.json` has it. */
export const TokenFlags = t.type(FLAGS, "added token");
export const AddedToken = t.type({ id: naturalNumber, ...FLAGS }, "added token");
export type AddedToken = t.TypeOf<typeof AddedToken>;

const Precompiled = t.type({ type: t.literal("Precompiled"), precompiled_charsmap: withDefault(t.string, "") });
const Strip = t.type({ type: t.literal("Strip"), strip_left: t.boolean, strip_right: t.boolean });
const Pattern = t.union([t.type({ Regex: t.string }), t.type({ String: t.string })], "pattern");
const Replace = t.type({ type: t.literal("Replace"), pattern: Pattern, content: t.string });
const Form = t.type({ type: t.union([t.literal("NFC"), t.literal("NFD"), t.literal("NFKC"), t.literal("NFKD")]) });

// Sequences are not nested, as in all files of T5: a file that nests thousands would exhaust the stack.
const PlainNormalizer = t.union([Precompiled, Strip, Replace, Form]);
const Normalizer = t.union(
  [PlainNormalizer, t.type({ type: t.literal("Sequence"), normalizers: t.array(PlainNormalizer) })],
  "Precompiled, Strip, Replace, NFC, NFD, NFKC, NFKD or a Sequence",
);
export type NormalizerPart = t.TypeOf<typeof Normalizer>;

const Metaspace = t.type({
  type: t.literal("Metaspace"),
  replacement: withDefault(
    such(t.string, (mark) => /^.$/su.test(mark), "one character"),
    "\u2581",
  ),
  add_prefix_space: withDefault(t.boolean, true),
  prepend_scheme: t.union([t.literal("always"), t.literal("first"), t.literal("never"), t.undefined]),
  split: withDefault(t.boolean, true),
});
export type Metaspace = t.TypeOf<typeof Metaspace>;
const WhitespaceSplit = t.type({ type: t.literal("WhitespaceSplit") });

const PlainPreTokenizer = t.union([Metaspace, WhitespaceSplit]);
const PreTokenizer = t.union(
  [PlainPreTokenizer, t.type({ type: t.literal("Sequence"), pretokenizers: t.array(PlainPreTokenizer) })],
  "Metaspace, WhitespaceSplit or a Sequence",
);
export type PreTokenizerPart = t.TypeOf<typeof PreTokenizer>;

/** Byte pieces are always put together, so `ByteFallback` and `Fuse` say nothing new. */
const PlainDecoder = t.union([
  Metaspace,
  t.type({ type: t.literal("ByteFallback") }),
  t.type({ type: t.literal("Fuse") }),
]);
const DecoderPart = t.union(
  [PlainDecoder, t.type({ type: t.literal("Sequence"), decoders: t.array(PlainDecoder) })],
  "Metaspace, ByteFallback, Fuse or a Sequence",
);

const SpecialToken = t.type({ SpecialToken: t.type({ id: t.string }) });
const Template = t.type({
  type: t.literal("TemplateProcessing"),
  single: t.array(t.union([SpecialToken, t.type({ Sequence: t.UnknownRecord })])),
});

const UnigramModel = t.type(
  {
    type: t.literal("Unigram"),
    unk_id: naturalNumber,
    vocab: t.array(t.tuple([t.string, t.number])),
    byte_fallback: optionalFlag,
  },
  "Unigram model",
);

export const TokenizerJson = t.type(
  {
    added_tokens: t.array(AddedToken),
    normalizer: t.union([Normalizer, t.null]),
    pre_tokenizer: t.union([PreTokenizer, t.null]),
    post_processor: t.union([Template, t.null]),
    decoder: t.union([DecoderPart, t.null]),
    model: UnigramModel,
  },
  "tokenizer.json",
);
export type TokenizerJson = t.TypeOf<typeof TokenizerJson>;
