/** @file `fluxion fetch`: released models and data sets by name. */

import { SOURCE_NAMES, sourceOf } from "../io/fetch/catalogue.js";
import { type FetchProgress, fetchFiles } from "../io/fetch/fetch.js";
import { Bar } from "./bar.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

export interface FetchFlags {
  readonly list?: boolean;
  readonly mirror?: string;
  readonly cache?: string;
  readonly revision?: string;
  readonly json?: boolean;
}

const list = (json: boolean | undefined, terminal: Terminal): void => {
  const known = SOURCE_NAMES.map((name) => ({ name, kind: sourceOf(name)?.kind }));
  if (json) terminal.write(`${JSON.stringify(known)}\n`);
  else terminal.write(known.map(({ name, kind }) => `${kind}\t${name}\n`).join(""));
};

/** Fetches a model or a data set into the cache, and writes its folder. */
export const fetchNamed = async (name: string | undefined, flags: FetchFlags, terminal: Terminal): Promise<void> => {
  if (flags.list) {
    if (name === undefined) return list(flags.json, terminal);
    throw usageError("fluxion fetch", "--list is without a name", { got: name });
  }
  if (name === undefined) throw usageError("fluxion fetch", "there is no name", { hint: "see --list" });
  const { mirror, cache: cacheDir, revision } = flags;
  if (mirror !== undefined && !(/^https?:/.test(mirror) && URL.canParse(mirror))) {
    throw usageError("fluxion fetch", "--mirror is not an address", { expected: "https://…", got: mirror });
  }
  const bar = new Bar(terminal, "{label} {bar} {size} | {eta_formatted} left");
  const onProgress = ({ file, done, total }: FetchProgress): void => bar.show(file, done, total);
  try {
    const fetched = await fetchFiles(name, { mirror, cacheDir, revision, onProgress });
    terminal.write(flags.json ? `${JSON.stringify({ name, ...fetched })}\n` : `${fetched.folder}\n`);
  } finally {
    bar.stop();
  }
};
