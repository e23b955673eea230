/** @file The files of folders: all that are text, also by links, and what is refused before anything is read. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { filesAt } from "../../../lib/lab/pretraining/corpus-files.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal } from "../refused.js";

const Files = suite("lab/pretraining/corpus-files");
const root = temporaryFolder(Files);

/** A new folder with files of a line, by their paths, and links, by what they lead to. */
let folders = 0;
const folderOf = (files: readonly string[], links: Readonly<Record<string, string>> = {}): string => {
  const folder = join(root, `folder-${folders++}`);
  mkdirSync(folder);
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "text\n");
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    symlinkSync(target, join(folder, path));
  }
  return folder;
};

const found = async (folder: string): Promise<readonly string[]> =>
  (await filesAt("read", folder)).map((path) => relative(folder, path));

/** The parts of the error with which a folder is refused; the path relative to it. */
const problem = async (folder: string) => {
  const error = await refusal(filesAt("read", folder), "DataError");
  assert.is(error.where, "read");
  return { ...error, at: relative(folder, `${error.at}`) };
};

const SHARDS = ["b.txt", "a.jsonl.gz", "below/c.parquet", "below/deeper/d.TXT", "z.json", "_e.txt"];

Files("the files of all formats come in the order of their names, those below too", async () => {
  const want = ["_e.txt", "a.jsonl.gz", "b.txt", "below/c.parquet", "below/deeper/d.TXT", "z.json"];
  assert.equal(await found(folderOf(SHARDS)), want);
});

Files("what is hidden or lies beside texts is passed over", async () => {
  const beside = ["_SUCCESS", "_metadata", "README.md", "LICENSE", "readme", ".gitattributes", "._b.txt", ".git/x.txt"];
  assert.equal(await found(folderOf(["b.txt", ...beside])), ["b.txt"]);
});

Files("links to files and folders are read, and a path may be a link", async () => {
  const store = folderOf(["blobs/1a", "more/e.txt"]);
  const links = { "a.jsonl": join(store, "blobs/1a"), more: join(store, "more") };
  const folder = folderOf(["b.txt"], links);
  assert.equal(await found(folder), ["a.jsonl", "b.txt", "more/e.txt"]);
  const link = join(root, "link");
  symlinkSync(folder, link);
  assert.equal(await found(link), ["a.jsonl", "b.txt", "more/e.txt"]);
});

Files("a file is itself, whatever its format, and so is one in an archive", async () => {
  const folder = folderOf(["a.csv", "a.zip"]);
  const paths = [join(folder, "a.csv"), join(folder, "a.zip/in/b.txt")];
  for (const path of paths) assert.equal(await filesAt("read", path), [path]);
});

Files("a link that leads nowhere is refused, with what it leads to", async () => {
  const { what, got, at, hint } = await problem(folderOf(["b.txt"], { "below/a.txt": "gone.txt" }));
  assert.equal([what, got, at], ["the link leads nowhere", "a link to gone.txt", join("below", "a.txt")]);
  assert.match(`${hint}`, /remove it/);
  const loop = await problem(folderOf(["b.txt"], { "a.txt": "a.txt" }));
  assert.equal([loop.what, loop.at], ["the link leads back to itself", "a.txt"]);
});

Files("what a link leads to a second time is refused", async () => {
  const TWICE = "a file or folder is found twice";
  const again = folderOf(["b.txt"], { "a.txt": "b.txt" });
  const { what, got, at, hint } = await problem(again);
  assert.equal([what, got, at], [TWICE, `${join(again, "b.txt")}, and by a link`, "a.txt"]);
  assert.is(hint, "remove the link");
  const loop = await problem(folderOf(["below/b.txt"], { "below/up": ".." }));
  assert.equal([loop.what, loop.at], [TWICE, join("below", "up")]);
  const twice = await problem(folderOf(["below/b.txt"], { more: "below" }));
  assert.equal([twice.what, twice.at], [TWICE, "more"]);
});

Files("files of other formats are refused, and not left out", async () => {
  const others = ["a.jsonl.zst", "below/b.csv", "c.txt.part", "_temporary/d.txt"];
  const folder = folderOf(["b.txt", ...others]);
  const { what, expected, got, at, hint } = await problem(folder);
  assert.equal([what, at], ["the folder has what is not a file of text", ""]);
  assert.match(`${expected}`, /\.txt, \.jsonl .*\.parquet/);
  const shown = ["_temporary", "a.jsonl.zst", "below/b.csv"].map((path) => join(folder, path));
  assert.equal(`${got}`.split(/\s*\n\s*/), [...shown, "and 1 more"]);
  assert.match(`${hint}`, /name the files, or move the others/);
});

Files("pipes are refused, and not opened", async () => {
  if (process.platform === "win32") return console.log("  (skipped: there are no pipes in folders here)");
  const folder = folderOf(["b.txt"]);
  execFileSync("mkfifo", [join(folder, "a.txt")]);
  assert.is((await problem(folder)).got, join(folder, "a.txt"));
});

Files("a folder without texts and a path that is not there are refused", async () => {
  const NONE = "the folder has no file of text";
  const empty = await problem(folderOf(["README.md"]));
  assert.equal([empty.what, empty.got, empty.hint], [NONE, undefined, "name another folder, or files"]);
  const other = folderOf(["a.csv"]);
  const { what, got, hint } = await problem(other);
  assert.equal([what, got], [NONE, join(other, "a.csv")]);
  assert.match(`${hint}`, /move the others/);
  assert.is((await problem(join(root, "gone"))).what, "there is no such file or folder");
});

Files("a folder without permission is refused with its path", async () => {
  const folder = folderOf(["b.txt", "secret/a.txt"]);
  chmodSync(root, 0o755);
  chmodSync(join(folder, "secret"), 0);
  if (process.geteuid === undefined) return console.log("  (skipped: the system has no permissions of this kind)");
  // Root reads everything; for this call the process is another user.
  const isRoot = process.geteuid() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    const { what, at } = await problem(folder);
    assert.equal([what, at], ["no permission", "secret"]);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(folder, "secret"), 0o755);
  }
});

Files.run();
