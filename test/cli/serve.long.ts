/** @file `fluxion serve` in its own process, under the load of 32 clients. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, renameSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { saveHuggingFace } from "../../lib/io/save-huggingface.js";
import { temporaryFolder } from "../io/folder.js";
import { type Client, clientOf, type Ended } from "../serve/client.js";
import { OPTIONS, readyToServe, somePrompt, someText, writePrompts } from "../serve/model.js";

const Load = suite("cli/serve under load");
const folder = temporaryFolder(Load);
const [MODEL, PROMPTS] = [join(folder, "model"), join(folder, "prompts")];
const [CLIENTS, REQUESTS, TEXTS] = [32, 5000, 26];

let prompts: readonly HostArray[] = [];
let ready: Awaited<ReturnType<typeof readyToServe>>;
Load.before(async () => {
  prompts = await writePrompts(PROMPTS, 8);
  ready = await readyToServe(PROMPTS);
  await saveHuggingFace(MODEL, { config: ready.config, params: ready.params });
  copyFileSync("assets/t5-nano/spiece.model", join(MODEL, "spiece.model"));
});
const servers: ChildProcess[] = [];
Load.after(() => {
  // A test that failed has not stopped its server.
  for (const server of servers) server.kill("SIGKILL");
  ready.dispose();
});

/** Makes V8 collect often, so that resident memory is what the server holds and not what waits to be collected. */
const SMALL_HEAP = ["--max-old-space-size=128", "--max-semi-space-size=2"];

interface Server {
  readonly url: string;
  readonly child: ChildProcess;
  /** Sends SIGTERM; the exit code and signal. */
  readonly stop: () => Promise<readonly unknown[]>;
}

const started = async (...more: string[]): Promise<Server> => {
  const limits = ["--max-tokens", `${OPTIONS.maxTokens}`, "--max-input-length", `${OPTIONS.maxInputLength}`];
  const args = [
    "serve",
    "--model",
    MODEL,
    "--prompts",
    PROMPTS,
    "--port",
    "0",
    "--executor",
    "tfjs",
    ...limits,
    ...more,
  ];
  const child = spawn(process.execPath, [...SMALL_HEAP, "--import", "tsx", "lib/cli/fluxion.ts", ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  servers.push(child);
  const ended = once(child, "exit");
  const [line] = await once(child.stdout, "data");
  const stop = (): Promise<readonly unknown[]> => {
    child.kill("SIGTERM");
    return ended;
  };
  return { url: String(line).trim(), child, stop };
};

/** Asks `count` questions with as many clients at once as there are connections, each as soon as its last one is answered. */
const ask = async (count: number, one: (i: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, loop));
};

const residentMB = async (client: Client): Promise<number> => {
  const { body } = await client.get("/metrics");
  return Number(/^process_resident_memory_bytes (\d+)$/m.exec(body)?.[1]) / 1e6;
};

/** Requests that are to be refused, and the status that each gets; one is given up by its client. */
const refused = async (client: Client, i: number): Promise<void> => {
  const json = { "content-type": "application/json" };
  const statuses = [
    (await client.send("{", json)).status,
    (await client.send(JSON.stringify({ task: "p0", text: "x".repeat(100_000) }), json)).status,
    (await client.ask({ task: "p99", text: "the city" })).status,
  ];
  assert.equal(statuses, [400, 413, 404]);
  const controller = new AbortController();
  const ended = client.ask({ task: `p${i % 8}`, text: someText(i) }, controller.signal);
  setTimeout(() => controller.abort(), i % 7);
  const { status, code } = await ended;
  assert.ok(status === 200 || code === "ABORT_ERR", `${status} ${code}`);
};

Load(
  "5,000 requests over 8 prompts are answered as by generate alone, among bad ones, and memory stays flat",
  async () => {
    const want = prompts.map((prompt) =>
      Array.from({ length: TEXTS }, (_, i) => String(ready.alone(prompt, someText(i)))),
    );
    const { url, stop } = await started();
    const client = clientOf(url, CLIENTS);
    const wrong: string[] = [];
    const questions = async (from: number, count: number): Promise<void> =>
      ask(count, async (i) => {
        const n = from + i;
        const [prompt, text] = [n % 8, Math.floor(n / 8) % TEXTS];
        if (n % 100 === 99) await refused(client, n);
        const { status, body, code } = await client.ask({ task: `p${prompt}`, text: someText(text) });
        const got = status === 200 ? String(JSON.parse(body).ids) : `${status} ${code} ${body}`;
        if (got !== want[prompt][text]) wrong.push(`${prompt} ${text}: ${got}, not ${want[prompt][text]}`);
      });
    await questions(0, REQUESTS / 2);
    const before = await residentMB(client);
    await questions(REQUESTS / 2, REQUESTS / 2);
    const after = await residentMB(client);
    assert.equal(wrong.slice(0, 5), []);
    assert.ok(after < before + 24, `resident: ${before} MB after half of the requests, ${after} MB after all`);
    const { body } = await client.get("/metrics");
    const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(body)?.[1]);
    const perBatch = count("fluxion_batched_requests_total") / count("fluxion_batches_total");
    assert.ok(perBatch > 8, `${perBatch} requests in a batch: those of different prompts go together`);
    assert.is(count("fluxion_waiting_requests"), 0);
    client.close();
    assert.equal(await stop(), [0, null]);
  },
);

