import { mkdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ServeFlags, serve } from "../../lib/cli/serve.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { saveTuned } from "../../lib/io/tuned.js";
import { temporaryFolder } from "../io/folder.js";
import { clientOf, talk } from "../serve/client.js";
import { somePrompt } from "../serve/model.js";
import { failure, fluxion } from "./run.js";

const Serve = suite("cli/serve");
const folder = temporaryFolder(Serve);
Serve.before(async () => {
  await savePrompt(join(folder, "cb.npy"), somePrompt(1, 4, 128));
  await savePrompt(join(folder, "rte.npy"), somePrompt(2, 6, 128));
});

const FLAGS: ServeFlags = {
  ...{ model: "assets/t5-nano", prompts: folder, executor: "tfjs", host: "127.0.0.1", port: 0 },
  ...{ maxTokens: 6, maxInputLength: 64, batchSize: 4, queue: 8, maxBodyBytes: 1000, timeout: 30, receiveTimeout: 0.4 },
};

/** Runs `work` with the address of a server, ends the server, and gives its notes. */
const served = async (
  work: (url: string) => Promise<void>,
  changes: Partial<ServeFlags> = {},
): Promise<readonly string[]> => {
  const [stop, notes]: [AbortController, string[]] = [new AbortController(), []];
  let ended = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    const unused = { watched: false, typed: false, lines: async function* () {} };
    const terminal = {
      ...unused,
      write: (text: string) => resolve(text.trim()),
      note: (line: string) => notes.push(line),
    };
    ended = serve({ ...FLAGS, ...changes }, terminal, stop.signal);
    ended.catch(reject);
  });
  try {
    await work(url);
  } finally {
    stop.abort();
    await ended;
  }
  return notes;
};

Serve("answers are those of generate with the prompt, and the server ends when it is asked to", async () => {
  const texts = ["The city of London is", "Tom washed the table."];
  const wanted = async (name: string, text: string) => {
    const args = ["--model", FLAGS.model, "--executor", "tfjs", "--max-tokens", "6", "--prompt", join(folder, name)];
    return (await fluxion(["generate", ...args, text])).out.trimEnd();
  };
  const want = [await wanted("cb.npy", texts[0]), await wanted("rte.npy", texts[1])];
  const notes = await served(async (url) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const client = clientOf(url, 4);
    const ended = await Promise.all([
      client.ask({ task: "cb", text: texts[0] }),
      client.ask({ adapter: "rte.npy", text: texts[1] }),
      client.ask({ task: "cbs", text: "x" }),
    ]);
    assert.equal(
      ended.map(({ status }) => status),
      [200, 200, 404],
    );
    assert.equal(
      ended.slice(0, 2).map(({ body }) => JSON.parse(body).text),
      want,
    );
    assert.equal(JSON.parse(ended[2].body).error, {
      what: "there is no adapter for this task",
      expected: "cb, rte",
      got: "cbs",
      hint: "did you mean cb?",
    });
    client.close();
  });
  assert.equal(notes, ["stops; 0 requests wait"]);
});

Serve("an adapter of several tasks is refused with the folder that has one for each", async () => {
  const dir = join(folder, "several");
  mkdirSync(dir);
  const settings = { name: "multitask", kind: "add", tasks: 2, length: 2 };
  const floats = (rows: number, columns: number) =>
    hostArray([rows, columns], "float32", new Float32Array(rows * columns).fill(0.1));
  await saveTuned(join(dir, "two.safetensors"), { settings, tuned: { shared: floats(2, 128), tasks: floats(2, 256) } });
  await served(
    async (url) => {
      const client = clientOf(url);
      const { status, body } = await client.ask({ task: "two", text: "the city" });
      assert.is(status, 500);
      const { hint, ...error } = JSON.parse(body).error;
      assert.equal(error, {
        what: "the adapter is of 2 tasks",
        expected: "an adapter of one task",
        at: "two.safetensors",
      });
      assert.match(hint, "the folder tasks of its run has an adapter for each task");
      client.close();
    },
    { prompts: dir },
  );
});

