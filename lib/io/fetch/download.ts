/**
 * @file One file over HTTP, so that it is there whole and right or not at all.
 *
 * Bytes go to a part beside the file. After a break, also of the program, the rest is asked for by a range request; the server's `If-Range` sees
 * to it that parts of two versions are not joined. The whole file is compared with its declared size and checksum, and then renamed.
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DownloadError } from "../../core/errors.js";
import type { Signal } from "../../edge/signal.js";
import { insteadOfFile } from "./content.js";
import { openPart, type Part } from "./part.js";
import { type Answer, ask, overNetwork, Transient } from "./request.js";
import { differenceOf, type Found, gitBlobOf, type Sums, sumsOf } from "./sums.js";

/** A file with what is known of it beforehand. */
export interface FileRequest extends Sums {
  readonly url: string;
  readonly path: string;
  /** What to do when the server gives other bytes than those known. */
  readonly remedy?: string | undefined;
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

/** Downloads with other bytes than declared, before it is given up. */
const MOST_DAMAGED = 2;

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

const differs = (expected: string, got: string): Transient => new Transient(got, { damaged: true, expected });

/** Tells a file of another size than the known one before all of it has arrived. */
const checkSize = (known: number | undefined, declared: number | undefined, done: number): void => {
  if (known === undefined) return;
  if (declared !== undefined && declared !== known) throw differs(`${known} bytes`, `${declared} bytes`);
  if (done > known) throw differs(`${known} bytes`, `${done} bytes or more`);
};

const writeBody = async (
  file: FileHandle,
  { body, start, declared }: Answer,
  known: number | undefined,
  onChunk: OnChunk,
): Promise<void> => {
  let done = start;
  if (body !== null) {
    const reader = body.getReader();
    try {
      for (;;) {
        const { done: ended, value } = await overNetwork(reader.read());
        if (ended) break;
        await file.writeFile(value);
        done += value.length;
        checkSize(known, declared.size, done);
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

/** Refuses a part that is a page or a pointer, and deletes it, since the next download would go on with it. */
const refuseInstead = async (part: Part, url: string): Promise<void> => {
  if ((await part.size()) === 0) return;
  const instead = await insteadOfFile(part.bytes, url);
  if (instead === undefined) return;
  await rm(part.bytes, { force: true });
  throw instead;
};

/** Compares the whole part with what is known of the file, and gives it its name. */
const finish = async (part: Part, request: FileRequest, { declared }: Answer): Promise<Found> => {
  await refuseInstead(part, request.url);
  const { size, sha256, md5 } = request;
  const found = await sumsOf(part.bytes, md5 !== undefined);
  const difference = differenceOf({ size, sha256: sha256 ?? declared.sha256, md5 }, found);
  if (difference !== undefined) throw differs(difference.expected, difference.got);
  if (sha256 === undefined && declared.gitBlob !== undefined) {
    const blob = await gitBlobOf(part.bytes, found.size);
    if (blob !== declared.gitBlob) throw differs(`what Git calls ${declared.gitBlob}`, `what Git calls ${blob}`);
  }
  await part.finish();
  return found;
};

const tryOnce = async (
  part: Part,
  request: FileRequest,
  { signal, onBytes, silenceMs = 60_000 }: DownloadOptions,
): Promise<Found> => {
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
    await writeBody(file, answer, request.size, (done) => {
      watched.alive();
      onBytes?.(done, answer.declared.size ?? request.size);
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

const givenUp = ({ url, remedy }: FileRequest, tries: number, cause: Transient): DownloadError => {
  const { damaged, unreachable, expected } = cause.options;
  const recorded = expected === undefined ? undefined : remedy;
  const other = `the server gives other bytes than ${recorded === undefined ? "declared" : "recorded"}`;
  const proxy = unreachable === true ? unusedProxy() : undefined;
  return new DownloadError(
    {
      where: "fetchFiles",
      what: damaged === true ? other : "the file could not be fetched",
      expected,
      got: `${cause.message}, after ${tries} tries`,
      at: url,
      hint: recorded ?? proxy ?? "check the connection, try later, or name a mirror",
    },
    { cause },
  );
};

const persist = async (part: Part, request: FileRequest, options: DownloadOptions): Promise<Found> => {
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
        await refuseInstead(part, request.url);
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
export const download = async (request: FileRequest, options: DownloadOptions = {}): Promise<Found> => {
  const part = await openPart(request.path);
  try {
    return await persist(part, request, options);
  } catch (error) {
    await part.release();
    throw error;
  }
};
