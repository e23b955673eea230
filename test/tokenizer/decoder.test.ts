import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SentencePieceProcessor } from "@agnai/sentencepiece-js";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { decodeStream } from "../../lib/tokenizer/decoder.js";
import { parseSentencePieceE, type Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import { modelFile, SPECIALS } from "./model-file.js";

const Suite = suite("tokenizer/decoder");

const bytePieces = Array.from({ length: 256 }, (_, byte) => ({
  text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  type: 6,
}));
const words = ["▁", "a", "b", "é", "▁ab", "ba"].map((text, i) => ({ text, score: -2 - i }));
const FILE = modelFile({ pieces: [...SPECIALS, ...bytePieces, ...words], byteFallback: true });
const parsed = parseSentencePieceE(FILE);
if (E.isLeft(parsed)) throw parsed.left;
const tokenizer: Tokenizer = parsed.right;
const byte = (value: number): number => 3 + value;
const A = tokenizer.pieces.indexOf("a");

const folder = mkdtempSync(join(tmpdir(), "fluxion-decoder-"));
const reference = new SentencePieceProcessor();
Suite.before(async () => {
  const path = join(folder, "byte.model");
  writeFileSync(path, FILE);
  await reference.load(path);
});
Suite.after(() => rmSync(folder, { recursive: true }));

const parts = async (ids: Iterable<number>): Promise<string[]> => {
  const list: string[] = [];
  for await (const text of decodeStream(tokenizer, ids)) list.push(text);
  return list;
};

Suite("with byte fallback an unknown character is spelled in bytes, and read again", () => {
  const ids = tokenizer.encode("a😀é");
  assert.equal(tokenizer.encodeAsPieces("a😀é"), ["▁", "a", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "é"]);
  assert.equal(ids.map(tokenizer.idToPiece), tokenizer.encodeAsPieces("a😀é"));
  assert.is(tokenizer.decode(ids), "a😀é");
  // The first code of a file is a mark there; here it is text, and so is the byte of a character that does not go on.
  assert.is(tokenizer.decode([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf].map(byte)), "\ufeff\ufeff");
  assert.is(tokenizer.decode([0xef, 0xbb].map(byte)), "\ufffd\ufffd");
});

Suite("with byte fallback ids of any text are SentencePiece's, and every text without extra spaces comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 12 }), (raw) => {
      const text = raw.replaceAll("\0", "").replaceAll("\u2581", "").replaceAll(/ +/g, " ").trim();
      const ids = tokenizer.encode(text);
      assert.equal(ids, reference.encodeIds(text), JSON.stringify(text));
      assert.is(tokenizer.decode(ids), text);
    }),
    { numRuns: 500 },
  );
});

Suite("any list of ids decodes to SentencePiece's text, also where bytes make no character", () => {
  const starts = [0xc3, 0xe2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff].map(byte);
  const goOn = [0x80, 0x82, 0x9f, 0xa9, 0xac, 0xbf].map(byte);
  const id = fc.oneof(fc.constantFrom(...starts, ...goOn, byte(0x41)), fc.integer({ min: 259, max: 264 }), fc.nat(2));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 12 }), (ids) => {
      assert.is(tokenizer.decode(ids), reference.decodeIds(ids), ids.map(tokenizer.idToPiece).join(" "));
    }),
    { numRuns: 3000 },
  );
});

Suite("a stream gives each character when its last byte is there, and bytes that make none at the end", async () => {
  const euro = [0xe2, 0x82, 0xac].map(byte);
  assert.equal(await parts([A, ...euro, A]), ["a", "€", "a"]);
  assert.equal(await parts([...euro.slice(0, 2), A]), ["\ufffd\ufffda"]);
  assert.equal(await parts([A, ...euro.slice(0, 2)]), ["a", "\ufffd\ufffd"]);
});

Suite("a stream joined is the decoded text, and no part ends inside a character", async () => {
  const property = fc.asyncProperty(fc.array(fc.nat(tokenizer.vocabSize + 3), { maxLength: 40 }), async (ids) => {
    const list = await parts(ids);
    assert.is(list.join(""), tokenizer.decode(ids));
    assert.ok(list.every((text) => text !== "" && Buffer.from(text).toString() === text));
  });
  await fc.assert(property);
});

Suite("a stream stops at what is not an id", async () => {
  try {
    await parts([A, -1]);
    assert.unreachable();
  } catch (error) {
    assert.ok(isFluxionError(error, "ArgumentError"));
  }
});

Suite.run();
