import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { orThrow } from "../../lib/edge/either.js";
import { MINI_DATA, NANO_MODEL, noteSynthetic, TRANSFER_DATA } from "../../lib/lab/assets.js";
import { digestOfExamples, digestOfFiles } from "../../lib/lab/digest.js";
import { checkVocabulary, pathOf, placesOf, tokenizerAt } from "../../lib/lab/inputs.js";
import {
  changedExamples,
  dataPlaces,
  decodeLock,
  examplesLock,
  findInput,
  type Lock,
  makeLock,
} from "../../lib/lab/lock.js";
import type { T5Config } from "../../lib/t5/config.js";
import { temporaryFolder } from "../io/folder.js";
import { ownTask } from "./own-task.js";
import { refusal, refused } from "./refused.js";

const Inputs = suite("lab/inputs");
const folder = temporaryFolder(Inputs);

let before: string | undefined;
Inputs.before(() => {
  before = process.env.FLUXION_CACHE;
  process.env.FLUXION_CACHE = join(folder, "cache");
});
Inputs.after(() => {
  if (before === undefined) delete process.env.FLUXION_CACHE;
  else process.env.FLUXION_CACHE = before;
});

let places = 0;
/** A new folder with a run and a model in it, and the lock of the run. */
const locked = async (whole = false) => {
  const base = join(folder, `place-${++places}`);
  const [run, model] = [join(base, "runs", "one"), join(base, "models", "m")];
  mkdirSync(run, { recursive: true });
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, "a.bin"), "weights");
  writeFileSync(join(model, "b.bin"), "more");
  const data = join(base, "data");
  mkdirSync(data);
  const names = { model, tokenizer: "", data };
  const lock = await makeLock(names, { model, tokenizer: model, data }, { "own/train": "1" }, { folder: run, whole });
  const find = (at: string, given?: string, verify = false) =>
    findInput("model", lock.model, { folder: at, given, verify });
  return { base, run, model, data, lock, find };
};

Inputs("what comes with the package, paths, and what was fetched are found by their names", () => {
  assert.is(pathOf("--model <path>", "t5-nano"), NANO_MODEL);
  assert.is(pathOf("--data <dir>", "superglue-mini"), MINI_DATA);
  assert.is(pathOf("--data <dir>", "transfer-mini"), TRANSFER_DATA);
  assert.is(pathOf("--model <path>", folder), folder);
  assert.is(pathOf("--model <path>", "no/such/path"), "no/such/path");
  const error = refused(() => pathOf("--model <path>", "t5-small"));
  const cached = placesOf("t5-small", "recorded", "/run").at(-1) as string;
  assert.ok(cached.startsWith(join(folder, "cache")), cached);
  assert.equal(error, {
    where: "--model <path>",
    what: "this has not been fetched yet",
    expected: `the folder ${cached}, or a path`,
    got: "t5-small",
    hint: "npx fluxion fetch t5-small",
  });
  mkdirSync(cached, { recursive: true });
  assert.is(pathOf("--model <path>", "t5-small"), cached);
});

Inputs("data sets that were fetched are named by their groups, and all of them together", () => {
  for (const name of ["superglue", "glue", "squad", "mrqa", "dpr", "fetched"]) {
    const path = join(folder, "cache", name === "fetched" ? "data" : `data/${name}`);
    rmSync(join(folder, "cache", "data"), { recursive: true, force: true });
    const { hint, expected } = refused(() => pathOf("--data <dir>", name));
    assert.is(hint, `npx fluxion fetch ${name === "fetched" ? "NAME" : name}`);
    assert.is(expected, `the folder ${path}, or a path`);
    mkdirSync(path, { recursive: true });
    assert.is(pathOf("--data <dir>", name), path);
  }
});

Inputs("synthetic data that comes with the package is noted as such, with what its scores say nothing about", () => {
  const notesOf = (data: string): string[] => {
    const notes: string[] = [];
    noteSynthetic(data, { note: (line) => notes.push(line) });
    return notes;
  };
  const end = "--data DIR names the official files";
  assert.equal(notesOf(MINI_DATA), [
    `the data is synthetic (superglue-mini): its scores say nothing about SuperGLUE; ${end}`,
  ]);
  assert.equal(notesOf(TRANSFER_DATA), [
    `the data is synthetic (transfer-mini): its scores say nothing about GLUE, SQuAD and MRQA; ${end}`,
  ]);
  assert.equal(notesOf(folder), []);
});

Inputs("an input is looked for as it was named and recorded, beside the run, and by its name", () => {
  assert.equal(placesOf("m", "/rec/m", "/run"), ["m", "/rec/m", "/run/m"]);
  assert.equal(placesOf("/m", "/m", "/run"), ["/m"]);
  assert.equal(placesOf("t5-nano", "/rec", "/run"), [NANO_MODEL, "t5-nano", "/rec", "/run/t5-nano"]);
});

