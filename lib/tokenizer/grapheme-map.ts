/**
 * @file A precompiled character map as Hugging Face's library applies it: by grapheme clusters, where SentencePiece looks for the longest key at each place.
 *
 * A cluster of fewer than six bytes in UTF-8 becomes the replacement of the shortest key that it begins with, and what follows that key in it is lost:
 * `e` with a circumflex and an acute, written as three characters, gives `ê`, and SentencePiece `ế`. A longer cluster, and one that begins with no key,
 * goes character by character.
 *
 * @see https://github.com/huggingface/tokenizers, `normalizers/precompiled.rs`, version 0.23
 */
import { CharsMap } from "./chars-map.js";
import { mostOf, outgrown } from "./growth.js";
import { remembering } from "./remembering.js";

const MOST_BYTES = 5;
const CRLF = "\r\n";

/** A printable character of ASCII beside others, which may join one cluster; the only cluster of ASCII alone; what else the map changes. */
const regionsOf = (changed: string): RegExp =>
  new RegExp(`[ -~]?(?:[^\\0-\\x7f][ -~]?)+|\\r\\n${changed === "" ? "" : `|[${changed}]`}`, "gu");

/**
 * What may stand beside another character in a cluster: marks, joiners, halfwidth sound marks, modifiers, and the letters that go with the one before
 * (Thai and Lao AM) or after. Without any of them, and without hangul in parts and flags, whose clusters are too long for the map, clusters are characters.
 */
const JOINING =
  /[\p{M}\p{Cf}\p{Grapheme_Extend}\p{Emoji_Modifier}\u0e33\u0eb3\u0d4e\u{111c2}\u{111c3}\u{113d1}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]/u;

const hex = (code: number): string => `\\x${code.toString(16).padStart(2, "0")}`;

/**
 * A function that replaces what a map says in a text; it throws a DataError where that makes more than `most` characters.
 *
 * @throws {DataError} when the map is damaged
 */
export const makeGraphemeMap = (blob: Uint8Array): ((text: string, most?: number) => string) => {
  const map = new CharsMap(blob);
  const encoder = new TextEncoder();
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  const replacement = (part: string, most: number): string | undefined => {
    const bytes = encoder.encode(part);
    const found = bytes.length > most ? -1 : map.shortest(bytes);
    return found < 0 ? undefined : utf8.decode(map.replacements.subarray(found, map.endOf(found)));
  };
  const ofCluster = remembering(
    (cluster: string): string =>
      replacement(cluster, MOST_BYTES) ?? Array.from(cluster, (one) => replacement(one, Infinity) ?? one).join(""),
  );
  const ascii = Array.from({ length: 128 }, (_, code) => code);
  const changed = ascii.filter((code) => replacement(String.fromCharCode(code), MOST_BYTES) !== undefined);
  const regions = regionsOf(changed.map(hex).join(""));
  /** Clusters that follow each other, replaced. */
  const replaced = (clusters: Iterable<string>, most: number): string => {
    let out = "";
    for (const cluster of clusters) {
      out += ofCluster(cluster);
      if (out.length > most) throw outgrown(most);
    }
    return out;
  };
  const clustersOf = function* (region: string): Generator<string> {
    for (const { segment } of graphemes.segment(region)) yield segment;
  };
  return (text, most = mostOf(text.length)) => {
    let left = most;
    return text.replace(regions, (region) => {
      const out = replaced(region !== CRLF && !JOINING.test(region) ? region : clustersOf(region), left);
      left -= out.length;
      return out;
    });
  };
};
