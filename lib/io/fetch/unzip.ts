/** @file The JSON lines in a zip archive, unpacked into a folder that appears when it is complete. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DownloadError } from "../../core/errors.js";
import { readWhole } from "../../store/open.js";
import { abandonedIn, temporaryName } from "../../store/temporary.js";
import { CALLER } from "./content.js";
import { unzipEntry, zipEntries } from "./zip.js";

/** More unpacked bytes than any data set here has (ReCoRD: 0.2 GB); an archive that claims more is not unpacked. */
const MOST_BYTES = 2 ** 30;
const ROWS = /^(?:[^/]+\/)?([\w-]+\.jsonl)$/;

const unusable = (path: string, what: string, cause?: Error): DownloadError =>
  new DownloadError(
    {
      where: "fetchFiles",
      what,
      expected: "a zip archive with .jsonl files",
      got: cause?.message,
      at: path,
      hint: "delete it and fetch it again",
    },
    { cause },
  );

const rowsIn = (archive: Uint8Array, path: string): [name: string, bytes: Uint8Array][] => {
  try {
    const entries = zipEntries(archive).flatMap((entry) => {
      const name = ROWS.exec(entry.name)?.[1];
      return name === undefined ? [] : [{ name, entry }];
    });
    const claimed = entries.reduce((sum, { entry }) => sum + entry.size, 0);
    if (claimed > MOST_BYTES) throw unusable(path, `the archive claims more than ${MOST_BYTES} bytes`);
    if (entries.length === 0) throw unusable(path, "the archive has no .jsonl file");
    if (new Set(entries.map(({ name }) => name)).size < entries.length) {
      throw unusable(path, "two files of the archive have one name");
    }
    return entries.map(({ name, entry }) => [name, unzipEntry(archive, entry)]);
  } catch (cause) {
    throw cause instanceof DownloadError ? cause : unusable(path, "the archive is damaged", cause as Error);
  }
};

/**
 * Unpacks the `.jsonl` files of the archive at `path` into `folder`, without the folder that they are in there. Gives their names.
 *
 * @throws {DownloadError} when it is not a zip archive, claims to hold too much, or a file in it has not the size and checksum that it states
 */
export const unzipRows = async (path: string, folder: string): Promise<string[]> => {
  const rows = rowsIn(await readWhole(path, CALLER), path);
  const base = `${folder}.part`;
  for (const left of abandonedIn(dirname(folder), basename(base))) await rm(left, { recursive: true, force: true });
  const partial = temporaryName(base);
  await mkdir(partial);
  try {
    for (const [name, bytes] of rows) await writeFile(join(partial, name), bytes);
    await rename(partial, folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOTEMPTY" && cause.code !== "EEXIST") throw cause; // else another process was faster
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return rows.map(([name]) => name).sort();
};
