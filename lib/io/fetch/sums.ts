/** @file Size and checksums of a file: those that are known of it, and those that it has. */
import { createHash } from "node:crypto";
import { readPieces } from "../../store/open.js";
import { CALLER } from "./content.js";

/** What is known of a file beforehand; checksums in lower-case hexadecimal. */
export interface Sums {
  /** In bytes. */
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  readonly md5?: string | undefined;
}
/** What a file has. */
export interface Found extends Sums {
  readonly size: number;
  readonly sha256: string;
}

/** Size, SHA-256 and, if asked for, MD5 of a file, which is read in pieces. */
export const sumsOf = async (path: string, withMd5 = false): Promise<Found> => {
  const sha256 = createHash("sha256");
  const md5 = withMd5 ? createHash("md5") : undefined;
  let size = 0;
  for await (const piece of readPieces(path, CALLER)) {
    size += piece.length;
    sha256.update(piece);
    md5?.update(piece);
  }
  return { size, sha256: sha256.digest("hex"), ...(md5 !== undefined && { md5: md5.digest("hex") }) };
};

/** What Git calls the bytes of a file. */
export const gitBlobOf = async (path: string, size: number): Promise<string> => {
  const hash = createHash("sha1").update(`blob ${size}\0`);
  for await (const piece of readPieces(path, CALLER)) hash.update(piece);
  return hash.digest("hex");
};

interface Difference {
  readonly expected: string;
  readonly got: string;
}
const PRINTED = {
  size: (bytes: unknown) => `${bytes} bytes`,
  sha256: (sum: unknown) => `SHA-256 ${sum}`,
  md5: (sum: unknown) => `MD5 ${sum}`,
} as const;

/** The first thing in which a file is not what is known of it. */
export const differenceOf = (known: Sums, found: Sums): Difference | undefined => {
  for (const key of ["size", "sha256", "md5"] as const) {
    const [expected, got] = [known[key], found[key]];
    if (expected !== undefined && expected !== got) return { expected: PRINTED[key](expected), got: PRINTED[key](got) };
  }
  return undefined;
};
