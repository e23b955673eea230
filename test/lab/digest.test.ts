/** @file Digests of inputs, and how a run finds what it was made from again. */
import { cpSync, mkdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { digestOfExamples, digestOfFiles } from "../../lib/lab/digest.js";
import { changedExamples, dataPlaces, findInput, makeLock } from "../../lib/lab/lock.js";
import { temporaryFolder } from "../io/folder.js";
import { exampleOf } from "../train/fakes.js";

const Digest = suite("lab/digest");
const root = temporaryFolder(Digest);

/** A folder with these files. */
const folderOf = (name: string, files: Readonly<Record<string, string>>): string => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, name, path, ".."), { recursive: true });
    writeFileSync(join(root, name, path), text);
  }
  return join(root, name);
};
const failure = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    assert.ok(isFluxionError(error, "CheckpointError"), String(error));
    return error.message;
  }
  return "no error";
};

Digest("the digest of a folder is that of its files and their names, wherever it is", async () => {
  const digest = await digestOfFiles(folderOf("a", { "config.json": "{}", "deep/model": "1" }));
  assert.match(`${digest}`, /^[0-9a-f]{64}$/);
  assert.is(await digestOfFiles(folderOf("b", { "deep/model": "1", "config.json": "{}" })), digest);
  for (const [name, files] of Object.entries({
    content: { "config.json": "{}", "deep/model": "2" },
    renamed: { "config.json": "{}", "deep/models": "1" },
    moved: { "config.json": "{}", model: "1" },
    more: { "config.json": "{}", "deep/model": "1", other: "" },
  })) {
    assert.is.not(await digestOfFiles(folderOf(name, files)), digest, name);
  }
  assert.is(await digestOfFiles(join(root, "nowhere", "at-all")), undefined);
});

Digest("one file is known by its content alone, and files with one beginning belong together", async () => {
  const dir = folderOf("files", { "one.model": "1", "two.model": "1", "three.model": "3" });
  const digest = await digestOfFiles(join(dir, "one.model"));
  assert.is(await digestOfFiles(join(dir, "two.model")), digest);
  assert.is.not(await digestOfFiles(join(dir, "three.model")), digest);
  const both = folderOf("both", { "model.ckpt-1.index": "1", "model.ckpt-1.data": "2", "model.ckpt-10.index": "3" });
  const two = await digestOfFiles(join(both, "model.ckpt-1"));
  writeFileSync(join(both, "model.ckpt-10.index"), "4");
  assert.is(await digestOfFiles(join(both, "model.ckpt-1")), two);
  writeFileSync(join(both, "model.ckpt-1.data"), "3");
  assert.is.not(await digestOfFiles(join(both, "model.ckpt-1")), two);
});

Digest("of a large file size, beginning, end and samples count, or every byte", async () => {
  const path = join(root, "large");
  const size = 40 * 2 ** 20;
  writeFileSync(path, "");
  truncateSync(path, size);
  const write = async (at: number, text: string): Promise<void> => {
    const file = await open(path, "r+");
    await file.write(text, at);
    await file.close();
  };
  const [sampled, whole] = [await digestOfFiles(path), await digestOfFiles(path, true)];
  for (const at of [0, size - 1]) {
    await write(at, "x");
    assert.is.not(await digestOfFiles(path), sampled, `byte ${at}`);
    await write(at, "\0");
  }
  // Between the first two of the samples.
  await write(2 ** 20, "x");
  assert.is(await digestOfFiles(path), sampled);
  assert.is.not(await digestOfFiles(path, true), whole);
  await write(2 ** 20, "\0");
  truncateSync(path, size + 1);
  assert.is.not(await digestOfFiles(path), sampled);
});

Digest("the digest of examples is that of what is in them, in their order", () => {
  const [a, b] = [exampleOf("a", "red"), exampleOf("b", "green")];
  const digest = digestOfExamples([a, b]);
  assert.is(digestOfExamples([{ ...a }, b]), digest);
  const { id, ...rest } = a;
  assert.is(digestOfExamples([{ ...rest, id }, b]), digest);
  for (const other of [[b, a], [a], [a, b, b], [{ ...a, truth: 2 }, b], [{ ...a, inputs: "?" }, b]]) {
    assert.is.not(digestOfExamples(other), digest);
  }
});

Digest("examples that changed are told by task and split", () => {
  const lock = { examples: { "cb/train": "1", "cb/validation": "2", "rte/train": "3" } } as never;
  const now = { "cb/train": "1", "cb/validation": "9", "wic/train": "4" };
  assert.equal(changedExamples(lock, now).toSorted(), ["cb/validation", "rte/train", "wic/train"]);
  assert.equal(changedExamples(lock, { "cb/train": "1", "cb/validation": "2", "rte/train": "3" }), []);
});

/** The lock of a run in a folder with its model beside it. */
const lockOf = async (name: string, whole = false) => {
  const model = folderOf(`${name}/models/m`, { "config.json": "{}", "model.bin": "1" });
  const data = folderOf(`${name}/data`, { "CB/train.jsonl": "" });
  const folder = join(root, name, "runs", "r");
  const places = { model, tokenizer: model, data };
  return { model, folder, lock: await makeLock(places, places, {}, { folder, whole }) };
};

Digest("an input is found where it was, at a given path, or from the run where both have moved", async () => {
  const { model, folder, lock } = await lockOf("first");
  const how = { folder, given: undefined, verify: false };
  assert.is(await findInput("model", lock.model, how), model);
  renameSync(join(root, "first"), join(root, "second"));
  const there = join(root, "second", "models", "m");
  const moved = join(root, "second", "runs", "r");
  assert.is(await findInput("model", lock.model, { ...how, folder: moved }), there);
  assert.equal(dataPlaces(lock, moved, undefined), [join(root, "second", "data")]);
  assert.equal(dataPlaces(lock, moved, "elsewhere"), ["elsewhere"]);
  const gone = await failure(() => findInput("model", lock.model, how));
  for (const part of ["the model of the run is not there", model, "--model PATH"]) assert.ok(gone.includes(part), gone);
  assert.is(await findInput("model", lock.model, { ...how, given: there }), there);
});

Digest("an input that has changed is refused, and one elsewhere that has not is taken", async () => {
  const { model, folder, lock } = await lockOf("changing");
  const copy = join(root, "copy");
  cpSync(model, copy, { recursive: true });
  writeFileSync(join(model, "model.bin"), "2");
  const how = { folder, given: undefined, verify: false };
  const message = await failure(() => findInput("model", lock.model, how));
  for (const part of ["the model has changed", lock.model.digest.slice(0, 12), model]) {
    assert.ok(message.includes(part), message);
  }
  assert.is(await findInput("model", lock.model, { ...how, given: copy }), copy);
  assert.match(
    await failure(() => findInput("tokenizer", lock.tokenizer, { ...how, given: model })),
    "the tokenizer has",
  );
});

Digest("every byte is compared where the start and the end of a run ask for it", async () => {
  const sampled = await lockOf("sampled");
  const how = { folder: sampled.folder, given: undefined, verify: true };
  const message = await failure(() => findInput("model", sampled.lock.model, how));
  assert.ok(message.includes("no digest of every byte") && message.includes("--verify"), message);
  const { model, folder, lock } = await lockOf("whole", true);
  assert.is(await findInput("model", lock.model, { ...how, folder }), model);
  const other = { ...lock.model, whole: "0".repeat(64) };
  assert.match(await failure(() => findInput("model", other, { ...how, folder })), "has changed since");
});

Digest.run();
