/**
 * @file Event files of TensorBoard: scalars by step, in records with checksums, as TensorFlow writes them.
 *
 * A record is the length of its data (8 bytes, little endian), the checksum of the length, the data, and the checksum of the data. The data are an
 * `Event` of `event.proto`, whose fields have the numbers below. A field with its default value is left out, as step 0 is.
 */

import { hostname } from "node:os";
import { PbfWriter } from "pbf";
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { crc32c, masked } from "../io/meshtf/crc32c.js";
import { joined, type Store } from "../store/store.js";

const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION_LOG = { status: 1 } as const;
const START = 1;

/** The bytes of one record. */
const recordOf = (data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return bytes;
};

const checkStep = (where: string, step: number): void => {
  if (Number.isSafeInteger(step) && step >= 0) return;
  throw new ArgumentError({ where, what: "not a step", expected: "an integer from 0", got: `${step}` });
};

const eventRecord = (wallTime: number, step: number, fill: (event: PbfWriter) => void): Uint8Array => {
  const event = new PbfWriter();
  event.writeDoubleField(EVENT.wallTime, wallTime);
  if (step > 0) event.writeVarintField(EVENT.step, step);
  fill(event);
  return recordOf(event.finish());
};

/**
 * The first record of an event file.
 *
 * @param wallTime  in seconds since 1970
 * @example fileVersionRecord(Date.now() / 1000)
 */
export const fileVersionRecord = takes(
  "fileVersionRecord(wallTime)",
  (wallTime: number): Uint8Array =>
    eventRecord(wallTime, 0, (event) => event.writeStringField(EVENT.fileVersion, "brain.Event:2")),
);

/**
 * The record that says that a run begins, or goes on, at a step: TensorBoard drops what earlier files of the folder have from that step on.
 *
 * @param wallTime  in seconds since 1970
 * @throws {ArgumentError} for a step that is not an integer from 0
 * @example startRecord(Date.now() / 1000, 200)
 */
export const startRecord = takes("startRecord(wallTime, step)", (wallTime: number, step: number): Uint8Array => {
  checkStep("startRecord", step);
  return eventRecord(wallTime, step, (event) => {
    event.writeMessage(EVENT.sessionLog, (status, pbf) => pbf.writeVarintField(SESSION_LOG.status, status), START);
  });
});

const writeScalar = ([tag, value]: readonly [string, number], pbf: PbfWriter): void => {
  pbf.writeStringField(VALUE.tag, tag);
  pbf.writeFloatField(VALUE.simpleValue, value);
};

const writeSummary = (scalars: Readonly<Record<string, number>>, pbf: PbfWriter): void => {
  for (const scalar of Object.entries(scalars)) pbf.writeMessage(SUMMARY.value, writeScalar, scalar);
};

/**
 * The record of the scalars of a step, by their tags. Values are rounded to float32; NaN and infinities stay what they are, and TensorBoard shows
 * them as such.
 *
 * @param wallTime  in seconds since 1970
 * @throws {ArgumentError} for a step that is not an integer from 0
 * @example scalarsRecord(Date.now() / 1000, 200, { loss: 0.7, "eval/accuracy": 71.5 })
 */
export const scalarsRecord = takes(
  "scalarsRecord(wallTime, step, scalars)",
  (wallTime: number, step: number, scalars: Readonly<Record<string, number>>): Uint8Array => {
    checkStep("scalarsRecord", step);
    return eventRecord(wallTime, step, (event) => event.writeMessage(EVENT.summary, writeSummary, scalars));
  },
);

/** Writes the scalars of a run, step by step. */
export interface TensorBoardWriter {
  /**
   * Adds the scalars of a step to the file. Calls are written in their order.
   *
   * @throws {ArgumentError} for a step that is not an integer from 0
   * @throws {CheckpointError} when the file cannot be written
   */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void>;
}

/** How many writers this process has made: each has its own file. */
let writers = 0;

const NAME = "events.out.tfevents.";

/** The seconds in the name of a new file: those of the clock, or later, since TensorBoard reads files in the order of their names. */
const secondsAfter = (paths: readonly string[], prefix: string, clock: number): number => {
  const before = paths.flatMap((path) =>
    path.startsWith(prefix) ? Number.parseInt(path.slice(prefix.length), 10) : [],
  );
  return Math.max(Math.floor(clock), ...before.map((seconds) => seconds + 1));
};

/** The path of a new event file, behind all others of its folder, also where the clock has been put back. */
const newPath = async (store: Store, folder: string, clock: number): Promise<string> => {
  const prefix = folder === "" ? NAME : `${folder}/${NAME}`;
  const host = hostname().replaceAll(/[^\w.-]/g, "_");
  const seconds = `${secondsAfter(await store.list(), prefix, clock)}`.padStart(10, "0");
  return `${prefix}${seconds}.${host}.${process.pid}.${writers++}`;
};

/**
 * A writer with a new event file in a folder of a store, which is made with the first scalars. TensorBoard reads the files of a folder in the order of
 * their names, as one run: a run that goes on makes one more, and what the ones before have from its first step on is dropped. So a folder is for
 * one writer at a time.
 *
 * @param folder  a path in the store, whose last part TensorBoard shows as the name of the run; `""` for the store itself
 * @param now  the time in milliseconds since 1970: `Date.now`
 * @example
 * const board = tensorBoardWriter(nodeStore("runs/cb"), "train", Date.now);
 * await board.scalars(200, { loss: 0.7 });
 */
export const tensorBoardWriter = takes(
  "tensorBoardWriter(store, folder, now)",
  (store: Store, folder: string, now: () => number): TensorBoardWriter => {
    const begun = now() / 1000;
    let path: string | undefined;
    let written: Promise<void> = Promise.resolve();
    const write = async (step: number, record: Uint8Array): Promise<void> => {
      if (path !== undefined) return await store.append(path, record);
      path = await newPath(store, folder, begun);
      await store.append(path, joined([fileVersionRecord(begun), startRecord(begun, step), record]));
    };
    return {
      scalars: async (step, values) => {
        const record = scalarsRecord(now() / 1000, step, values);
        written = written.then(() => write(step, record));
        await written;
      },
    };
  },
);
