/** @file Sweeps and reports on disks that are full: it is said, nothing fails, and the same command goes on where there is room. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Ended, ended, temporary } from "../../helpers/program.js";
import { bundledSweep, idsOf, isDone, leasesIn, smallBase, sweepFile, worker } from "./small-sweep.js";

const Disk = suite("lab/sweep/disk");
const folder = temporary("sweep-disk");
const mounted: string[] = [];
let program: string;
let base: object;
Disk.before(async () => {
  program = await bundledSweep(join(folder, "program"));
  base = await smallBase(join(folder, "inputs"), 4);
});
Disk.after(() => {
  for (const at of mounted) spawnSync("umount", [at]);
  rmSync(folder, { recursive: true, force: true });
});

/** A disk of so many kilobytes; undefined where this user may not mount one. */
const disk = (name: string, kilobytes: number): string | undefined => {
  const at = join(folder, name);
  mkdirSync(at);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", at]).status !== 0) {
    console.log(`no disk for "${name}": mounting a tmpfs is not allowed here`);
    return undefined;
  }
  mounted.push(at);
  return at;
};

/** Fills a disk to its last byte; the result is the file that does. */
const fill = (at: string): string => {
  const path = join(at, "filling");
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, "ENOSPC");
    return path;
  } finally {
    closeSync(file);
  }
};

/** Asserts that a command has ended because of the disk, in words. */
const saysFull = ({ code, out, err }: Ended): void => {
  assert.is(code, 1, out + err);
  for (const part of ["the disk is full", "free some space"]) assert.ok(err.includes(part), err);
};

const run = (...args: readonly string[]): Promise<Ended> => ended(worker(program, ...args));

Disk("a checkpoint that does not fit gives the run back, and the same command goes on", async () => {
  const at = disk("checkpoint", 300);
  if (at === undefined) return;
  const file = sweepFile(join(folder, "full.json"), {
    base: { ...base, method: "full", optimizer: { learningRate: 0.001 } },
    grid: { seed: [0, 1] },
  });
  const sweep = join(at, "sweep");
  saysFull(await run("run", file, "--out", sweep));
  const ids = idsOf(sweep);
  assert.equal(leasesIn(sweep), []);
  for (const id of ids) assert.not.ok(isDone(sweep, id) || existsSync(join(sweep, "runs", id, "failed.json")), id);
  assert.is(spawnSync("mount", ["-o", "remount,size=200m", at]).status, 0);
  const more = await run("run", file, "--out", sweep);
  assert.is(more.code, 0, more.err);
  assert.ok(more.out.includes("2 done, 0 failed"), more.out);
});

Disk("a plan and a report that do not fit are told, and leave nothing unfinished", async () => {
  const at = disk("plan", 4096);
  if (at === undefined) return;
  const file = sweepFile(join(folder, "one.json"), { base });
  const sweep = join(at, "sweep");
  mkdirSync(sweep);
  const filling = fill(at);
  saysFull(await run("run", file, "--out", sweep));
  assert.equal(readdirSync(sweep), []);
  rmSync(filling);
  assert.is((await run("run", file, "--out", sweep)).code, 0);
  const report = join(at, "report.md");
  const args = [program, "report", sweep, "--out", report];
  const again = fill(at);
  const full = spawnSync(process.execPath, args, { encoding: "utf8" });
  saysFull({ code: full.status, signal: null, out: full.stdout, err: full.stderr });
  assert.equal(readdirSync(at).sort(), ["filling", "sweep"]);
  rmSync(again);
  assert.is(spawnSync(process.execPath, args).status, 0);
  assert.ok(existsSync(report));
});

Disk.run();
