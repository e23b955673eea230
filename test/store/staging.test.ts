import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../lib/core/errors.js";
import type { Caller } from "../../lib/edge/decode.js";
import { inStaging, putInPlace, writeTogether } from "../../lib/store/staging.js";
import { messageOf, run, temporaryFolder } from "../io/folder.js";

const Staging = suite("store/staging");
const folder = temporaryFolder(Staging);
const caller: Caller<DataError> = { where: "saveRows", error: DataError };

/** A process that is no more. */
const deadPid = (): number => spawnSync("true").pid;
const leftBy = (pid: number, host = hostname()): string => `.saving-${host.replace(/[^\w.]/g, "_")}-${pid}-00c0ffee`;

Staging("files take their places together, and stale ones go", async () => {
  const dir = join(folder, "new", "below");
  await run(writeTogether(dir, [["a", "1"]], () => false, caller));
  writeFileSync(join(dir, "other"), "stays");
  const chunks = [new Uint8Array([50]), new Uint8Array([51])];
  await run(writeTogether(dir, [["b", chunks]], (name) => name.length === 1, caller));
  assert.equal(readdirSync(dir), ["b", "other"]);
  assert.is(readFileSync(join(dir, "b"), "utf8"), "23");
});

Staging("content that fails leaves everything as it was, folders that were not there included", async () => {
  const broken = function* (): Generator<Uint8Array> {
    yield new Uint8Array(1000);
    throw new Error("cut short");
  };
  const failing = (dir: string) => writeTogether(dir, [["a", broken()]], () => true, caller)();
  assert.match(messageOf(await failing(join(folder, "x", "y", "z")), "DataError"), "cut short");
  assert.not.ok(existsSync(join(folder, "x")));
  const dir = join(folder, "old");
  await run(writeTogether(dir, [["a", "old"]], () => false, caller));
  assert.match(messageOf(await failing(dir), "DataError"), "cut short");
  assert.equal([readdirSync(dir), readFileSync(join(dir, "a"), "utf8")], [["a"], "old"]);
});

Staging(
  "what a killed process left is removed; what a living one or one of another machine writes is not",
  async () => {
    const dir = join(folder, "stale");
    const names = [leftBy(deadPid()), leftBy(process.ppid), leftBy(deadPid(), "elsewhere"), ".saving-x"];
    for (const name of names) {
      mkdirSync(join(dir, name), { recursive: true });
      writeFileSync(join(dir, name, "half"), "");
    }
    await run(writeTogether(dir, [["a", "1"]], () => false, caller));
    assert.equal(readdirSync(dir), [...names.slice(1), "a"].sort());
  },
);

/** Says that a folder and the files in it were last written so many hours ago. */
const age = (path: string, hours: number): void => {
  const seconds = Date.now() / 1000 - 3600 * hours;
  for (const file of [...readdirSync(path).map((name) => join(path, name)), path]) utimesSync(file, seconds, seconds);
};

Staging(
  "where the process cannot be told, time does: older than this process of the same number, or a day without a write elsewhere",
  async () => {
    const dir = join(folder, "aged");
    const other = deadPid();
    const names = [
      leftBy(process.pid),
      leftBy(other, "elsewhere"),
      leftBy(other, "filling"),
      leftBy(process.pid).replace("c0", "c1"),
      leftBy(other, "gone"),
    ];
    for (const [i, hours] of [0, 23, 25, 10_000, 25].entries()) {
      const path = join(dir, names[i] as string);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, "half"), "");
      age(path, hours);
    }
    writeFileSync(join(dir, names[2] as string, "half"), "more");
    await run(writeTogether(dir, [["a", "1"]], () => false, caller));
    assert.equal(readdirSync(dir), [...names.slice(0, 3), "a"].sort());
  },
);

Staging("saves to one folder at the same time do not disturb each other", async () => {
  const dir = join(folder, "both");
  await inStaging(dir, async (staging) => {
    age(staging, 10_000); // by the clock of another machine, where the files are
    await run(writeTogether(dir, [["a", "1"]], () => false, caller));
    assert.equal(readdirSync(staging), []);
  });
  assert.equal(readdirSync(dir), ["a"]);
});

Staging("a folder that was moved aside comes back when its replacement did not arrive", async () => {
  const dir = join(folder, "aside");
  const left = join(dir, leftBy(deadPid()));
  mkdirSync(join(left, "replaced", "checkpoint_1"), { recursive: true });
  mkdirSync(join(left, "replaced", "checkpoint_2"));
  mkdirSync(join(dir, "checkpoint_2"));
  writeFileSync(join(dir, "checkpoint_2", "new"), "");
  await run(writeTogether(dir, [], () => false, caller));
  assert.equal(readdirSync(dir), ["checkpoint_1", "checkpoint_2"]);
  assert.equal(readdirSync(join(dir, "checkpoint_2")), ["new"]);
});

Staging("a folder takes the place of one of its name as a whole", async () => {
  const dir = join(folder, "swap");
  mkdirSync(join(dir, "x"), { recursive: true });
  writeFileSync(join(dir, "x", "old"), "");
  await inStaging(dir, async (staging) => {
    mkdirSync(join(staging, "x"));
    writeFileSync(join(staging, "x", "new"), "");
    putInPlace(dir, staging, "x");
  });
  assert.equal([readdirSync(dir), readdirSync(join(dir, "x"))], [["x"], ["new"]]);
});

Staging.run();
