/** @file `fluxion fetch`: released models and data sets by name. */
import { SingleBar } from "cli-progress";
import { SOURCE_NAMES, sourceOf } from "../io/fetch/catalogue.js";
import { type FetchProgress, fetchFiles } from "../io/fetch/fetch.js";
import { orThrow } from "./main.js";
import { usageError } from "./parse.js";
import { printBytes, type Terminal } from "./terminal.js";

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

/** A bar that begins anew with each file. */
const bars = (terminal: Terminal): { show: (progress: FetchProgress) => void; stop: () => void } => {
  if (!terminal.watched) return { show: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: "{file} {bar} {size} | {eta_formatted} left",
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let current: string | undefined;
  return {
    show: ({ file, done, total = done }) => {
      if (file !== current) {
        if (current !== undefined) bar.stop();
        bar.start(total, done, { file, size: printBytes(total) });
        current = file;
      }
      bar.setTotal(total);
      bar.update(done, { file, size: printBytes(total) });
    },
    stop: () => {
      if (current !== undefined) bar.stop();
    },
  };
};

/** Fetches a model or a data set into the cache, and writes its folder. */
export const fetchNamed = async (name: string | undefined, flags: FetchFlags, terminal: Terminal): Promise<void> => {
  if (flags.list) return list(flags.json, terminal);
  if (name === undefined) throw usageError("fluxion fetch", "there is no name", { hint: "see --list" });
  const { mirror, cache: cacheDir, revision } = flags;
  const { show, stop } = bars(terminal);
  try {
    const fetched = await orThrow(fetchFiles(name, { mirror, cacheDir, revision, onProgress: show }));
    terminal.write(flags.json ? `${JSON.stringify({ name, ...fetched })}\n` : `${fetched.folder}\n`);
  } finally {
    stop();
  }
};
