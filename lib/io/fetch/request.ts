/** @file One HTTP request for a file or the rest of one: redirects, and what the servers on the way say about the file. */
import { DownloadError } from "../../core/errors.js";

/** Something that may go well the next time. */
export class Transient extends Error {
  constructor(
    message: string,
    readonly options: {
      readonly cause?: unknown;
      readonly waitMs?: number | undefined;
      readonly damaged?: boolean;
      /** What it would have been, where the message tells what there is. */
      readonly expected?: string;
      readonly unreachable?: boolean;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/** What is known of a file before its bytes. */
export interface Declared {
  /** Size of the whole file in bytes. */
  readonly size: number | undefined;
  readonly sha256: string | undefined;
  /** What Git calls its bytes: the SHA-1 of `blob SIZE\0` and them. */
  readonly gitBlob: string | undefined;
  /** What `If-Range` may hold, so that the rest of another version is not appended. */
  readonly validator: string | undefined;
}
export interface Answer {
  readonly status: 200 | 206 | 416;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Where the body begins in the file. */
  readonly start: number;
  readonly declared: Declared;
}

const MOST_REDIRECTS = 10;
const LONGEST_WAIT_MS = 60_000;

/** The reason under a failed `fetch`, which itself only says "fetch failed". */
const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
};

/** Awaits the network; what it throws can be tried again. */
export const overNetwork = async <A>(operation: Promise<A>): Promise<A> => {
  try {
    return await operation;
  } catch (cause) {
    throw new Transient(`no connection (${reasonOf(cause)})`, { cause, unreachable: true });
  }
};

const refused = (url: string, response: Response): DownloadError => {
  const { status, statusText } = response;
  const hints: Readonly<Record<number, string>> = {
    401: "the repository is private or does not exist",
    403: "the server does not give this file to everyone; load it in a browser",
    404: "the server has no such file; check the name, the revision and the mirror",
  };
  return new DownloadError({
    where: "fetchFiles",
    what: "the server does not give the file",
    expected: "status 200",
    got: `status ${status} ${statusText}`.trim(),
    at: url,
    hint: hints[status],
  });
};

/** The number in a header, if it is one. */
const count = (text: string | null | undefined): number | undefined =>
  text !== null && text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** Hugging Face's entity tag of a large file is its SHA-256, that of a small one what Git calls it. */
const digestIn = (etag: string | null, digits: 40 | 64): string | undefined =>
  new RegExp(`^(?:W/)?"?([0-9a-f]{${digits}})"?$`).exec(etag ?? "")?.[1];

const waitOf = (response: Response): number | undefined => {
  const seconds = count(response.headers.get("retry-after"));
  return seconds === undefined ? undefined : Math.min(1000 * seconds, LONGEST_WAIT_MS);
};

const rangeOf = (response: Response): { start: number; total: number | undefined } => {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  return { start: Number(match?.[1] ?? -1), total: count(match?.[2]) };
};

const validatorIn = (headers: Headers): string | undefined => {
  const etag = headers.get("etag");
  return etag?.startsWith('"') === true ? etag : (headers.get("last-modified") ?? undefined);
};

/** What answers on the way said: of a large file, in the one that points to its storage, and whether it is in a repository of Hugging Face. */
interface Hops {
  linked?: Headers;
  inRepository: boolean;
}

const answerOf = (response: Response, { linked, inRepository }: Hops, have: number): Answer => {
  const { status, body, headers } = response;
  const range = rangeOf(response);
  const start = status === 206 ? range.start : 0;
  // Of what a proxy has compressed, although it was asked not to, lengths and ranges are those of the compressed bytes.
  const encoded = (headers.get("content-encoding") ?? "identity") !== "identity";
  if (status === 206 && (start !== have || encoded))
    throw new Transient(`the server sent another part, from byte ${start}`, { damaged: true });
  const length = encoded ? undefined : count(headers.get("content-length"));
  const whole = status === 200 ? length : range.total;
  const etag = headers.get("etag");
  return {
    status: status as Answer["status"],
    body,
    start,
    declared: {
      size: count(linked?.get("x-linked-size")) ?? count(headers.get("x-linked-size")) ?? whole,
      sha256: digestIn(linked?.get("x-linked-etag") ?? headers.get("x-linked-etag") ?? etag, 64),
      gitBlob: inRepository ? digestIn(etag, 40) : undefined,
      validator: encoded ? undefined : validatorIn(headers),
    },
  };
};

/**
 * Asks for the bytes of a file from `have` on.
 *
 * @throws {Transient} when a later try may go well
 * @throws {DownloadError} when it may not
 */
export const ask = async (
  url: string,
  have: number,
  validator: string | undefined,
  signal: AbortSignal,
): Promise<Answer> => {
  const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "fluxion" };
  if (have > 0 && validator !== undefined) Object.assign(headers, { range: `bytes=${have}-`, "if-range": validator });
  const hops: Hops = { inRepository: false };
  let at = url;
  for (let i = 0; i <= MOST_REDIRECTS; i++) {
    const response = await overNetwork(fetch(at, { headers, signal, redirect: "manual" }));
    const location = response.headers.get("location");
    hops.inRepository ||= response.headers.has("x-repo-commit");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      if (response.headers.has("x-linked-etag") || response.headers.has("x-linked-size"))
        hops.linked = response.headers;
      await response.body?.cancel();
      at = new URL(location, at).href;
      continue;
    }
    if ([200, 206, 416].includes(response.status)) return answerOf(response, hops, have);
    await response.body?.cancel();
    if (response.status === 408 || response.status === 429 || response.status >= 500) {
      throw new Transient(`status ${response.status} ${response.statusText}`.trim(), { waitMs: waitOf(response) });
    }
    throw refused(at, response);
  }
  throw new DownloadError({
    where: "fetchFiles",
    what: "the server redirects without end",
    expected: `at most ${MOST_REDIRECTS} redirects`,
    at: url,
  });
};
