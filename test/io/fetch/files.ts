/** @file A local server of files, caches to fetch them into, and the two ways that a fetch can end. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { strToU8 } from "fflate";
import * as E from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { type DownloadError, isFluxionError } from "../../../lib/core/errors.js";
import { CALLER } from "../../../lib/io/fetch/content.js";
import type { DataFile, DataSource } from "../../../lib/io/fetch/data-sets.js";
import { type Fetched, type FetchOptions, fetchSource } from "../../../lib/io/fetch/fetch.js";
import { attempt } from "../../../lib/store/files.js";
import { temporaryFolder } from "../folder.js";
import { sendBytes, serve, type TestServer } from "./server.js";

export type Files = Readonly<Record<string, string | Uint8Array>>;

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? strToU8(content) : content;

/** A server of files by their path, the rest is 404. */
export const serveFiles = (files: Files): Promise<TestServer> =>
  serve((request, response) => {
    const content = files[decodeURIComponent(request.url ?? "")];
    if (content === undefined) response.writeHead(404).end();
    else sendBytes(request, response, bytesOf(content));
  });

export const below = (base: string, files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${base}/${name}`, content]));

/** Paths of caches that are not there yet, which are removed after the suite. */
export const cachesOf = (suite: Test): (() => string) => {
  const root = temporaryFolder(suite);
  let next = 0;
  return () => {
    mkdirSync(root, { recursive: true });
    return join(root, `${next++}`);
  };
};

/** Fetches without long waits, for what comes and for what is refused. */
export const fetching = <A>(fetch: (what: A, options: FetchOptions) => TaskEither<DownloadError, Fetched>) => {
  const fetchNow = (what: A, options: FetchOptions) => fetch(what, { delayMs: 1, retries: 1, ...options })();
  const refused = async (what: A, options: FetchOptions): Promise<DownloadError> => {
    const result = await fetchNow(what, options);
    if (E.isRight(result)) return assert.unreachable("it was fetched") as never;
    assert.ok(isFluxionError(result.left, "DownloadError"));
    return result.left;
  };
  const refusal = async (what: A, options: FetchOptions): Promise<string> => (await refused(what, options)).message;
  return { fetchNow, refused, refusal };
};

/** An address at which nothing is: tests name a mirror. */
export const ORIGIN = "http://origin.invalid";

/** A data set of these files. */
export const dataSet = (name: string, files: readonly DataFile[]): DataSource => ({
  kind: "data",
  ...{ name, folder: "data/sets", licence: `terms of ${name}`, files },
});

/** Fetches data sets that have no name. */
export const fetchingSets = fetching((source: DataSource, options) =>
  attempt(CALLER, "", () => fetchSource(source, options)),
);
