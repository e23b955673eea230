/** @file `fluxion fetch`: released models and data sets by name. */

import { type ModelSource, SOURCES, sourceOf } from "../io/fetch/catalogue.js";
import type { DataSource } from "../io/fetch/data-sets.js";
import { type FetchProgress, fetchFiles } from "../io/fetch/fetch.js";
import { Bar } from "./bar.js";
import { usageError } from "./parse.js";
import { printBytes, type Terminal } from "./terminal.js";

export interface FetchFlags {
  readonly list?: boolean;
  readonly mirror?: string;
  readonly cache?: string;
  readonly revision?: string;
  readonly json?: boolean;
}

/** Bytes to load, where they are recorded for all files. */
const sizeOf = (source: ModelSource | DataSource): number | undefined => {
  const sizes = source.kind === "data" ? source.files.map(({ size }) => size ?? Number.NaN) : [Number.NaN];
  const sum = sizes.reduce((total, size) => total + size, 0);
  return Number.isNaN(sum) ? undefined : sum;
};

const list = (json: boolean | undefined, terminal: Terminal): void => {
  const known = SOURCES.map((source) => {
    const { kind, name, licence } = source;
    return { kind, name, bytes: sizeOf(source) ?? null, licence };
  });
  const rows = known.map(({ kind, name, bytes, licence }) => {
    const size = bytes === null ? "-" : printBytes(bytes);
    return `${[kind, name, size, licence].join("\t")}\n`;
  });
  terminal.write(json ? `${JSON.stringify(known)}\n` : rows.join(""));
};

/** Tells the terms of what is fetched, and what else there is to know of it. */
const noteTerms = (name: string, terminal: Terminal): void => {
  const source = sourceOf(name);
  if (source === undefined) return;
  const members = (source.kind === "data" ? source.members : undefined) ?? [source];
  for (const one of members) terminal.note(`${one.name}: ${one.licence}`);
  if (source.kind === "data" && source.note !== undefined) terminal.note(`${name}: ${source.note}`);
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
  noteTerms(name, terminal);
  const bar = new Bar(terminal, "{label} {bar} {size} | {eta_formatted} left");
  const onProgress = ({ file, done, total }: FetchProgress): void => bar.show(file, done, total);
  try {
    const fetched = await fetchFiles(name, { mirror, cacheDir, revision, onProgress });
    terminal.write(flags.json ? `${JSON.stringify({ name, ...fetched })}\n` : `${fetched.folder}\n`);
  } finally {
    bar.stop();
  }
};
