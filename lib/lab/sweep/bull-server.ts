/** @file Servers that hold queues, by BullMQ: optional packages, which are loaded here alone. */
import type { Queue, QueueBaseOptions, Worker, WorkerOptions } from "bullmq";
import { CheckpointError, ConfigError, UnsupportedError } from "../../core/errors.js";
import { QUEUE_FLAG, type QueueAddress } from "./queue-address.js";

/** A queue on a server, and what takes jobs from it: both by one connection. */
export interface Served {
  readonly queue: Queue;
  readonly worker: Worker;
  /** Another queue, by the same connection. */
  readonly beside: (name: string) => Queue;
}

/** How a queue is opened. */
export interface ServerOptions {
  readonly name: string;
  /** Seconds for which a job is locked. */
  readonly lockSeconds: number;
  /** Whether the tables of a database are made, or brought up to date. */
  readonly migrate: boolean;
  /** Receives what goes wrong while BullMQ tries again. */
  readonly onError: (error: Error) => void;
}

const CONNECT_MS = 10_000;
const RETRY_MS = 500;
/** A run is not given up when workers die with it again and again: supervisors count its own deaths. */
const MOST_STALLED = 1_000_000;
/** Looks for jobs of workers that have died in the seconds of a lock. */
const CHECKS = 4;

/** What follows where one of some packages is not there. Bundlers pass over an import that is caught. */
const missing =
  (...names: readonly string[]) =>
  (cause: unknown): never => {
    throw new UnsupportedError(
      {
        where: QUEUE_FLAG,
        what: "a queue on a server needs packages that are not installed",
        expected: names.join(" and "),
        hint: `npm install ${names.join(" ")}; without --queue the folder of the sweep is the queue, which needs neither`,
      },
      { cause },
    );
  };

/** What a server says that refuses a connection. */
const messageOf = (error: unknown): string => {
  const { message, errors = [] } = error as AggregateError;
  return message || errors.map((one: Error) => one.message).join("; ") || String(error);
};

/** An error of a server, without the password of its address. */
export const serverError = (address: QueueAddress, what: string, error: unknown): CheckpointError =>
  new CheckpointError({
    where: QUEUE_FLAG,
    what,
    got: address.hide(messageOf(error)),
    at: address.shown,
    hint: "see whether the server runs, and can be reached from this machine with this name and password",
  });

/** Knocks at a server once, since BullMQ knocks without end. */
const knockRedis = async (address: QueueAddress): Promise<void> => {
  const { Redis } = await import("ioredis").catch(missing("bullmq", "ioredis"));
  const client = new Redis(address.url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: CONNECT_MS });
  let first: unknown;
  client.on("error", (error) => {
    first ??= error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw serverError(address, "the server does not answer", first ?? error);
  } finally {
    client.disconnect();
  }
};

/** The milliseconds by which the clock of a database is ahead of this machine's, at least. */
const knockPostgres = async (address: QueueAddress): Promise<number> => {
  const { Client } = (await import("pg").catch(missing("bullmq", "pg"))).default;
  try {
    const client = new Client({ connectionString: address.url, connectionTimeoutMillis: CONNECT_MS });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const before = Date.now();
      const { rows } = await client.query<{ now: number }>(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now",
      );
      const { now } = rows[0];
      return now < before ? now - before : Math.max(0, now - Date.now());
    } finally {
      await client.end();
    }
  } catch (error) {
    throw serverError(address, "the server does not answer", error);
  }
};

/** On PostgreSQL BullMQ compares the clocks of the machines: a lock would be over too early for one whose clock is ahead. */
const checkClock = (address: QueueAddress, aheadMs: number, lockSeconds: number): void => {
  const most = lockSeconds / 10;
  if (Math.abs(aheadMs) <= 1000 * most) return;
  throw new ConfigError({
    where: QUEUE_FLAG,
    what: "the clocks of this machine and of the server are too far apart",
    expected: `at most ${most} s, a tenth of --lease`,
    got: `${(Math.abs(aheadMs) / 1000).toFixed(1)} s`,
    at: address.shown,
    hint: "set both by NTP, or give a longer --lease",
  });
};

/**
 * Opens a queue on a server that answers.
 *
 * @throws {UnsupportedError} without its packages, {CheckpointError} where the server cannot be used, {ConfigError} where its clock differs
 */
export const serve = async (address: QueueAddress, options: ServerOptions): Promise<Served> => {
  const { name, lockSeconds, migrate, onError } = options;
  const { kind, url } = address;
  if (kind === "redis") await knockRedis(address);
  else checkClock(address, await knockPostgres(address), lockSeconds);
  const bull = await import("bullmq").catch(missing("bullmq", kind === "redis" ? "ioredis" : "pg"));
  const locks: Omit<WorkerOptions, "connection"> = {
    autorun: false,
    lockDuration: 1000 * lockSeconds,
    stalledInterval: (1000 * lockSeconds) / CHECKS,
    maxStalledCount: MOST_STALLED,
  };
  const redis = { url, maxRetriesPerRequest: null, retryStrategy: () => RETRY_MS };
  const database = { connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true, max: 2, migrate };
  const worker =
    kind === "redis"
      ? new bull.Worker(name, undefined, { ...locks, connection: redis })
      : new bull.Worker(name, undefined, { ...locks, connection: database }, bull.createPostgresBackend);
  worker.on("error", onError);
  const backend = worker.getBackend();
  const beside = (other: string): Queue => {
    const queue = new bull.Queue(other, { connection: {} } as QueueBaseOptions, () => backend.forQueue(other) as never);
    queue.on("error", onError);
    return queue;
  };
  try {
    await worker.waitUntilReady();
  } catch (error) {
    await worker.close(true);
    throw serverError(address, "the server has no queues", error);
  }
  return { queue: beside(name), worker: worker as Worker, beside };
};
