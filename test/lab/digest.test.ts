import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOfExamples, digestOfFiles } from "../../lib/lab/digest.js";
import { temporaryFolder } from "../io/folder.js";

const Digest = suite("lab/digest");
const folder = temporaryFolder(Digest);

/** Writes files below a new folder. */
const filesIn = (name: string, files: Readonly<Record<string, string>>): string => {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
};

const MEGABYTE = 2 ** 20;
/** A file of zeros, with a byte at a place. */
const zeros = (name: string, size: number, at?: number): string => {
  const path = join(folder, name);
  writeFileSync(path, "");
  truncateSync(path, size);
  if (at !== undefined) {
    const file = openSync(path, "r+");
    writeSync(file, new Uint8Array([1]), 0, 1, at);
    closeSync(file);
  }
  return path;
};

Digest("a folder is known by its files, their names and contents, wherever it is", async () => {
  const a = filesIn("a", { "x.bin": "one", "y/z.bin": "two" });
  const digest = await digestOfFiles(a);
  assert.match(digest ?? "", /^[0-9a-f]{64}$/);
  assert.is(await digestOfFiles(filesIn("b", { "y/z.bin": "two", "x.bin": "one" })), digest);
  assert.is.not(await digestOfFiles(filesIn("c", { "x.bin": "one", "z.bin": "two" })), digest);
  assert.is.not(await digestOfFiles(filesIn("d", { "x.bin": "one", "y/z.bin": "twO" })), digest);
  assert.is.not(await digestOfFiles(filesIn("e", { "x.bin": "two", "y/z.bin": "one" })), digest);
  assert.is.not(await digestOfFiles(filesIn("f", { "x.bin": "one", "y/z.bin": "two", more: "" })), digest);
});

Digest("digests stay what they are, so that locks of before can be compared", async () => {
  const sha = (...parts: readonly (string | Uint8Array)[]): string => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest("hex");
  };
  const dir = filesIn("stay", { "y/b": "two", a: "one!", "y/a": "" });
  const named = [
    ["a", sha("4\n", "one!")],
    ["y/a", sha("0\n")],
    ["y/b", sha("3\n", "two")],
  ];
  assert.is(await digestOfFiles(dir), sha(JSON.stringify(named)));
  assert.is(await digestOfFiles(dir, true), sha(JSON.stringify(named)));
  assert.is(await digestOfFiles(join(dir, "a")), sha(JSON.stringify([["", sha("4\n", "one!")]])));
  const size = 17 * MEGABYTE;
  const path = zeros("stay-large", size, size - 1);
  const bytes = readFileSync(path);
  const starts = Array.from({ length: 16 }, (_, i) => Math.floor((i * (size - 65_536)) / 15));
  const samples = sha(`${size}\n`, ...starts.map((at) => bytes.subarray(at, at + 65_536)));
  assert.is(await digestOfFiles(path), sha(JSON.stringify([["", samples]])));
  assert.is(await digestOfFiles(path, true), sha(JSON.stringify([["", sha(`${size}\n`, bytes)]])));
});

Digest("one file is known by its contents, whatever its name", async () => {
  const dir = filesIn("one", { "spiece.model": "pieces" });
  const digest = await digestOfFiles(join(dir, "spiece.model"));
  copyFileSync(join(dir, "spiece.model"), join(folder, "renamed"));
  assert.is(await digestOfFiles(join(folder, "renamed")), digest);
  assert.is(await digestOfFiles(dir), digest);
  assert.is.not(await digestOfFiles(join(filesIn("other", { "spiece.model": "piecez" }), "spiece.model")), digest);
});

Digest("files whose names begin with a checkpoint's are its files", async () => {
  const files = { "model.ckpt-1.index": "i", "model.ckpt-1.data-0": "d", "model.ckpt-10.index": "other" };
  const dir = filesIn("mesh", files);
  const digest = await digestOfFiles(join(dir, "model.ckpt-1"));
  const moved = filesIn("moved", { "model.ckpt-1.data-0": "d", "model.ckpt-1.index": "i" });
  assert.is(await digestOfFiles(join(moved, "model.ckpt-1")), digest);
  assert.is.not(await digestOfFiles(join(dir, "model.ckpt-10")), digest);
  writeFileSync(join(moved, "model.ckpt-1.data-0"), "D");
  assert.is.not(await digestOfFiles(join(moved, "model.ckpt-1")), digest);
});

Digest("where there is no file there is no digest", async () => {
  assert.is(await digestOfFiles(join(folder, "nowhere")), undefined);
  assert.is(await digestOfFiles(join(folder, "nowhere", "deeper")), undefined);
  assert.is(await digestOfFiles(filesIn("empty", {})), undefined);
  assert.is(await digestOfFiles(join(folder, "nowhere"), true), undefined);
});

Digest("up to 16 MiB every byte counts", async () => {
  const size = 16 * MEGABYTE;
  const digest = await digestOfFiles(zeros("small", size));
  assert.is(await digestOfFiles(zeros("small-again", size)), digest);
  for (const at of [0, 70_000, size - 1]) assert.is.not(await digestOfFiles(zeros("small-other", size, at)), digest);
});

Digest("of a larger file samples count, from the first bytes to the last ones, and its size", async () => {
  const size = 16 * MEGABYTE + 64 * 1024;
  const digest = await digestOfFiles(zeros("large", size));
  const whole = await digestOfFiles(zeros("large", size), true);
  const step = (size - 65_536) / 15;
  for (const i of [0, 1, 7, 14, 15]) {
    for (const at of [Math.floor(i * step), Math.floor(i * step) + 65_535]) {
      const path = zeros("large-other", size, at);
      assert.is.not(await digestOfFiles(path), digest, `byte ${at}`);
    }
  }
  const between = zeros("large-other", size, 65_536);
  assert.is(await digestOfFiles(between), digest);
  assert.is.not(await digestOfFiles(between, true), whole);
  assert.is.not(await digestOfFiles(zeros("larger", size + 1)), digest);
});

Digest("examples are known by all that they say, in their order", () => {
  const one = { id: "1", inputs: "a", targets: "b", truth: 0 };
  const two = { id: "2", inputs: "c", targets: "d", truth: [1, 2] };
  const digest = digestOfExamples([one, two]);
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.is(digestOfExamples([{ truth: 0, targets: "b", inputs: "a", id: "1" }, { ...two }]), digest);
  for (const other of [
    [two, one],
    [one],
    [one, two, two],
    [one, { ...two, truth: [2, 1] }],
    [{ ...one, inputs: "A" }, two],
  ]) {
    assert.is.not(digestOfExamples(other), digest);
  }
});

Digest("notes, licences and what git keeps beside a model are not a part of it", async () => {
  const model = { "config.json": "{}", "model.safetensors": "w", "target.bias/.zarray": "z", "target.bias/0": "c" };
  const digest = await digestOfFiles(filesIn("plain", model));
  const beside = {
    ".git/HEAD": "x",
    ".gitattributes": "x",
    "README.md": "x",
    "LICENSE.txt": "x",
    "docs/NOTES.MD": "x",
  };
  assert.is(await digestOfFiles(filesIn("noted", { ...model, ...beside, ".DS_Store": "x" })), digest);
  for (const part of ["target.bias/.zarray", "license_plates.bin", "readmes.bin"]) {
    assert.is.not(await digestOfFiles(filesIn(`other-${part}`, { ...model, [part]: "other" })), digest, part);
  }
});

Digest.run();
