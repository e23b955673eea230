/** @file Commands that are ended while they write. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leavesOf } from "../../lib/core/pytree.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { loadT5xTE } from "../../lib/io/t5x/load.js";
import { run, temporaryFolder } from "../io/folder.js";
import { filesBelow, fluxion } from "./run.js";

const Interrupt = suite("cli/interrupt");
const folder = temporaryFolder(Interrupt);
const NANO = "assets/t5-nano";

const isSaving = (dir: string): boolean =>
  existsSync(dir) && readdirSync(dir).some((name) => name.startsWith(".saving-"));

/** Runs a command that writes to `out`, ends it as soon as it does, and tells what a shell sees, or undefined if it was too quick. */
const ended = async (out: string, signal: NodeJS.Signals, ...args: string[]): Promise<string | undefined> => {
  const command = `"${process.execPath}" --import tsx lib/cli/fluxion.ts ${args.join(" ")} & echo $!; wait $!; echo $?`;
  const shell = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const closed = once(shell, "close");
  for (let i = 0; i < 60_000 && shell.exitCode === null && !isSaving(out); i++) await sleep(1);
  const wasSaving = isSaving(out);
  if (shell.exitCode === null) process.kill(Number(said.split("\n")[0]), signal);
  await closed;
  return wasSaving ? said.split("\n")[1] : undefined;
};

type Args = (out: string) => string[];

let places = 0;
/** The first of a few attempts, each in a new place, that was not too late. */
const endedInTime = async (
  signal: NodeJS.Signals,
  args: Args,
  prepare: (out: string) => unknown = () => undefined,
): Promise<{ code: string; out: string }> => {
  for (let i = 0; i < 5; i++) {
    const out = join(folder, `${places++}`, "below");
    await prepare(out);
    const code = await ended(out, signal, ...args(out));
    if (code !== undefined && code !== "0") return { code, out };
  }
  throw new Error("every attempt was too late");
};

const commands: readonly (readonly [what: string, args: Args])[] = [
  ["convert to T5X", (out) => ["convert", NANO, out, "--force"]],
  ["convert to Hugging Face", (out) => ["convert", NANO, out, "--to", "hf", "--max-shard-bytes", "100000", "--force"]],
  ["export", (out) => ["export", "--model", NANO, "--out", out, "--force"]],
];

for (const [what, args] of commands) {
  Interrupt(`${what}: a signal leaves the place as it was, and the shell sees which`, async () => {
    const unmade = await endedInTime("SIGINT", args);
    assert.is(unmade.code, "130");
    assert.not.ok(existsSync(dirname(unmade.out)));
    const { code, out } = await endedInTime("SIGTERM", args, (out) => cpSync(NANO, out, { recursive: true }));
    assert.is(code, "143");
    assert.equal(filesBelow(out), filesBelow(NANO));
  });
}

Interrupt("what was there is whole after a SIGKILL, and the next save removes what it left", async () => {
  const convert: Args = (out) => ["convert", NANO, out, "--force"];
  const { code, out } = await endedInTime("SIGKILL", convert, (out) => fluxion(["convert", NANO, out]));
  assert.is(code, "137");
  assert.ok(isSaving(out));
  const { params } = await run(loadHuggingFaceTE(NANO));
  assert.equal(leavesOf((await run(loadT5xTE(out))).params), leavesOf(params));
  await fluxion(convert(out));
  assert.equal(readdirSync(out), ["checkpoint_0"]);
});

Interrupt.run();