Inputs("a lock names model, tokenizer and data, with their digests", async () => {
  const { lock, model, data } = await locked();
  const digest = await digestOfFiles(model);
  const input = { name: model, path: model, relative: "../../models/m", digest };
  assert.equal(lock.model, { ...input, whole: undefined });
  assert.equal(lock.tokenizer, lock.model);
  assert.equal(lock.data, { name: data, path: data, relative: "../../data" });
  assert.equal([lock.schema, lock.examples], [2, { "own/train": "1" }]);
  const read = orThrow(decodeLock(JSON.parse(JSON.stringify(lock)), "lock.json"));
  assert.equal(JSON.stringify(read), JSON.stringify(lock));
  const whole = (await locked(true)).lock.model.whole;
  assert.is(whole, await digestOfFiles(model, true));
  const own = await makeLock(
    { model, tokenizer: "own.model", data },
    { model, tokenizer: join(model, "a.bin"), data },
    {},
    { folder, whole: false },
  );
  assert.equal([own.tokenizer.name, own.tokenizer.digest], ["own.model", await digestOfFiles(join(model, "a.bin"))]);
});

Inputs("a lock that cannot be read is refused", () => {
  const error = refused(() => orThrow(decodeLock({ fluxion: "1" }, "x/lock.json")), "CheckpointError");
  assert.is(error.where, "run folder");
});

Inputs("a model is found where it was, where it is given, and beside a run that was moved with it", async () => {
  const { base, run, model, find } = await locked();
  assert.is(await find(run), model);
  const moved = join(folder, "moved");
  renameSync(base, moved);
  assert.is(await find(join(moved, "runs", "one")), join(moved, "models", "m"));
  const elsewhere = join(folder, "elsewhere");
  renameSync(join(moved, "models", "m"), elsewhere);
  assert.is(await find(run, elsewhere), elsewhere);
  const gone = await refusal(find(run), "CheckpointError");
  assert.equal([gone.where, gone.what, gone.at], ["run folder", "the model of the run is not there", model]);
  assert.is(gone.expected, model);
  assert.is(gone.hint, "name the one that the run was started with: --model PATH");
});

Inputs("a model that has changed is refused, unless the right one is at another place", async () => {
  const { run, model, lock, find } = await locked();
  writeFileSync(join(model, "b.bin"), "MORE");
  const error = await refusal(find(run), "CheckpointError");
  assert.equal([error.what, error.at], ["the model has changed since the run was started", model]);
  assert.is(error.expected, `the digest ${lock.model.digest.slice(0, 12)}`);
  const given = await refusal(find(run, model), "CheckpointError");
  assert.is(given.at, model);
  const right = resolve(run, model);
  const copy = join(folder, "copy");
  mkdirSync(copy);
  writeFileSync(join(copy, "a.bin"), "weights");
  writeFileSync(join(copy, "b.bin"), "more");
  const other = { ...lock.model, name: right, relative: "../../../copy" };
  assert.is(await findInput("model", other, { folder: run, given: undefined, verify: false }), copy);
});

Inputs("every byte is compared where it is asked for and was recorded", async () => {
  const { run, model, find } = await locked(true);
  assert.is(await find(run, undefined, true), model);
  const plain = await locked();
  const error = await refusal(plain.find(plain.run, undefined, true), "CheckpointError");
  assert.is(error.what, "the run has no digest of every byte of its model");
  assert.is(error.expected, "a run that was started with --verify");
  const { lock } = await locked(true);
  const other = { ...lock.model, whole: "0".repeat(64) };
  const changed = await refusal(
    findInput("tokenizer", other, { folder: run, given: model, verify: true }),
    "CheckpointError",
  );
  assert.equal([changed.what, changed.at], ["the tokenizer has changed since the run was started", model]);
});

Inputs("data is looked for at the given folder, or at all places that are there", async () => {
  const { run, data, lock } = await locked();
  assert.equal(dataPlaces(lock, run, "/given"), ["/given"]);
  assert.equal(dataPlaces(lock, run, undefined), [data]);
  rmSync(data, { recursive: true });
  assert.equal(dataPlaces(lock, run, undefined), [data]);
  const moved = { ...lock, data: { ...lock.data, relative: "." } };
  assert.equal(dataPlaces(moved, run, undefined), [run]);
});

Inputs("the digests of examples tell tasks and splits, and which of them have changed", () => {
  const one = { id: "1", inputs: "a", targets: "b", truth: 0 };
  const [own, other] = [ownTask(), ownTask("other")];
  const examples = examplesLock([{ task: own, examples: [one] }], [{ task: other, examples: [] }]);
  assert.equal(examples, { "own/train": digestOfExamples([one]), "other/validation": digestOfExamples([]) });
  const lock = { examples: { a: "1", b: "2", c: "3" } } as unknown as Lock;
  assert.equal(changedExamples(lock, { a: "1", b: "2", c: "3" }), []);
  assert.equal(changedExamples(lock, { a: "1", b: "9", d: "4" }), ["b", "c", "d"]);
});

Inputs("a tokenizer has to belong to the model", async () => {
  const tokenizer = await tokenizerAt("", NANO_MODEL);
  assert.is((await tokenizerAt(join(NANO_MODEL, "spiece.model"), "nowhere")).vocabSize, tokenizer.vocabSize);
  const model = (vocabSize: number) => ({ vocabSize }) as T5Config;
  checkVocabulary(model(tokenizer.vocabSize), tokenizer);
  checkVocabulary(model(tokenizer.vocabSize + 1), tokenizer);
  const error = refused(() => checkVocabulary(model(tokenizer.vocabSize - 1), tokenizer));
  assert.equal([error.expected, error.got], [`at most ${tokenizer.vocabSize - 1} pieces`, `${tokenizer.vocabSize}`]);
});

Inputs.run();
