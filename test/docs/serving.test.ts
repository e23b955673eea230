/** @file The commands of docs/serving.md do what it says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { temporaryFolder } from "../io/folder.js";

const Serving = suite("docs/serving");
const folder = temporaryFolder(Serving);
const page = readFileSync("docs/serving.md", "utf8");

/** A prompt that changes answers little. */
const prompt: HostArray = hostArray(
  [2, 128],
  "float32",
  Float32Array.from({ length: 256 }, (_, i) => 0.1 * Math.sin(i)),
);

/** What a reader sees of a body: the score to a tenth. */
const seen = (body: string): unknown =>
  JSON.parse(body, (key, value: unknown) => (key === "score" ? Math.round(10 * (value as number)) : value));

Serving("the server starts as the page says, answers as it shows, and ends with exit code 0", async () => {
  mkdirSync(join(folder, "prompts"));
  for (const name of ["cb.npy", "rte.npy"]) await savePrompt(join(folder, "prompts", name), prompt);
  const [, command] = /^fluxion (serve .*) --port 8080$/m.exec(page) ?? [];
  const program = ["--import", import.meta.resolve("tsx"), resolve("lib/cli/fluxion.ts")];
  const child = spawn(process.execPath, [...program, ...command.split(" "), "--port", "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  const [printed] = await once(child.stdout, "data");
  const blocks = [
    ...page.matchAll(/\$ curl -s http:\/\/127\.0\.0\.1:8080(\S+)(?: -H '(.*?): (.*?)' -d '(.*)')?\n(.*)\n/g),
  ];
  assert.is(blocks.length, page.split("$ curl").length - 1);
  try {
    for (const [, path, name, value, body, shown] of blocks) {
      const posted = body === undefined ? {} : { method: "POST", headers: { [name]: value }, body };
      const response = await fetch(String(printed).trim() + path, posted);
      assert.equal(seen(await response.text()), seen(shown), path);
    }
  } finally {
    child.kill("SIGTERM");
  }
  assert.equal(await ended, [0, null]);
});

Serving.run();