Load("a prompt that is replaced under load is the old one or the new one, and a damaged one is refused", async () => {
  const [path, staged, text] = [join(PROMPTS, "changing.npy"), join(folder, "staged.npy"), "the city of London"];
  const versions = [somePrompt(31, 5), somePrompt(32, 9)];
  const want = versions.map((prompt) => String(ready.alone(prompt, text)));
  assert.is.not(want[0], want[1]);
  await savePrompt(path, versions[0]);
  const { url, stop } = await started();
  const client = clientOf(url, CLIENTS);
  const seen = new Map<string, number>();
  let [running, damaged] = [true, false];
  const replacing = (async () => {
    for (let i = 1; running; i++) {
      await savePrompt(staged, versions[i % 2]);
      renameSync(staged, path);
      await sleep(20);
      if (i % 5 === 0) {
        truncateSync(path, 60);
        damaged = true;
        await sleep(20);
      }
    }
  })();
  await ask(600, async () => {
    const { status, body } = await client.ask({ task: "changing", text });
    const got = status === 200 ? String(JSON.parse(body).ids) : `${status}`;
    if (status !== 200) assert.ok(JSON.parse(body).error.what.length > 0, body);
    seen.set(got, (seen.get(got) ?? 0) + 1);
  });
  running = false;
  await replacing;
  const {
    [want[0]]: first = 0,
    [want[1]]: second = 0,
    500: failed = 0,
    503: changing = 0,
    ...others
  } = Object.fromEntries(seen);
  assert.equal(others, {});
  assert.ok(first > 0 && second > 0, `${first} old, ${second} new`);
  assert.ok(damaged && failed > 0, `${failed} refused, ${changing} while it was written`);
  client.close();
  assert.equal(await stop(), [0, null]);
});

Load("SIGTERM under load: every request is answered or refused with a reason, and the exit code is 0", async () => {
  const { url, stop } = await started("--queue", "24");
  const client = clientOf(url, CLIENTS);
  const ends = new Map<string, number>();
  const kindOf = ({ status, body, code }: Ended): string =>
    status === 200 ? "answered" : status === 503 ? JSON.parse(body).error.what : code || `${status}`;
  let stopped: Promise<readonly unknown[]> | undefined;
  await ask(2000, async (i) => {
    if (i === 600) stopped = stop();
    const kind = kindOf(await client.ask({ task: `p${i % 8}`, text: someText(i) }));
    ends.set(kind, (ends.get(kind) ?? 0) + 1);
    if (kind !== "answered") await sleep(5);
  });
  assert.equal(await stopped, [0, null]);
  client.close();
  const {
    answered = 0,
    "too many requests wait": full = 0,
    "the server is shutting down": late = 0,
    ...others
  } = Object.fromEntries(ends);
  const { ECONNREFUSED: closed = 0, ...unexplained } = others;
  assert.equal(unexplained, {}, `${answered} answered, ${full} too many, ${late} late, ${closed} after the end`);
  assert.ok(answered > 100 && full > 0 && closed > 0, `${answered} answered, ${full} too many, ${late} late`);
});

Load.run();
