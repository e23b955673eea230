/**
 * @file Whether all workers of a sweep have one queue, and those of a queue on a server see one folder.
 *
 * Each of them leaves a file in the folder when it starts, and its name on the server. The next one has to find the file of that name: in a copy of
 * the folder it is missing, as soon as a worker has started since the copy was made.
 */
import { randomUUID } from "node:crypto";
import { CheckpointError } from "../../core/errors.js";
import { readFrom, type Store } from "../../store/store.js";
import { leasesOf } from "./folder-queue.js";
import { SWEEP_FOLDERS } from "./plan.js";

const FOLDER = SWEEP_FOLDERS.queue;
const NAME_FILE = `${FOLDER}/name`;

/** The place on a server that holds the name of the last worker's file. */
export interface Register {
  readonly read: () => Promise<string | undefined>;
  readonly write: (token: string) => Promise<void>;
}

const folderError = (sweep: Store, what: string, expected: string, hint: string): CheckpointError =>
  new CheckpointError({ where: "sweep", what, expected, at: sweep.name(), hint });

const RUN_FIRST = "npx fluxion sweep run FILE with the same --queue and --out prepares both, and works, too";

/**
 * The name of a sweep's queue, which is a part of its folder.
 *
 * - `create`: whether it is made where there is none
 * @throws {CheckpointError} where there is none
 */
export const queueName = async (sweep: Store, create: boolean): Promise<string> => {
  const found = await readFrom(sweep, NAME_FILE);
  if (found !== undefined) return new TextDecoder().decode(found);
  if (!create) throw folderError(sweep, "this sweep has no queue on a server", `${NAME_FILE} in its folder`, RUN_FIRST);
  const name = `fluxion-${randomUUID()}`;
  await sweep.write(NAME_FILE, name);
  return name;
};

/**
 * Compares the folder with what the last worker has left on the server, and leaves the next.
 *
 * - `create`: whether a server that knows nothing of the sweep is given it
 * @throws {CheckpointError} where the server knows nothing of the sweep, or its workers see another folder
 */
export const checkShared = async (sweep: Store, register: Register, create: boolean): Promise<void> => {
  const last = await register.read();
  if (last === undefined && !create)
    throw folderError(sweep, "the server has no queue of this sweep", "the server of `sweep run`", RUN_FIRST);
  if (last !== undefined && (await readFrom(sweep, `${FOLDER}/${last}`)) === undefined) {
    const hint = `put the sweep on a file system that all machines share; where this folder is the right one, remove ${sweep.name(NAME_FILE)} and call sweep run, which makes another queue`;
    throw folderError(sweep, "the other workers of this queue see another folder", "one folder for all workers", hint);
  }
  const token = randomUUID();
  await sweep.write(`${FOLDER}/${token}`, "");
  await register.write(token);
};

/**
 * Refuses the folder as a queue where workers have taken runs from a server: neither would know what the other is at work on.
 *
 * @throws {CheckpointError} in a sweep with a queue on a server
 */
export const refuseServed = async (sweep: Store): Promise<void> => {
  const files = await sweep.below(FOLDER).list();
  if (files.every((file) => `${FOLDER}/${file}` === NAME_FILE)) return;
  const what = "the workers of this sweep take its runs from a queue on a server";
  const hint = `give the same --queue; or, when none of them is at work any more, remove the folder ${sweep.name(FOLDER)}`;
  throw folderError(sweep, what, "one queue for all workers", hint);
};

/**
 * Refuses a queue on a server while workers without it hold runs.
 *
 * @throws {CheckpointError} with the machines that they run on
 */
export const refuseLeased = async (sweep: Store, leaseSeconds: number): Promise<void> => {
  const holders = [...(await leasesOf(sweep, leaseSeconds).holders()).values()];
  if (holders.length === 0) return;
  const what = `workers without a queue on a server are at work on this sweep, on ${[...new Set(holders.map(({ host }) => host))].join(", ")}`;
  const seconds = Math.max(...holders.map((holder) => holder.seconds));
  const hint = `wait until they have ended; a worker that was killed counts for ${seconds} more seconds`;
  throw folderError(sweep, what, "one queue for all workers", hint);
};
