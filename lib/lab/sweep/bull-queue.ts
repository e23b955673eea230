/**
 * @file A queue on a server, Redis or PostgreSQL, by BullMQ. As with the folder as the queue, plan and run folders say what there is to do and what is
 * done, so that a server that has lost everything loses nothing: it only says who may work.
 *
 * There is a job for each run that waits or is being worked on, with the id of the run as its own. A worker that finds none waiting
 * adds those that the folder has left.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Job, JobsOptions } from "bullmq";
import { isFluxionError } from "../../core/errors.js";
import type { Store } from "../../store/store.js";
import { type Served, serve, serverError } from "./bull-server.js";
import { claiming, type Hold, isSettled, pause, pollMs, type Take } from "./claims.js";
import { loadPlan, type PlannedRun } from "./plan.js";
import type { Queue, QueueOptions } from "./queue.js";
import { queueAddress } from "./queue-address.js";
import { checkShared, queueName, type Register, refuseLeased } from "./shared-folder.js";

/** How a queue on a server is opened. */
export interface BullOptions extends QueueOptions {
  readonly url: string;
  /** Whether this process makes the queue where there is none. */
  readonly create: boolean;
  /** Receives a line when the server does not answer, and when it does again. */
  readonly note: (line: string) => void;
}

/** What a job knows of its run: the machine that took it last. */
interface RunData {
  readonly host?: string;
}

const JOB_NAME = "run";

/** The id of a run's job: BullMQ refuses a number, which a run's id may look like. */
const jobId = (id: string): string => `${JOB_NAME}-${id}`;

const optionsOf = (id: string): JobsOptions => ({ jobId: jobId(id), removeOnComplete: true });

const REGISTER = "folder";
/** How long a server may take over the last words of a claim or a worker. */
const LAST_WORDS_MS = 5000;

/** Thrown when a server has not answered: it may the next time. */
const UNANSWERED = Symbol("unanswered");

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const ended = new AbortController();
  const quiet = work.catch(() => undefined).finally(() => ended.abort());
  await Promise.race([quiet, pause(ms, ended.signal)]);
};

/** Tells of a server's silence once, and of its end. */
const silence = (note: (line: string) => void, shown: string, hide: (message: string) => string) => {
  let silent = false;
  return {
    began: ({ message }: Error): void => {
      if (!silent) note(`the queue at ${shown} does not answer (${hide(message)}): trying again`);
      silent = true;
    },
    ended: (): void => {
      if (silent) note(`the queue at ${shown} answers again`);
      silent = false;
    },
  };
};

type Silence = ReturnType<typeof silence>;

/** The place for the name of a worker's file: a job that no worker takes, in a queue by itself. */
const registerOf = ({ beside, queue }: Served): Register => {
  const jobs = beside(`${queue.name}-${REGISTER}`);
  return {
    read: async () => ((await jobs.getJob(REGISTER))?.data as { readonly token: string } | undefined)?.token,
    write: async (token) => {
      const job = await jobs.add(REGISTER, { token }, { jobId: REGISTER });
      await job.updateData({ token });
    },
  };
};

/** Takes runs by their jobs. */
const takeFrom = (sweep: Store, { queue, worker }: Served, leaseSeconds: number, silent: Silence): Take => {
  const ask = async <A>(call: () => Promise<A>): Promise<A> => {
    try {
      const answer = await call();
      silent.ended();
      return answer;
    } catch (error) {
      silent.began(error as Error);
      throw UNANSWERED;
    }
  };
  const next = (token: string): Promise<Job<RunData> | undefined> =>
    ask(() => worker.getNextJob(token, { block: false }));
  const holdOf = async (job: Job<RunData>, token: string, run: PlannedRun): Promise<Hold> => {
    const lostBy = job.data.host;
    await ask(() => job.updateData({ host: hostname() }));
    const release = async (): Promise<void> => {
      const settled = await isSettled(sweep, run.id);
      await within(LAST_WORDS_MS, settled ? job.moveToCompleted(null, token, false) : job.moveToWait(token));
    };
    return {
      run,
      lostBy,
      renew: () => ask(async () => (await job.extendLock(token, 1000 * leaseSeconds)) > 0),
      release,
    };
  };
  return async (left) => {
    for (;;) {
      const token = randomUUID();
      let job = await next(token);
      if (job === undefined) {
        const jobs: Parameters<typeof queue.addBulk>[0] = [];
        for await (const { id } of left()) jobs.push({ name: JOB_NAME, data: {}, opts: optionsOf(id) });
        if (jobs.length === 0) return undefined;
        await ask(() => queue.addBulk(jobs));
        job = await next(token);
      }
      if (job === undefined) return undefined;
      const taken = job;
      const run = (await loadPlan(sweep)).find(({ id, removed }) => !removed && jobId(id) === taken.id);
      if (run !== undefined) return holdOf(taken, token, run);
      // A later plan has left it out.
      await ask(() => taken.moveToCompleted(null, token, false));
    }
  };
};

/** Removes a job; false where a worker has it locked. */
const isRemoved = async (job: Job): Promise<boolean> => {
  try {
    await job.remove();
    return true;
  } catch (error) {
    if (/locked/.test((error as Error).message)) return false;
    throw error;
  }
};

/** Keeps workers from a run by a job of it that waits for a time. */
const apartIn =
  ({ queue }: Served, leaseSeconds: number): Queue["apart"] =>
  async (id, work) => {
    const old = await queue.getJob(jobId(id));
    if (old !== undefined && !(await isRemoved(old))) return false;
    const job = await queue.add(JOB_NAME, {}, { ...optionsOf(id), delay: 1000 * leaseSeconds });
    // A worker may have put it in between the two.
    if (!(await job.isDelayed())) return false;
    try {
      await work();
      return true;
    } finally {
      await job.remove();
    }
  };

/**
 * The runs of a sweep as a queue on a server; its folder is one that all workers see.
 *
 * @throws {ConfigError} for another address, {UnsupportedError} without the packages, and {CheckpointError} where the server or the folder cannot be used
 */
export const bullQueue = async (sweep: Store, options: BullOptions): Promise<Queue> => {
  const { url, leaseSeconds, create, note } = options;
  const address = queueAddress(url);
  await refuseLeased(sweep, leaseSeconds);
  const name = await queueName(sweep, create);
  const silent = silence(note, address.shown, address.hide);
  const served = await serve(address, { name, lockSeconds: leaseSeconds, migrate: create, onError: silent.began });
  const close = (): Promise<void> => within(LAST_WORDS_MS, served.worker.close(true));
  try {
    await checkShared(sweep, registerOf(served), create);
  } catch (error) {
    await close();
    throw isFluxionError(error) ? error : serverError(address, "the server does not answer", error);
  }
  await served.worker.startStalledCheckTimer();
  const claim = claiming(sweep, options, takeFrom(sweep, served, leaseSeconds, silent));
  const apart = apartIn(served, leaseSeconds);
  return {
    claim: async (signal) => {
      while (!signal.aborted) {
        try {
          return await claim(signal);
        } catch (error) {
          if (error !== UNANSWERED) throw error;
          await pause(pollMs(leaseSeconds), signal);
        }
      }
      return undefined;
    },
    apart,
    close,
  };
};
