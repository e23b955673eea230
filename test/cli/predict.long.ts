/** @file `fluxion predict` that is killed by force while it answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../io/folder.js";
import { fluxion } from "./run.js";

const Killed = suite("cli/predict");
const folder = temporaryFolder(Killed);

const DATA = join(folder, "data");
mkdirSync(join(DATA, "CB"), { recursive: true });
const rows = Array.from({ length: 60 }, (_, idx) => ({
  idx,
  premise: `It is ${"so ".repeat(idx % 9)}.`,
  hypothesis: "No.",
}));
writeFileSync(join(DATA, "CB", "test.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const args = (name: string): string[] => [
  ...["predict", "--model", "assets/t5-nano", "--executor", "tfjs", "--task", "cb", "--data", DATA],
  ...["--evaluation-tokens", "64", "--submission", join(folder, `${name}.zip`)],
];

Killed("after a SIGKILL a rerun gives the bytes of an unbroken run", async () => {
  const progress = join(folder, "killed.zip.part/progress/cb.jsonl");
  const batches = (): number => (existsSync(progress) ? readFileSync(progress, "utf8").split("\n").length - 1 : 0);
  const child = spawn(process.execPath, ["--import", "tsx", "lib/cli/fluxion.ts", ...args("killed")], {
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  while (child.exitCode === null && batches() < 3) await sleep(2);
  child.kill("SIGKILL");
  assert.equal(await ended, [null, "SIGKILL"]);
  assert.not.ok(existsSync(join(folder, "killed.zip")));
  const { notes } = await fluxion(args("killed"));
  const note = notes.find((line) => /^cb: goes on after \d+ of 60 answers$/.test(line));
  assert.ok(note, notes.join("\n"));
  await fluxion(args("unbroken"));
  for (const file of [".zip", ".zip.part/cb.jsonl", ".zip.part/progress/cb.jsonl", ".zip.part/progress/cb.json"])
    assert.equal(readFileSync(join(folder, `killed${file}`)), readFileSync(join(folder, `unbroken${file}`)), file);
});

Killed.run();
