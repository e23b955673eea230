/** @file Answers that are kept batch by batch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { holdsAnswers, openAnswers } from "../../lib/lab/answers.js";
import { memoryStore } from "../../lib/store/memory.js";
import { readFrom, type Store } from "../../lib/store/store.js";

const Kept = suite("lab/answers");
const ORIGIN = { model: "a", decode: "greedy", maxTokens: null };
const LINES = "progress/cb.jsonl";

const textOf = async (store: Store, path: string): Promise<string> =>
  new TextDecoder().decode(await readFrom(store, path));

/** A store with two batches of five examples. */
const begun = async (): Promise<Store> => {
  const store = memoryStore();
  const folder = await openAnswers(store);
  const answers = await folder.open("cb", 5, ORIGIN);
  await answers.keep({ rows: [4, 0], texts: ["four\n", "zero"] });
  await answers.keep({ rows: [1, 2], texts: ["", "two"] });
  assert.equal([answers.batches, answers.done], [2, 4]);
  await folder.close();
  return store;
};

/** What a store holds of the task. */
const found = async (store: Store, examples = 5) => {
  const folder = await openAnswers(store);
  const { batches, done, texts } = await folder.open("cb", examples, ORIGIN);
  await folder.close();
  return { batches, done, texts };
};

Kept("batches that are whole are found again", async () => {
  const store = await begun();
  assert.ok(await holdsAnswers(store));
  assert.not.ok(await holdsAnswers(memoryStore()));
  const texts = ["zero", "", "two", undefined, "four\n"];
  assert.equal(await found(store), { batches: 2, done: 4, texts });
});

Kept("a line that was cut off anywhere is asked again, and so are those behind it", async () => {
  const whole = await textOf(await begun(), LINES);
  const first = whole.indexOf("\n") + 1;
  for (let length = 0; length < whole.length; length++) {
    const store = await begun();
    await store.write(LINES, whole.slice(0, length));
    const { batches } = await found(store);
    assert.is(batches, length >= first ? 1 : 0);
    assert.is(await textOf(store, LINES), whole.slice(0, length >= first ? first : 0));
  }
  for (const line of ['{"rows":[0],"texts":[]}', '{"rows":[9],"texts":["x"]}', "{}", "\0\0", "[]"]) {
    const store = await begun();
    await store.write(LINES, `${whole.slice(0, first)}${line}\n${whole.slice(first)}`);
    assert.is((await found(store)).batches, 1, line);
  }
});

Kept("answers of another origin are refused, unless there are none yet", async () => {
  const store = await begun();
  const folder = await openAnswers(store);
  const error = await folder.open("cb", 5, { ...ORIGIN, model: "b", decode: "rank" }).catch((error: unknown) => error);
  if (!isFluxionError(error, "CheckpointError")) throw error;
  const { message } = error;
  for (const part of ["answers to cb", "another model, decode", "progress/cb.json", "--out", "remove this file"])
    assert.ok(message.includes(part), `${part} is not in ${message}`);
  await store.write(LINES, "{");
  assert.is((await folder.open("cb", 5, { ...ORIGIN, model: "b" })).batches, 0);
  await folder.close();
  const fewer = await openAnswers(await begun());
  assert.ok(isFluxionError(await fewer.open("cb", 1, { ...ORIGIN, model: "b" }).catch((error: unknown) => error)));
  const anew = await begun();
  await anew.remove("progress/cb.json");
  assert.equal((await found(anew)).batches, 0);
});

Kept.run();
