/** @file The routes of the server, as a function from requests to responses; no sockets. */
import * as E from "fp-ts/lib/Either.js";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as t from "io-ts";
import { DataError } from "../core/errors.js";
import { closed, decodeAs, optional } from "../edge/decode.js";
import type { Wanted } from "./adapter-folder.js";
import type { Metrics } from "./metrics.js";
import type { BatchQueue } from "./queue.js";
import { type Refusal, refusal, refusalOf, STATUS } from "./refusal.js";
import type { Question, Reply } from "./responder.js";

export interface RoutesOptions {
  readonly queue: BatchQueue<Question, Reply>;
  readonly metrics: Metrics;
  /** How many adapters are kept in memory. */
  readonly adapters: () => number;
  /** Most bytes of the body of a request. */
  readonly maxBodyBytes: number;
  /** Is called with errors that are not those of requests. */
  readonly note: (line: string) => void;
}

const caller = { where: "the body", error: DataError };
const Body = closed({ task: optional(t.string), adapter: optional(t.string), text: t.string }, "request");
const FORM = '{ "task": NAME, "text": TEXT } or { "adapter": FILE, "text": TEXT }';

/** The question in a body. @throws {Refusal} `malformed` for what is none */
const questionIn = (bytes: ArrayBuffer): Question => {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw refusal("malformed", "the body is not JSON in UTF-8", { expected: FORM, got: (error as Error).message });
  }
  const decoded = decodeAs(Body, caller, "body")(raw);
  if (E.isLeft(decoded)) throw refusalOf(decoded.left, "malformed");
  const { task, adapter, text } = decoded.right;
  if ((task === undefined) === (adapter === undefined)) {
    const got = task === undefined ? "neither task nor adapter" : "both task and adapter";
    throw refusal("malformed", "it is not clear which adapter is to answer", { expected: FORM, got });
  }
  return { wanted: task === undefined ? { adapter: adapter as string } : ({ task } satisfies Wanted), text };
};

/** @throws {Refusal} `type` for what is not plain JSON */
const checkType = ({ req }: Context): void => {
  const [type, encoding] = [req.header("content-type") ?? "none", req.header("content-encoding") ?? "identity"];
  const isJson = /^application\/json *(;|$)/i.test(type);
  if (isJson && encoding === "identity") return;
  throw refusal("type", "the body has another type", {
    expected: "Content-Type: application/json, without Content-Encoding",
    got: isJson ? `Content-Encoding: ${encoding}` : type,
  });
};

/** Seconds after which a client may ask again. */
const RETRY_AFTER = "1";

const responseOf = ({ reason, told: { what, expected, got, at, hint } }: Refusal): Response => {
  const headers = new Headers({ "content-type": "application/json" });
  if (STATUS[reason] === STATUS.full) headers.set("retry-after", RETRY_AFTER);
  return new Response(JSON.stringify({ error: { what, expected, got, at, hint } }), {
    status: STATUS[reason],
    headers,
  });
};

const POSTED = "/answer";

/** The status and body of `/health`: 503 when the server is shutting down, so that no more is sent to it. */
const health = ({ queue }: RoutesOptions): Response =>
  Response.json({ status: queue.closed() ? "stopping" : "ok" }, { status: queue.closed() ? STATUS.stopping : 200 });

/**
 * The routes: `POST /answer`, `GET /health` and `GET /metrics`. Errors are JSON, `{ error: { what, expected, got, at, hint } }`.
 */
export const routes = (options: RoutesOptions): Hono => {
  const { queue, metrics, adapters, maxBodyBytes, note } = options;
  const app = new Hono();
  const tooLarge = (): never => {
    throw refusal("large", "the body is too large", { expected: `at most ${maxBodyBytes} bytes` });
  };
  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    if (c.req.path === POSTED) metrics.request(c.res.status, (performance.now() - start) / 1000);
    if (queue.closed()) c.header("connection", "close");
  });
  app.post(
    POSTED,
    async (c, next) => {
      checkType(c);
      await next();
    },
    bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }),
    async (c) => c.json(await queue.ask(questionIn(await c.req.arrayBuffer()), c.req.raw.signal)),
  );
  app.get("/health", () => health(options));
  app.get("/metrics", (c) => {
    const gauges = { waiting: queue.waiting(), adapters: adapters(), residentBytes: process.memoryUsage.rss() };
    return c.text(metrics.text(gauges), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  for (const [path, allow] of [
    [POSTED, "POST"],
    ["/health", "GET, HEAD"],
    ["/metrics", "GET, HEAD"],
  ]) {
    app.all(path, (c) => {
      const response = responseOf(
        refusal("method", "not a method of this path", { expected: allow, got: c.req.method }),
      );
      response.headers.set("allow", allow);
      return response;
    });
  }
  app.notFound((c) => {
    const expected = `POST ${POSTED}, GET /health or GET /metrics`;
    return responseOf(refusal("unknown", "there is no such path", { expected, got: c.req.path }));
  });
  app.onError((error, c) => {
    const reason = c.req.raw.signal.aborted ? "cancelled" : "failed";
    const found = refusalOf(error, reason);
    if (found.reason === "failed") note([found.told.at ?? c.req.path, error.message].join(": "));
    return responseOf(found);
  });
  return app;
};
