/** @file The files of a data set in a zip archive, unpacked into a folder that appears when it is complete. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DownloadError } from "../../core/errors.js";
import { openRegular, type Readable } from "../../store/open.js";
import { abandonedIn, temporaryName } from "../../store/temporary.js";
import { DamagedZip, unzipEntry, type ZipEntry, zipEntries } from "../../store/zip.js";
import { CALLER } from "./content.js";

/** How many times as large as its archive a data set may be (AX-b: 10 times); what claims more is not unpacked. */
const MOST_EXPANSION = 50;
/** The name of a file that is in no folder, or in one. */
const NAME = /^(?:[^/]+\/)?([^/]+)$/;

type Named = readonly (readonly [name: string, entry: ZipEntry])[];

/** The entries of the wanted files, once each. */
const wantedOf = (entries: readonly ZipEntry[], archive: Readable, wanted: readonly string[]): Named => {
  const named = entries.flatMap((entry) => {
    const name = NAME.exec(entry.name)?.[1] ?? "";
    return wanted.includes(name) ? [[name, entry] as const] : [];
  });
  const names = named.map(([name]) => name);
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new DamagedZip(`it lacks ${missing.join(", ")}`);
  if (new Set(names).size < names.length) throw new DamagedZip("two files of it have one name");
  const claimed = named.reduce((sum, [, { size }]) => sum + size, 0);
  const most = MOST_EXPANSION * archive.size;
  if (claimed > most) throw new DamagedZip(`it claims more than ${most} bytes, ${MOST_EXPANSION} times its own`);
  return named;
};

const unpackInto = async (archive: Readable, named: Named, folder: string): Promise<void> => {
  const base = `${folder}.part`;
  for (const left of abandonedIn(dirname(folder), basename(base))) await rm(left, { recursive: true, force: true });
  const partial = temporaryName(base);
  await mkdir(partial);
  try {
    for (const [name, entry] of named) await writeFile(join(partial, name), unzipEntry(archive, entry));
    await rename(partial, folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOTEMPTY" && cause.code !== "EEXIST") throw cause; // else another process was faster
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
};

/**
 * Unpacks the wanted files of the archive at `path` into `folder`, without the folder that they are in there, piece by piece.
 *
 * @throws {DownloadError} when it is not a zip archive, lacks one of them, claims to hold too much, or a file in it has not the size and checksum that it states
 */
export const unzipFiles = async (path: string, folder: string, wanted: readonly string[]): Promise<void> => {
  const archive = await openRegular(path, CALLER);
  try {
    await unpackInto(archive, wantedOf(await zipEntries(archive), archive, wanted), folder);
  } catch (cause) {
    if (!(cause instanceof DamagedZip)) throw cause;
    const [expected, hint] = [`a zip archive with ${wanted.join(", ")}`, "delete it and fetch it again"];
    const mismatch = { where: CALLER.where, what: "the archive is damaged", expected, got: cause.message, at: path };
    throw new DownloadError({ ...mismatch, hint }, { cause });
  } finally {
    await archive.file.close();
  }
};
