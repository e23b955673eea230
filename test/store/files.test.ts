import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../lib/core/errors.js";
import { ensureDir, readBytes, readText, writeAtomic } from "../../lib/store/files.js";
import { messageOf, run, temporaryFolder } from "../io/folder.js";

const Files = suite("store/files");
const folder = temporaryFolder(Files);
const caller = { where: "readRows", error: DataError };

Files("what was written is read back, as bytes and as text", async () => {
  const path = join(folder, "text");
  await run(writeAtomic(path, "naïve\n", caller));
  assert.is(await run(readText(path, caller)), "naïve\n");
  assert.equal([...(await run(readBytes(path, caller)))], [...Buffer.from("naïve\n")]);
});

Files("chunks are written one after the other, and empty content makes an empty file", async () => {
  const path = join(folder, "chunks");
  await run(writeAtomic(path, [new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])], caller));
  assert.equal([...readFileSync(path)], [1, 2, 3]);
  await run(writeAtomic(path, "", caller));
  assert.is(readFileSync(path).length, 0);
});

Files("a view of a larger buffer is written as the view", async () => {
  const path = join(folder, "view");
  await run(writeAtomic(path, new Uint8Array([9, 1, 2, 9]).subarray(1, 3), caller));
  assert.equal([...readFileSync(path)], [1, 2]);
});

Files("content that fails half way leaves the old file and nothing else", async () => {
  const inner = join(folder, "half");
  mkdirSync(inner);
  const path = join(inner, "file");
  writeFileSync(path, "old");
  const broken = function* (): Generator<Uint8Array> {
    yield new Uint8Array(1000);
    throw new Error("cut short");
  };
  assert.match(messageOf(await writeAtomic(path, broken(), caller)(), "DataError"), "cut short");
  assert.is(readFileSync(path, "utf8"), "old");
  assert.equal(readdirSync(inner), ["file"]);
});

Files("several writers of one file leave the content of the last", async () => {
  const path = join(folder, "raced");
  await Promise.all(["a", "b", "c"].map((text) => run(writeAtomic(path, text.repeat(1000), caller))));
  assert.is(readFileSync(path, "utf8"), "c".repeat(1000));
});

Files("a missing file is named, with what to do", async () => {
  const path = join(folder, "no", "such");
  for (const result of [await readBytes(path, caller)(), await writeAtomic(path, "x", caller)()]) {
    const message = messageOf(result, "DataError");
    assert.match(message, "readRows: there is no such file or folder");
    assert.match(message, path);
    assert.match(message, "hint");
  }
});

Files("a folder is not a file, and a file is not a folder", async () => {
  const path = join(folder, "plain");
  writeFileSync(path, "x");
  assert.match(messageOf(await readText(folder, caller)(), "DataError"), "this is a folder, not a file");
  assert.match(messageOf(await readText(join(path, "below"), caller)(), "DataError"), "a part of this path is a file");
  assert.match(messageOf(await ensureDir(path, caller)(), "DataError"), "there is a file where a folder should be");
});

Files("a file without permission says so", async () => {
  if (process.getuid?.() === 0) return; // root reads everything
  const path = join(folder, "secret");
  writeFileSync(path, "x");
  chmodSync(path, 0);
  assert.match(messageOf(await readBytes(path, caller)(), "DataError"), "no permission");
});

Files("text has to be UTF-8; a byte order mark is dropped", async () => {
  const path = join(folder, "latin");
  writeFileSync(path, Buffer.from([0x6e, 0xef]));
  assert.match(messageOf(await readText(path, caller)(), "DataError"), "not text");
  writeFileSync(path, "\uFEFFx");
  assert.is(await run(readText(path, caller)), "x");
});

Files("folders are made with those above, and may be there already", async () => {
  const path = join(folder, "a", "b", "c");
  await run(ensureDir(path, caller));
  await run(ensureDir(path, caller));
  assert.equal(readdirSync(path), []);
});

Files.run();
