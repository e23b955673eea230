/** @file The JSON lines in a zip archive, unpacked into a folder that appears when it is complete. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { DownloadError } from "../../core/errors.js";
import { abandonedIn, temporaryName } from "../../store/temporary.js";

/** More unpacked bytes than any data set here has (ReCoRD: 0.2 GB); an archive that claims more is not unpacked. */
const MOST_BYTES = 2 ** 30;
const ROWS = /^(?:[^/]+\/)?([\w-]+\.jsonl)$/;

const unusable = (path: string, what: string, cause?: unknown): DownloadError =>
  new DownloadError(
    {
      where: "fetchFiles",
      what,
      expected: "a zip archive with .jsonl files",
      at: path,
      hint: "delete it and fetch it again",
    },
    { cause },
  );

const rowsIn = (archive: Uint8Array, path: string): [name: string, bytes: Uint8Array][] => {
  let claimed = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(archive, {
      filter: ({ name, originalSize }) => {
        if (!ROWS.test(name)) return false;
        claimed += originalSize;
        if (claimed > MOST_BYTES) throw unusable(path, `the archive claims more than ${MOST_BYTES} bytes`);
        return true;
      },
    });
  } catch (cause) {
    throw cause instanceof DownloadError ? cause : unusable(path, "the archive is damaged", cause);
  }
  const rows = Object.entries(files).map(([name, bytes]): [string, Uint8Array] => [
    ROWS.exec(name)?.[1] ?? name,
    bytes,
  ]);
  if (rows.length === 0) throw unusable(path, "the archive has no .jsonl file");
  return rows;
};

/**
 * Unpacks the `.jsonl` files of the archive at `path` into `folder`, without the folder that they are in there. Gives their names.
 *
 * @throws {DownloadError} when it is no zip archive, or claims to hold too much
 */
export const unzipRows = async (path: string, folder: string): Promise<string[]> => {
  const rows = rowsIn(await readFile(path), path);
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
