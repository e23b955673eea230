/** @file Saves that a signal interrupts, in processes of their own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../io/folder.js";

const Staging = suite("store/staging, interrupted");
const folder = temporaryFolder(Staging);

// The process sends the signal to itself while it writes; an unhandled one ends it.
const SAVING = `
  import { writeTogether } from "./lib/store/staging.ts";
  const [dir, signal, listening] = process.argv.slice(1);
  if (listening) process.on(signal, () => console.log("heard"));
  const content = function* () {
    yield new Uint8Array(1000);
    if (signal === "exit") process.exit(3);
    process.kill(process.pid, signal);
    yield new Uint8Array(1000);
  };
  await writeTogether(dir, [["a", content()], ["b", "2"]], () => true, { where: "save", error: Error })();
  console.log("saved");
`;
const saving = (...args: string[]) => {
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", SAVING, ...args],
    { encoding: "utf8", timeout: 60_000 },
  );
  return { status, signal, stdout };
};

Staging("a signal ends the process at once and changes nothing, unless the program listens to it itself", () => {
  const dir = join(folder, "signalled");
  mkdirSync(dir);
  writeFileSync(join(dir, "a"), "old");
  for (const signal of ["SIGINT", "SIGTERM"]) {
    assert.equal(saving(dir, signal), { status: null, signal, stdout: "" });
    assert.equal([readdirSync(dir), readFileSync(join(dir, "a"), "utf8")], [["a"], "old"]);
  }
  assert.equal(saving(join(folder, "unmade", "below"), "exit"), { status: 3, signal: null, stdout: "" });
  assert.not.ok(existsSync(join(folder, "unmade")));
  assert.equal(saving(dir, "SIGINT", "listening"), { status: 0, signal: null, stdout: "heard\nsaved\n" });
  assert.equal(readdirSync(dir), ["a", "b"]);
});

Staging.run();
