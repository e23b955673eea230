/** @file One set of laws for every store. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { memoryStore, nodeStore, readFrom, type Store } from "../../lib/store/index.js";
import { inStaging } from "../../lib/store/staging.js";
import { SIGNALS } from "../../lib/store/undo.js";
import { temporaryFolder } from "../io/folder.js";

const Stores = suite("store/store");
const root = temporaryFolder(Stores);

const KINDS: Readonly<Record<string, (name: string) => Store>> = {
  memory: () => memoryStore(),
  node: (name) => nodeStore(join(root, name)),
};
const check = (title: string, body: (store: Store) => Promise<void>): void => {
  for (const [kind, open] of Object.entries(KINDS)) {
    Stores(`${kind}: ${title}`, () => body(open(title.replaceAll(/\W/g, "-"))));
  }
};
const text = async (store: Store, path: string): Promise<string> =>
  new TextDecoder().decode(await readFrom(store, path));
const refused = async (work: () => Promise<unknown>): Promise<string> => {
  const error = await work().then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.ok(isFluxionError(error, "CheckpointError"), String(error));
  return error.message;
};

check("an empty one lists and opens nothing", async (store) => {
  assert.equal(await store.list(), []);
  assert.is(await store.open("a"), undefined);
  assert.is(await store.open("a/b"), undefined);
  assert.is(await readFrom(store, "a"), undefined);
});

check("what is written is read, in whole and in parts, and listed by paths in order", async (store) => {
  await store.write("b.txt", "tä");
  await store.write("a/deep/c.bin", Uint8Array.from([1, 2, 3, 4]));
  await store.write("a/pieces.bin", [Uint8Array.from([1]), Uint8Array.from([]), Uint8Array.from([2, 3])]);
  assert.equal(await store.list(), ["a/deep/c.bin", "a/pieces.bin", "b.txt"]);
  assert.is(await text(store, "b.txt"), "tä");
  assert.equal(await readFrom(store, "a/pieces.bin"), Uint8Array.from([1, 2, 3]));
  const file = await store.open("a/deep/c.bin");
  assert.is(file?.size, 4);
  assert.equal(await file?.read(1, 2), Uint8Array.from([2, 3]));
  assert.equal(await file?.read(3, 9), Uint8Array.from([4]));
  assert.equal(await file?.read(7, 1), Uint8Array.from([]));
  await file?.close();
  assert.is(await store.open("b.txt/below"), undefined);
  await store.write("b.txt", "new");
  assert.is(await text(store, "b.txt"), "new");
});

check("a write that fails leaves the file as it was", async (store) => {
  await store.write("a", "old");
  function* broken(): Iterable<Uint8Array> {
    yield Uint8Array.from([1, 2, 3]);
    throw new Error("no more");
  }
  let message = "";
  await store.write("a", broken()).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, "no more");
  assert.is(await text(store, "a"), "old");
  assert.equal(await store.list(), ["a"]);
});

check("what is given is copied, and so is what is read", async (store) => {
  const bytes = Uint8Array.from([1, 2]);
  await store.write("a", bytes);
  bytes[0] = 9;
  const read = await readFrom(store, "a");
  (read as Uint8Array)[1] = 9;
  assert.equal(await readFrom(store, "a"), Uint8Array.from([1, 2]));
});

check("text is added to the end, of a file that need not be there", async (store) => {
  await store.append("logs/a.jsonl", "1\n");
  await store.append("logs/a.jsonl", "ä\n");
  assert.is(await text(store, "logs/a.jsonl"), "1\nä\n");
});

check("bytes are added to the end, as they are, and behind text", async (store) => {
  const bytes = Uint8Array.from([9, 0, 0xff, 0x0a, 9]);
  const within = bytes.subarray(1, 4);
  await store.append("events/a", within);
  within.fill(7);
  await store.append("events/a", Uint8Array.from([]));
  await store.append("events/a", "ä");
  await store.append("events/a", Uint8Array.from([0xc3]));
  assert.equal(await readFrom(store, "events/a"), Uint8Array.from([0, 0xff, 0x0a, 0xc3, 0xa4, 0xc3]));
  await store.append("events/none", Uint8Array.from([]));
  assert.equal(await readFrom(store, "events/none"), Uint8Array.from([]));
});

check("it is locked for one writer at a time, whose mark is not listed", async (store) => {
  const unlock = await store.lock(() => false);
  await store.write("a", "1");
  assert.equal(await store.list(), ["a"]);
  const said = await refused(() => store.lock(() => false));
  assert.match(said, /writes[\s\S]*hint +wait until it has ended/);
  await unlock();
  await (await store.lock(() => false))();
});

check("a file that is removed is gone, and one that is missing can be removed", async (store) => {
  for (const path of ["a", "below/b", "below/c"]) await store.write(path, "1");
  await store.remove("below/b");
  assert.equal(await store.list(), ["a", "below/c"]);
  assert.is(await store.open("below/b"), undefined);
  await store.remove("below/b");
  await store.remove("nowhere/at/all");
  await store.write("below/b", "2");
  assert.is(await text(store, "below/b"), "2");
});

check("the store below a folder has the files of the folder, and they have the folder in front", async (store) => {
  const below = store.below("seed-1");
  assert.equal(await below.list(), []);
  await below.write("recipe.json", "1");
  await below.append("deep/log", "2");
  await store.write("seed-1/other", "3");
  await store.write("seed-10/other", "4");
  await store.write("own", "5");
  assert.equal(await below.list(), ["deep/log", "other", "recipe.json"]);
  assert.equal(await store.list(), ["own", "seed-1/deep/log", "seed-1/other", "seed-1/recipe.json", "seed-10/other"]);
  assert.is(await text(store, "seed-1/deep/log"), "2");
  assert.is(await text(below, "other"), "3");
  assert.is(await below.open("own"), undefined);
  assert.is(await text(store.below("seed-1").below("deep"), "log"), "2");
  await below.remove("other");
  assert.is(await store.open("seed-1/other"), undefined);
});

check("the store below a folder is named so, and has a lock of its own", async (store) => {
  const [one, two] = [store.below("one"), store.below("two")];
  assert.match(one.name("a"), /one.a$/);
  assert.not.equal(one.name(), store.name());
  const locks = [await store.lock(() => false), await one.lock(() => false), await two.lock(() => false)];
  assert.ok((await refused(() => store.below("one").lock(() => false))).includes(one.name()));
  for (const unlock of locks) await unlock();
  await (await store.below("one").lock(() => false))();
});

Stores("node: messages have the path and the remedy", async () => {
  const dir = join(root, "messages");
  mkdirSync(join(dir, "folder"), { recursive: true });
  const store = nodeStore(dir);
  assert.is(store.name(), dir);
  assert.is(store.name("a/b"), join(dir, "a", "b"));
  await store.write("file", "x");
  assert.match(await refused(() => store.write("file/below", "x")), join(dir, "file"));
  assert.match(await refused(() => store.write("folder", "x")), join(dir, "folder"));
  assert.match(await refused(() => store.append("folder", "x")), /this is a folder[\s\S]*folder/);
  const unlock = await store.lock(() => false);
  assert.match(await refused(() => store.lock(() => false)), /got +\S+\.writing-\S+\n/);
  await unlock();
});

Stores("node: the lock removes what a killed writer left, and no more", async () => {
  const dir = join(root, "killed");
  mkdirSync(join(dir, "below"), { recursive: true });
  // No process has this number: it is above the largest.
  const { hostname } = await import("node:os");
  const gone = `.writing-${hostname().replaceAll(/[^\w.]/g, "_")}-99999999-0123abcd`;
  for (const name of [gone, "a.json.12", "below/b.json.3", "c.txt.4", "d.json"]) writeFileSync(join(dir, name), "");
  const unlock = await nodeStore(dir).lock((path) => path.endsWith(".json"));
  assert.not.ok(existsSync(join(dir, gone)));
  assert.equal(await nodeStore(dir).list(), ["c.txt.4", "d.json"]);
  assert.is(readdirSync(dir).filter((name) => name.startsWith(".writing-")).length, 1);
  await unlock();
  assert.equal(readdirSync(dir).sort(), ["below", "c.txt.4", "d.json"]);
});

Stores("node: signals are listened to as long as a folder is locked or being written, and no longer", async () => {
  const count = (): readonly number[] => ["exit", ...SIGNALS].map((name) => process.listenerCount(name));
  const before = count();
  const during = before.map((n) => n + 1);
  const [one, two] = [nodeStore(join(root, "heard")), nodeStore(join(root, "heard too"))];
  const unlock = await one.lock(() => false);
  assert.equal(count(), during);
  const unlockOther = await two.lock(() => false);
  await refused(() => two.lock(() => false));
  await unlock();
  assert.equal(count(), during, "one is locked still");
  await unlockOther();
  assert.equal(count(), before);
  await inStaging(join(root, "staged"), async () => assert.equal(count(), during));
  assert.equal(count(), before);
  await inStaging(join(root, "failed"), () => Promise.reject(new Error("full"))).catch(() => undefined);
  assert.equal(count(), before);
});

Stores.run();
