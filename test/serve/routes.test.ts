import { suite } from "uvu";
import * as assert from "uvu/assert";
import { metrics } from "../../lib/serve/metrics.js";
import { batchQueue } from "../../lib/serve/queue.js";
import { refusal } from "../../lib/serve/refusal.js";
import type { Question, Reply } from "../../lib/serve/responder.js";
import { routes } from "../../lib/serve/routes.js";

const Routes = suite("serve/routes");

/** Routes that answer with the question; the text `fail` has a fault, `absent` an adapter that is not there. */
const opened = ({ limit = 10, timeout = 60_000, delay = 0 } = {}) => {
  const [asked, notes, counted]: [Question[], string[], ReturnType<typeof metrics>] = [[], [], metrics()];
  const queue = batchQueue<Question, Reply>({
    ...{ batchSize: 2, limit, timeout, linger: 0 },
    answer: async (batch) => {
      counted.batch(batch.length);
      asked.push(...batch);
      await new Promise((resolve) => setTimeout(resolve, delay));
      return batch.map((question) => {
        if (question.text === "fail") return { error: new Error("a fault with /a/path") };
        if (question.text === "absent")
          return { error: refusal("unknown", "no such adapter", { hint: "did you mean cb?" }) };
        return { value: { text: question.text, ids: [1], score: -1, adapter: "cb.npy", cut: false } };
      });
    },
  });
  const note = (line: string) => notes.push(line);
  const app = routes({ queue, metrics: counted, adapters: () => 3, maxBodyBytes: 200, note });
  return { app, queue, asked, notes };
};
type App = ReturnType<typeof opened>["app"];

const JSON_TYPE = { "content-type": "application/json" };
const post = (app: App, body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE, signal?: AbortSignal) =>
  app.request("/answer", { method: "POST", body: body as string, headers, ...(signal && { signal }) });
const ask = (app: App, body: object, signal?: AbortSignal) => post(app, JSON.stringify(body), JSON_TYPE, signal);

/** The status of a response and the parts of its error, in one line. */
const errorOf = async (response: Response): Promise<string> => {
  assert.is(response.headers.get("content-type"), "application/json");
  const { error } = (await response.json()) as { error: Record<string, string> };
  return [response.status, error.what, error.expected, error.got, error.at, error.hint].join(" | ");
};

Routes("a question by task or by adapter is answered", async () => {
  const { app, asked } = opened();
  const response = await ask(app, { task: "cb", text: "hello" });
  assert.is(response.status, 200);
  assert.equal(await response.json(), { text: "hello", ids: [1], score: -1, adapter: "cb.npy", cut: false });
  await ask(app, { adapter: "cb.npy", text: "" });
  await post(app, '{"task":"cb","text":"x"}', { "content-type": "Application/JSON; charset=utf-8" });
  assert.equal(asked, [
    { wanted: { task: "cb" }, text: "hello" },
    { wanted: { adapter: "cb.npy" }, text: "" },
    { wanted: { task: "cb" }, text: "x" },
  ]);
});

