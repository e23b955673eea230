/** @file A local HTTP server that behaves as well or as badly as a test wants. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Path and range of every request so far. */
  readonly requests: string[];
}

/** Serves until it is disposed; `handler` is told the number of the request, from 0. */
export const serve = async (
  handler: (request: IncomingMessage, response: ServerResponse, n: number) => void,
): Promise<TestServer> => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.url, request.headers.range].filter((part) => part !== undefined).join(" "));
    handler(request, response, requests.length - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Behaviour {
  /** Breaks the connection off after this many bytes of the body. */
  readonly breakAfter?: number;
  /** How many bytes the client has; with it the connection does not break before these have arrived, as slow as the client may be. */
  readonly arrived?: () => number;
  readonly ignoreRange?: boolean;
  readonly etag?: string;
  readonly headers?: Record<string, string>;
}

/** Answers with `bytes`, or with the range that is asked for if it is of this version. */
export const sendBytes = (
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  { breakAfter, arrived = () => Infinity, ignoreRange = false, etag = '"v1"', headers = {} }: Behaviour = {},
): void => {
  const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const ranged = !ignoreRange && wanted !== undefined && request.headers["if-range"] === etag;
  const start = ranged ? Number(wanted) : 0;
  if (start >= bytes.length && ranged) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const body = bytes.subarray(start);
  const range = { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(ranged ? 206 : 200, {
    etag,
    "content-length": body.length,
    ...(ranged ? range : {}),
    ...headers,
  });
  if (breakAfter === undefined) return void response.end(body);
  const sent = Math.min(start + breakAfter, bytes.length);
  const breakOff = (): unknown => (arrived() < sent ? setTimeout(breakOff, 5) : response.destroy());
  response.write(body.subarray(0, breakAfter), () => setTimeout(breakOff, 20));
};
