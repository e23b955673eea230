/**
 * @file One file over HTTP, so that it is there whole and right or not at all.
 *
 * Bytes go to a part beside the file. After a break, also of the program, the rest is asked for by a range request; the server's `If-Range` sees
 * to it that parts of two versions are not joined. The whole file is compared with its declared size and checksum, and then renamed.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DownloadError } from "../../core/errors.js";
import type { Signal } from "../../edge/signal.js";
import { readPieces } from "../../store/open.js";
import { CALLER, insteadOfFile } from "./content.js";
import { openPart, type Part } from "./part.js";
import { type Answer, ask, overNetwork, Transient } from "./request.js";

export interface FileRequest {
  readonly url: string;
  readonly path: string;
  /** Lower-case hexadecimal, where it is known beforehand. */
  readonly sha256?: string | undefined;
}
export interface DownloadOptions {
  readonly signal?: Signal | undefined;
  /** Called as bytes arrive, with those of the file so far and, where it is known, all of them. */
  readonly onBytes?: ((done: number, total: number | undefined) => void) | undefined;
  /** Tries after the first that get no further; 4. */
  readonly retries?: number | undefined;
  /** Wait before the first of these tries, in milliseconds, doubled for each further one; 500. */
  readonly delayMs?: number | undefined;
  /** Longest silence of a server, in milliseconds; 60000. */
  readonly silenceMs?: number | undefined;
}
export interface Downloaded {
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Downloads with other bytes than declared, before it is given up. */
const MOST_DAMAGED = 2;

/** A digest of a file after `before`, in hexadecimal; the file is read in pieces. */
const digestOf = async (algorithm: "sha1" | "sha256", path: string, before = ""): Promise<string> => {
  const hash = createHash(algorithm).update(before);
  for await (const piece of readPieces(path, CALLER)) hash.update(piece);
  return hash.digest("hex");
};

/** SHA-256 of a file. */
export const hashFile = (path: string): Promise<string> => digestOf("sha256", path);

/** A signal that fires when the caller's does, or when `alive` has not been called for a while. (`AbortSignal.any` needs Node 20.3.) */
const watch = (ms: number, outer: Signal | undefined) => {
  const either = new AbortController();
  const timer = setTimeout(() => either.abort(new Error(`no byte for ${ms / 1000} s`)), ms);
  const interrupt = (): void => either.abort(outer?.reason);
  if (outer?.aborted === true) interrupt();
  outer?.addEventListener("abort", interrupt);
  return {
    signal: either.signal,
    alive: () => void timer.refresh(),
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      outer?.removeEventListener("abort", interrupt);
    },
  };
};

type OnChunk = (bytes: number) => void;

const writeBody = async (file: FileHandle, { body, start, declared }: Answer, onChunk: OnChunk): Promise<void> => {
  let done = start;
  if (body !== null) {
    const reader = body.getReader();
    try {
      for (;;) {
        const { done: ended, value } = await overNetwork(reader.read());
        if (ended) break;
        await file.writeFile(value);
        done += value.length;
        if (done > (declared.size ?? Infinity)) {
          throw new Transient(`more bytes than the ${declared.size} declared`, { damaged: true });
        }
        onChunk(done);
      }
    } finally {
      await reader.cancel().catch(() => undefined); // a body that broke off cannot be cancelled
    }
  }
  await file.sync();
  if (declared.size !== undefined && done < declared.size)
    throw new Transient(`it ended after ${done} of ${declared.size} bytes`);
};

/** Compares the whole part with what is known of the file, and gives it its name. */
const finish = async (part: Part, { url, sha256 }: FileRequest, { declared }: Answer): Promise<Downloaded> => {
  const instead = await insteadOfFile(part.bytes, url);
  if (instead !== undefined) {
    // Else the next download would go on with it.
    await rm(part.bytes, { force: true });
    throw instead;
  }
  const expected = sha256 ?? declared.sha256;
  const found = await hashFile(part.bytes);
  if (expected !== undefined && found !== expected) {
    throw new Transient(`bytes with SHA-256 ${found} instead of ${expected}`, { damaged: true });
  }
  const size = await part.size();
  if (sha256 === undefined && declared.gitBlob !== undefined) {
    const blob = await digestOf("sha1", part.bytes, `blob ${size}\0`);
    if (blob !== declared.gitBlob) {
      throw new Transient(`bytes that Git calls ${blob} instead of ${declared.gitBlob}`, { damaged: true });
    }
  }
  await part.finish();
  return { size, sha256: found };
};