Routes("what is not a question is refused, and says what is wrong", async () => {
  const { app, asked } = opened();
  const refused = async (body: string | Uint8Array) => errorOf(await post(app, body));
  assert.match(await refused("{"), /^400 \| the body is not JSON in UTF-8 \| \{ "task": NAME/);
  assert.match(await refused(""), /^400 \| the body is not JSON/);
  assert.match(await refused(new Uint8Array([0x22, 0xff, 0x22])), /^400 \| the body is not JSON in UTF-8/);
  assert.match(await refused("[]"), /^400 \| not a valid request/);
  assert.match(await refused("null"), /^400 \| not a valid request/);
  assert.match(await refused('{"task":"cb"}'), /^400 \| not a valid request \| string \| nothing \| body: text/);
  assert.match(await refused('{"task":1,"text":"x"}'), /^400 \| .*string \| 1 \| body: task/);
  assert.match(await refused('{"task":"cb","text":"x","beams":4}'), /^400 \| .*only the keys task, adapter, text/);
  assert.match(await refused('{"text":"x"}'), /^400 \| it is not clear which adapter.*neither task nor adapter/);
  assert.match(await refused('{"task":"cb","adapter":"cb","text":"x"}'), /^400 \| .*both task and adapter/);
  assert.match(await refused('{"__proto__":{"task":"cb"},"text":"x"}'), /^400/);
  assert.equal(asked, []);
});

Routes("other types, larger bodies, other methods and other paths are refused", async () => {
  const { app, asked } = opened();
  const body = JSON.stringify({ task: "cb", text: "x" });
  assert.match(
    await errorOf(await post(app, body, { "content-type": "text/plain" })),
    /^415 \| .*application\/json.*text\/plain/,
  );
  assert.match(await errorOf(await post(app, body, { "content-type": "application/jsonp" })), /^415/);
  assert.match(await errorOf(await post(app, body, { ...JSON_TYPE, "content-encoding": "gzip" })), /^415 \| .*gzip/);
  const large = JSON.stringify({ task: "cb", text: "x".repeat(300) });
  assert.match(await errorOf(await post(app, large)), /^413 \| the body is too large \| at most 200 bytes/);
  const pieces = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(64))),
  });
  const chunked = { method: "POST", body: pieces, headers: JSON_TYPE, duplex: "half" } as RequestInit;
  assert.match(await errorOf(await app.request("/answer", chunked)), /^413/);
  const got = await app.request("/answer");
  assert.is(got.headers.get("allow"), "POST");
  assert.match(await errorOf(got), /^405 \| .* \| POST \| GET/);
  assert.match(await errorOf(await app.request("/health", { method: "POST" })), /^405/);
  for (const path of ["/", "/answer/", "/../package.json", "/%2e%2e/package.json", "/prompts/p0.npy"])
    assert.match(await errorOf(await app.request(path)), /^404 \| there is no such path/, path);
  assert.equal(asked, []);
});

Routes("errors of answering have their status, and faults show nothing of the inside", async () => {
  const { app, notes } = opened();
  assert.match(
    await errorOf(await ask(app, { task: "x", text: "absent" })),
    /^404 \| no such adapter .*did you mean cb\?/,
  );
  assert.is(
    await errorOf(await ask(app, { task: "x", text: "fail" })),
    "500 | the server has failed at this request |  |  |  | ",
  );
  assert.equal(notes, ["/answer: a fault with /a/path"]);
});

Routes("a full queue, a late answer and a cancelled request have their status", async () => {
  const { app } = opened({ limit: 2, delay: 30 });
  const responses = await Promise.all([1, 2, 3].map(() => ask(app, { task: "cb", text: "x" })));
  assert.equal(
    responses.map(({ status }) => status),
    [200, 200, 503],
  );
  assert.is(responses[2].headers.get("retry-after"), "1");
  const slow = opened({ timeout: 10, delay: 60 }).app;
  assert.match(await errorOf(await ask(slow, { task: "cb", text: "x" })), /^504 \| there was no answer in time/);
  const controller = new AbortController();
  const asked = ask(app, { task: "cb", text: "x" }, controller.signal);
  setTimeout(() => controller.abort(), 5);
  assert.is((await asked).status, 499);
});

Routes("health and metrics tell what is going on, also when the server is shutting down", async () => {
  const { app, queue } = opened();
  assert.equal(await (await app.request("/health")).json(), { status: "ok" });
  await Promise.all([1, 2, 3].map(() => ask(app, { task: "cb", text: "x" })));
  await post(app, "{");
  const told = await app.request("/metrics");
  assert.is(told.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const lines = (await told.text()).split("\n");
  for (const line of [
    "# TYPE fluxion_requests_total counter",
    'fluxion_requests_total{status="200"} 3',
    'fluxion_requests_total{status="400"} 1',
    "fluxion_request_seconds_count 4",
    "fluxion_batches_total 2",
    "fluxion_batched_requests_total 3",
    "fluxion_waiting_requests 0",
    "fluxion_adapters 3",
  ])
    assert.ok(lines.includes(line), line);
  assert.ok(lines.every((line) => /^(# (HELP|TYPE) \w+ .+|\w+(\{status="\d+"\})? [\d.e+-]+|)$/.test(line)));
  await queue.close();
  const health = await app.request("/health");
  assert.equal([health.status, await health.json()], [503, { status: "stopping" }]);
  const refused = await ask(app, { task: "cb", text: "x" });
  assert.is(refused.headers.get("connection"), "close");
  assert.match(await errorOf(refused), /^503 \| the server is shutting down/);
});

Routes.run();
