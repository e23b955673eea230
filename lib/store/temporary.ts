/**
 * @file Names of temporary files and folders that tell who made them, so that what a killed process left is found, and what another
 * process is at work on is left alone: `BASE-HOST-PID-RANDOM`.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const named = (host: string): string => host.replaceAll(/[^\w.]/g, "_");
const HOST = named(hostname());
const DAY_MS = 24 * 60 * 60 * 1000;

/** Those that were made here: the clock of a file system may be behind, so that what they name looks older than this process. */
const made = new Set<string>();

/** A name or path that no other call makes. */
export const temporaryName = (base: string): string => {
  const owner = `${HOST}-${process.pid}-${randomBytes(4).toString("hex")}`;
  made.add(owner);
  return `${base}-${owner}`;
};

/** When a file or folder, or a file in that folder, was last written, in milliseconds; never, when its process removes it just now. */
const touchedAt = (path: string): number => {
  try {
    const info = statSync(path);
    const inside = info.isDirectory() ? readdirSync(path).map((name) => statSync(join(path, name)).mtimeMs) : [];
    return Math.max(info.mtimeMs, ...inside);
  } catch {
    return Infinity;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH"; // EPERM: it is another user's
  }
};

/**
 * Of a process of this machine it is known whether it runs. The number of this very process may have been another's before, as it
 * often is in containers; then the file is older than the process. Of other machines only the time since the last write is known.
 */
const isAbandoned = (owner: string, touchedMs: number): boolean => {
  if (made.has(owner)) return false;
  const [, host, digits] = /^(.+)-(\d+)-[0-9a-f]{8}$/.exec(owner) ?? [];
  const pid = Number(digits);
  if (host !== HOST) return touchedMs < Date.now() - DAY_MS;
  return pid === process.pid ? touchedMs < Date.now() - 1000 * process.uptime() : !isAlive(pid);
};

/** Paths in `dir` that `temporaryName(base)` made, and whether their processes are gone. */
const madeIn = (dir: string, base: string): { readonly path: string; readonly abandoned: boolean }[] =>
  readdirSync(dir)
    .filter((name) => name.startsWith(`${base}-`))
    .map((name) => {
      const path = join(dir, name);
      return { path, abandoned: isAbandoned(name.slice(base.length + 1), touchedAt(path)) };
    });

/** Paths in `dir` that `temporaryName(base)` made in processes that are gone. */
export const abandonedIn = (dir: string, base: string): string[] =>
  madeIn(dir, base).flatMap(({ path, abandoned }) => (abandoned ? [path] : []));

/** Paths in `dir` that `temporaryName(base)` made in processes that are at work, besides `own`. */
export const othersIn = (dir: string, base: string, own: string): string[] =>
  madeIn(dir, base).flatMap(({ path, abandoned }) => (abandoned || path === own ? [] : [path]));

/** The process that made a path, and its machine as names have it: `named` leaves no hyphen in it. */
export interface Maker {
  readonly host: string;
  readonly pid: number;
}

/** Who made a path by `temporaryName`. */
export const makerOf = (path: string): Maker => {
  const [, host = "", pid] = /-([^-]+)-(\d+)-[0-9a-f]{8}$/.exec(path) ?? [];
  return { host, pid: Number(pid) };
};

/** Paths in `dir` that `temporaryName(base)` made on another machine. */
export const marksOf = (dir: string, base: string, host: string): string[] => {
  if (named(host) === HOST) return [];
  return readdirSync(dir).flatMap((name) => (name.startsWith(`${base}-${named(host)}-`) ? [join(dir, name)] : []));
};
