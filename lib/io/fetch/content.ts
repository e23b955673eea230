/**
 * @file What stands in the place of a file that a server does not give: a web page, or the pointer that Git LFS has for a large file.
 *
 * Servers and proxies send both with status 200. They are recognized by their first bytes, with which no file of a model or data set begins.
 */
import { DownloadError } from "../../core/errors.js";
import { escapePattern } from "../../core/pattern.js";
import { brief, type Caller } from "../../edge/decode.js";
import { readStart } from "../../store/open.js";
import { LFS_POINTER } from "../../tasks/packed.js";

/** Who reports what is wrong with fetched files. */
export const CALLER: Caller<DownloadError> = { where: "fetchFiles", error: DownloadError };

/** Bytes that tell; a page may begin with empty lines or a comment. */
const START = 256;

const PAGE = /^\s*<(?:!doctype|html|head|body|title|meta|script|!--|\?xml)/i;
const POINTER = new RegExp(`^${escapePattern(LFS_POINTER)}`);

interface Instead {
  readonly what: string;
  readonly hint: string;
}
const INSTEADS: readonly (Instead & { readonly pattern: RegExp })[] = [
  {
    pattern: PAGE,
    what: "there is a web page in place of the file",
    hint: "the address may need a login or a proxy may answer for it; open it in a browser, or name another mirror",
  },
  {
    pattern: POINTER,
    what: "there is a pointer of Git LFS in place of the file",
    hint: "the mirror has the repository without its large files; name another one, or run git lfs pull there",
  },
];

/** The refusal of a file whose first bytes are those of a page or a pointer; undefined for another file. */
export const insteadOfFile = async (path: string, at = path, hint?: string): Promise<DownloadError | undefined> => {
  const start = new TextDecoder().decode(await readStart(path, CALLER, START)).replace(/^\ufeff/, "");
  const instead = INSTEADS.find(({ pattern }) => pattern.test(start));
  if (instead === undefined) return undefined;
  const { what } = instead;
  const got = `it begins ${brief(start, 60)}`;
  return new DownloadError({ where: CALLER.where, what, got, at, hint: hint ?? instead.hint });
};