const tryOnce = async (
  part: Part,
  request: FileRequest,
  { signal, onBytes, silenceMs = 60_000 }: DownloadOptions,
): Promise<Downloaded> => {
  const { url } = request;
  const validator = await part.validator(url);
  const have = validator === undefined ? 0 : await part.size();
  using watched = watch(silenceMs, signal);
  const answer = await ask(url, have, validator, watched.signal);
  if (answer.status === 416) {
    await answer.body?.cancel();
    if (have > 0 && have === answer.declared.size) return finish(part, request, answer);
    throw new Transient(`it has no more than ${have} bytes there`, { damaged: true });
  }
  await part.describe({ url, validator: answer.declared.validator });
  {
    await using file = await open(part.bytes, answer.start === 0 ? "w" : "a");
    await writeBody(file, answer, (done) => {
      watched.alive();
      onBytes?.(done, answer.declared.size);
    });
  }
  return finish(part, request, answer);
};

const interrupted = ({ url }: FileRequest, cause: unknown): DownloadError =>
  new DownloadError(
    {
      where: "fetchFiles",
      what: "the download was interrupted",
      at: url,
      hint: "run it again to go on where it stopped",
    },
    { cause },
  );

/** What to do where a proxy is set: `fetch` of Node uses it from version 22.21 and 24 on, and only when it is configured to. */
const unusedProxy = (): string | undefined => {
  const { env } = process;
  const name = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].find((key) => env[key]);
  return name === undefined || env.NODE_USE_ENV_PROXY === "1"
    ? undefined
    : `${name} is set, but Node does not use it by itself: set NODE_USE_ENV_PROXY=1 (Node 22.21 or 24, or later), or name a mirror that is reached without`;
};

const givenUp = ({ url, sha256 }: FileRequest, tries: number, cause: Transient): DownloadError => {
  const damaged = cause.options.damaged === true;
  const changed = "the file may have changed since it was fetched first; fluxion-lock.json has its checksum of then";
  const proxy = cause.options.unreachable === true ? unusedProxy() : undefined;
  const hint =
    damaged && sha256 !== undefined ? changed : (proxy ?? "check the connection, try later, or name a mirror");
  return new DownloadError(
    {
      where: "fetchFiles",
      what: damaged ? "the server gives other bytes than declared" : "the file could not be fetched",
      got: `${cause.message}, after ${tries} tries`,
      at: url,
      hint,
    },
    { cause },
  );
};

const persist = async (part: Part, request: FileRequest, options: DownloadOptions): Promise<Downloaded> => {
  const { signal, retries = 4, delayMs = 500 } = options;
  let furthest = 0;
  let damaged = 0;
  let fruitless = 0;
  for (let tries = 1; ; tries++) {
    try {
      return await tryOnce(part, request, options);
    } catch (cause) {
      if (signal?.aborted === true) throw interrupted(request, cause);
      if (!(cause instanceof Transient)) throw cause;
      const { damaged: isDamaged = false, waitMs } = cause.options;
      if (isDamaged) {
        damaged += 1;
        await rm(part.bytes, { force: true });
      }
      const have = await part.size();
      fruitless = have > furthest ? 0 : fruitless + 1;
      furthest = Math.max(furthest, have);
      if (fruitless > retries || damaged >= MOST_DAMAGED) throw givenUp(request, tries, cause);
      try {
        const wait = waitMs ?? delayMs * 2 ** Math.max(0, fruitless - 1);
        // Node looks at what a `Signal` has, no more.
        await sleep(wait, undefined, { signal: signal as AbortSignal | undefined });
      } catch (aborted) {
        throw interrupted(request, aborted);
      }
    }
  }
};

/**
 * Downloads a file to its path; a part that is there from an earlier time is continued.
 *
 * @throws {DownloadError} when the server refuses, cannot be reached, breaks off again and again, or gives other bytes than declared
 */
export const download = async (request: FileRequest, options: DownloadOptions = {}): Promise<Downloaded> => {
  const part = await openPart(request.path);
  try {
    return await persist(part, request, options);
  } catch (error) {
    await part.release();
    throw error;
  }
};