Serve("an adapter with NaN in it is refused", async () => {
  const dir = join(folder, "nan");
  mkdirSync(dir);
  const prompt = hostArray([2, 128], "float32", new Float32Array(256).fill(Number.NaN));
  const settings = { name: "prompt", length: 2, position: "before" };
  await saveTuned(join(dir, "cb.safetensors"), { settings, tuned: { prompt } });
  await served(
    async (url) => {
      const client = clientOf(url);
      const { status, body } = await client.ask({ task: "cb", text: "the city" });
      assert.is(status, 500);
      assert.is(JSON.parse(body).error.expected, "finite numbers");
      client.close();
    },
    { prompts: dir },
  );
});

const POST = "POST /answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

Serve(
  "requests that are slow, endless or not HTTP are refused with a reason, and others are answered meanwhile",
  async () => {
    await served(async (url) => {
      const letters = [..."Content-Length: 50\r\n\r\n", ...'{"task":"cb","text":"so slow"}'];
      const [slow, header, other] = await Promise.all([
        talk(url, [POST, ...letters], 15, 5000),
        talk(url, ["POST /answer HTT"], 1, 5000),
        talk(url, ["this is not HTTP\r\n\r\n"], 1, 5000),
      ]);
      for (const got of [slow, header]) assert.match(got, /^HTTP\/1.1 408 [\s\S]*"the request was not sent in time"/);
      assert.match(other, /^HTTP\/1.1 400 [\s\S]*"not a request of HTTP"/);
      const chunk = `400\r\n${"x".repeat(1024)}\r\n`;
      for (const pieces of [
        [`${POST}Content-Length: 1000000000\r\n\r\n{`],
        [`${POST}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk, chunk],
      ])
        assert.match(await talk(url, pieces, 5, 300), /^HTTP\/1.1 413 [\s\S]*at most 1000 bytes/);
      assert.match(await talk(url, [`GET / HTTP/1.1\r\nA: ${"x".repeat(40_000)}\r\n\r\n`], 1, 300), /^HTTP\/1.1 431 /);
      const client = clientOf(url);
      assert.is((await client.ask({ task: "cb", text: "the city" })).status, 200);
      client.close();
    });
  },
);

Serve("it listens on loopback only, unless a host is given", async () => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === "IPv4");
  const from = (url: string): string => url.replace("127.0.0.1", outside?.address ?? "127.0.0.2");
  await served(async (url) => {
    const client = clientOf(from(url));
    assert.is((await client.get("/health")).code, "ECONNREFUSED");
    client.close();
    const { port } = new URL(url);
    assert.match(await failureOf({ port: Number(port) }), /EADDRINUSE[\s\S]*--port 0/);
  });
  await served(
    async (url) => {
      const client = clientOf(url.replace("0.0.0.0", "127.0.0.2"));
      assert.is((await client.get("/health")).status, 200);
      client.close();
    },
    { host: "0.0.0.0" },
  );
});

/** The message of the error with which a server does not start. */
const failureOf = (changes: Partial<ServeFlags>): Promise<string> =>
  served(async () => undefined, changes).then(
    () => "it started",
    (error: unknown) => (isFluxionError(error) ? error.message : String(error)),
  );

Serve("options that make no sense are refused before anything is read", async () => {
  assert.match(await failure("serve", "--model", "x"), /required option '--prompts <dir>'/);
  assert.match(await failure("serve", "--prompts", "x"), /required option '--model <dir>'/);
  assert.match(await failure("serve", "--model", "x", "--prompts", "x", "--port", "70000"), /--port <n>: not a port/);
  assert.match(await failure("serve", "--model", "x", "--prompts", "x", "--timeout", "0"), /not a number of seconds/);
  assert.match(await failureOf({ maxInputLength: 1 }), /no room for a text/);
  assert.match(
    await failureOf({ prompts: join(folder, "absent") }),
    /--prompts <dir>: there is no such file or folder/,
  );
  assert.match(await failureOf({ host: "256.1.1.1" }), /fluxion serve: .*256\.1\.1\.1/);
});

Serve.run();
