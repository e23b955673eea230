/**
 * @file Requests a second of the server: 32 clients, 8 prompts, t5-nano; all prompts in one batch against batches of one prompt and of one request.
 *
 * The servers run side by side and have their turns one after the other; `measure.ts REQUESTS ROUNDS` prints JSON lines.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { MINI_DATA } from "../../lib/lab/assets.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { WAYS } from "./ways.js";

const [CLIENTS, PROMPTS, LENGTH, WIDTH] = [32, 8, 20, 128];
const [requests, rounds] = process.argv.slice(2).map(Number);

const writePrompts = async (dir: string): Promise<void> => {
  for (let i = 0; i < PROMPTS; i++) {
    const values = Float32Array.from({ length: LENGTH * WIDTH }, (_, j) => 3 * Math.sin(j * (i + 1.7) + i));
    await savePrompt(join(dir, `p${i}.npy`), hostArray([LENGTH, WIDTH], "float32", values));
  }
};

const start = async (way: string, dir: string) => {
  const script = fileURLToPath(new URL("server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, way, dir], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(child.stdout, "data");
  return { way, url: String(line).trim(), stop: () => child.kill() };
};
type Server = Awaited<ReturnType<typeof start>>;

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const post = (url: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${url}/answer`, { agent, method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    sent.on("error", reject);
    sent.end(body);
  });

/** Sends all requests; milliseconds in all, those of each request, and what was answered. */
const turn = async ({ url }: Server, texts: readonly string[]) => {
  const [times, answers]: [number[], string[]] = [[], []];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      const i = next++;
      const before = performance.now();
      const reply = await post(
        url,
        JSON.stringify({ task: `p${i % PROMPTS}`, text: texts[Math.floor(i / PROMPTS) % texts.length] }),
      );
      times.push(performance.now() - before);
      answers[i] = String(JSON.parse(reply).ids);
    }
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { took: performance.now() - before, times, answers };
};

const dir = mkdtempSync(join(tmpdir(), "fluxion-serve-"));
const servers: Server[] = [];
try {
  await writePrompts(dir);
  const texts = (await readExamples(taskOf("cb"), "validation", MINI_DATA)).map(({ inputs }) => inputs);
  for (const way of Object.keys(WAYS)) servers.push(await start(way, dir));
  const turns = servers.map((): Awaited<ReturnType<typeof turn>>[] => []);
  // Programs are compiled in the first round, which is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, server] of servers.entries()) {
      const got = await turn(server, texts);
      if (round > 0) turns[i].push(got);
    }
  }
  servers.forEach(({ way }, i) => {
    const best = turns[i].reduce((a, b) => (a.took < b.took ? a : b));
    const times = best.times.sort((a, b) => a - b);
    const at = (share: number): number => Number(times[Math.floor(share * (times.length - 1))].toPrecision(3));
    console.log(
      JSON.stringify({
        ...{ bench: "serve", peer: way, requests, clients: CLIENTS, prompts: PROMPTS },
        perSecond: Math.round(requests / (best.took / 1000)),
        ...{ medianMs: at(0.5), p95Ms: at(0.95) },
        ids: createHash("sha256").update(best.answers.join("\n")).digest("hex").slice(0, 16),
      }),
    );
  });
} finally {
  for (const { stop } of servers) stop();
  agent.destroy();
  rmSync(dir, { recursive: true });
}
