/** @file Runs on disks that are full or cannot be written, and beside models that change: nothing is lost, and messages are clear. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fewRows, runProgram, temporary } from "../helpers/program.js";

const Disk = suite("lab/disk");
const folder = temporary("disk");
const data = fewRows(join(folder, "data"));
const mounted: string[] = [];
Disk.after(() => {
  for (const at of mounted) spawnSync("umount", [at]);
  rmSync(folder, { recursive: true, force: true });
});

const QUICK = [
  ...["--data", data, "--executor", "tfjs", "--steps", "4", "--batch-size", "4", "--evaluate-every", "2"],
  ...["--max-evaluation-length", "40"],
];

/** A disk of its own at a path; undefined where this user may not mount one. */
const disk = (name: string, options: string): string | undefined => {
  const at = join(folder, name);
  mkdirSync(at);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at]).status !== 0) {
    console.log(`no disk for "${name}": mounting a tmpfs is not allowed here`);
    return undefined;
  }
  mounted.push(at);
  return at;
};

Disk("a full disk ends a run with a clear message, and the run goes on where there is room again", async () => {
  const at = disk("small", "size=3m");
  if (at === undefined) return;
  const out = join(at, "run");
  const full = await runProgram(...QUICK, "--method", "full", "--learning-rate", "0.001", "--out", out);
  assert.is(full.code, 1);
  for (const part of ["the disk is full", out, "free some space"]) assert.ok(full.err.includes(part), full.err);
  assert.ok(existsSync(join(out, "recipe.json")));
  assert.equal(
    readdirSync(out).filter((name) => /\.\d+$|^\.writing/.test(name)),
    [],
    "nothing unfinished is left",
  );
  assert.is(spawnSync("mount", ["-o", "remount,size=200m", at]).status, 0);
  const more = await runProgram("--resume", out);
  assert.is(more.code, 0, more.err);
  assert.match(more.out, /steps done, 4 steps/);
});

Disk("a read-only disk is refused before anything is trained", async () => {
  const at = disk("read-only", "ro");
  if (at === undefined) return;
  const { code, out, err } = await runProgram(...QUICK, "--out", join(at, "run"));
  assert.is(code, 1);
  assert.match(err, /the file system is read-only/);
  assert.not.match(out, /step /);
});

Disk(
  "a model that changes between start and resume is refused, and one that has moved is found by its digest",
  async () => {
    const [model, out] = [join(folder, "model"), join(folder, "run")];
    cpSync(fileURLToPath(new URL("../../assets/t5-nano", import.meta.url)), model, { recursive: true });
    assert.is((await runProgram(...QUICK, "--model", model, "--out", out)).code, 0);
    const before = readFileSync(join(out, "checkpoint.safetensors"));
    const weights = join(model, "model.safetensors");
    const bytes = readFileSync(weights);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(weights, bytes);
    const changed = await runProgram("--resume", out, "--steps", "6");
    assert.is(changed.code, 1);
    assert.match(changed.err, /the model has changed since the run was started[\s\S]*--model PATH/);
    rmSync(model, { recursive: true });
    const gone = await runProgram("--resume", out, "--steps", "6");
    assert.is(gone.code, 1);
    assert.match(gone.err, /the model of the run is not there/);
    assert.equal(readFileSync(join(out, "checkpoint.safetensors")), before, "the run is as it was");
    const moved = await runProgram("--resume", out, "--steps", "6", "--model", "t5-nano");
    assert.is(moved.code, 0, moved.err);
    assert.match(moved.out, /steps done, 6 steps/);
  },
);

Disk.run();
