/** @file Event files of TensorBoard are those of its own writer, byte for byte. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { fileVersionRecord, scalarsRecord, startRecord, tensorBoardWriter } from "../../lib/lab/tensorboard.js";
import { memoryStore, nodeStore, readFrom, type Store } from "../../lib/store/index.js";
import { temporaryFolder } from "../io/folder.js";
import { EVENT_FILE, SCALARS, WALL_TIME } from "./event-file.js";

const Board = suite("lab/tensorboard");
const folder = temporaryFolder(Board);

/** The records of a file, by their lengths alone. */
const recordsOf = (bytes: Uint8Array): Uint8Array[] => {
  const records: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const size = 16 + Number(view.getBigUint64(at, true));
    records.push(bytes.slice(at, at + size));
    at += size;
  }
  return records;
};

Board("each record has the bytes that TensorBoard's writer gives it", () => {
  const golden = recordsOf(EVENT_FILE);
  assert.is(golden.length, 3 + SCALARS.length);
  assert.equal(fileVersionRecord(WALL_TIME), golden[0]);
  assert.equal(startRecord(WALL_TIME, 0), golden[1]);
  assert.equal(startRecord(WALL_TIME, 200), golden[2]);
  SCALARS.forEach(([step, scalars], i) => {
    assert.equal(scalarsRecord(WALL_TIME + i + 1, step, scalars), golden[3 + i], `step ${step}`);
  });
});

Board("a step that is no integer from 0 is refused", () => {
  for (const step of [-1, 0.5, NaN, 2 ** 53]) {
    for (const [name, write] of [
      ["startRecord", () => startRecord(1, step)],
      ["scalarsRecord", () => scalarsRecord(1, step, { loss: 1 })],
    ] as const) {
      try {
        write();
        assert.unreachable();
      } catch (error) {
        assert.ok(isFluxionError(error, "ArgumentError"), String(error));
        assert.match(error.message, `${name}: not a step`);
        assert.match(error.message, `got       ${step}`);
      }
    }
  }
});

/** A clock that is a second later at each call. */
const clock = (): (() => number) => {
  let seconds = WALL_TIME - 1;
  return () => 1000 * ++seconds;
};
const fileOf = async (store: Store, path: string): Promise<Uint8Array[]> => {
  const bytes = await readFrom(store, path);
  assert.ok(bytes !== undefined, path);
  return recordsOf(bytes);
};

for (const [kind, make] of [
  ["memory", memoryStore],
  ["node", () => nodeStore(folder)],
] as const) {
  Board(`${kind}: a writer has a file of its own, with a version, a start and the scalars in their order`, async () => {
    const store = make();
    const [first, second] = [clock(), clock()].map((now) => tensorBoardWriter(store, "run/train", now));
    assert.equal(await store.list(), [], "nothing is written before there are scalars");
    await Promise.all([1, 2, 3].map((step) => first.scalars(step, { loss: step })));
    await second.scalars(2, { loss: 2.5 });
    const paths = await store.list();
    assert.is(paths.length, 2);
    // The second file has a later name, since TensorBoard reads files in the order of their names.
    paths.forEach((path, i) => {
      assert.match(path, new RegExp(`^run/train/events\\.out\\.tfevents\\.170000000${i}\\.[\\w.-]+\\.\\d+\\.\\d+$`));
    });
    assert.ok(paths.every((path) => path.includes(`.${process.pid}.`)));
    const [version, at] = [fileVersionRecord(WALL_TIME), (i: number) => WALL_TIME + i];
    assert.equal(await fileOf(store, paths[0]), [
      version,
      startRecord(WALL_TIME, 1),
      ...[1, 2, 3].map((step) => scalarsRecord(at(step), step, { loss: step })),
    ]);
    assert.equal(await fileOf(store, paths[1]), [
      version,
      startRecord(WALL_TIME, 2),
      scalarsRecord(at(1), 2, { loss: 2.5 }),
    ]);
  });
}

Board("a file comes behind those of before, also where the clock has been put back", async () => {
  const store = memoryStore();
  for (const hours of [0, -1, -30]) {
    const board = tensorBoardWriter(store, "train", () => 1000 * (WALL_TIME + 3600 * hours));
    await board.scalars(hours + 30, { loss: 1 });
  }
  await store.write("train/notes.txt", "");
  const seconds = (await store.list()).flatMap((path) => /tfevents\.(\d+)/.exec(path)?.[1] ?? []);
  assert.equal(seconds, ["1700000000", "1700000001", "1700000002"]);
});

Board("without a folder the file is in the store itself, and a wrong step leaves the file as it was", async () => {
  const store = memoryStore();
  const board = tensorBoardWriter(store, "", () => 5000);
  const error = await board.scalars(-1, {}).catch((e: unknown) => e);
  assert.ok(isFluxionError(error, "ArgumentError"));
  await board.scalars(7, { loss: 1 });
  const [path, ...others] = await store.list();
  assert.match(path, /^events\.out\.tfevents\.0000000005\./);
  assert.equal(others, []);
  assert.is((await fileOf(store, path)).length, 3);
});

Board("an error of the store is told, with the file", async () => {
  const store = nodeStore(folder);
  await store.write("taken", "a file");
  const error = await tensorBoardWriter(store, "taken", Date.now)
    .scalars(1, { loss: 1 })
    .catch((e: unknown) => e);
  assert.ok(isFluxionError(error, "CheckpointError"), String(error));
  assert.match(error.message, "events.out.tfevents");
});

Board.run();
