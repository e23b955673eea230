/** @file Runs mutations in a child process, which is ended when one takes too long or takes the process with it. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FROM_SOURCE } from "../helpers/program.js";
import { BROKEN_FUZZER, type Job, type Told } from "./told.js";

/** A mutation that did not end in a result or a typed error. */
export interface Failure {
  readonly kind: string;
  readonly seed: number;
  readonly n: number;
  readonly why: string;
}

/** How the mutations of a kind ended, as far as one worker read them. */
export interface Report {
  readonly kind: string;
  readonly failures: readonly Failure[];
  /** How many were read as valid files. */
  readonly accepted: number;
}

/** Silence of a worker that is taken for a hang. Its own limit is of CPU time; here a busy machine must not count. */
const SILENCE_MS = 30_000;

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));
const start = (): ChildProcess =>
  fork(WORKER, {
    execArgv: [...FROM_SOURCE, "--expose-gc", "--max-old-space-size=1024"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });

/** One worker, which does jobs until it is lost; gives what another one has to do. */
const once = (jobs: readonly Job[], onReport: (report: Report) => void, silenceMs: number): Promise<readonly Job[]> =>
  new Promise((resolve) => {
    const child = start();
    let [current, at, lost] = [0, 0, ""];
    let failures: Failure[] = [];
    let timer: NodeJS.Timeout | undefined;
    const limit = (ms: number, why: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        lost = why;
        child.kill("SIGKILL");
      }, ms);
    };
    const fail = (n: number, why: string): void => {
      const { kind, seed } = jobs[current];
      failures.push({ kind, seed, n, why });
    };
    const report = (accepted: number): void => {
      onReport({ kind: jobs[current].kind, failures, accepted });
      failures = [];
      current++;
    };
    const begin = (): void => {
      const job = jobs[current];
      if (job === undefined) {
        child.disconnect();
        return;
      }
      at = job.from;
      limit(2 * SILENCE_MS, "it could not be started");
      child.send(job);
    };
    child.on("message", (told: Told) => {
      limit(silenceMs, "a hang");
      if ("begins" in told) at = told.begins;
      else if ("fails" in told) fail(told.fails, told.why);
      else {
        report(told.accepted);
        begin();
      }
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      const job = jobs[current];
      if (job === undefined) return resolve([]);
      fail(at, lost || `the process ended: ${signal ?? `code ${code}`}`);
      report(0);
      // A worker that could not begin would not the next time, either.
      const isOver = code === BROKEN_FUZZER || at + 1 >= job.to;
      resolve([...(isOver ? [] : [{ ...job, from: at + 1 }]), ...jobs.slice(current)]);
    });
    begin();
  });

/** Workers that may be lost in one run. */
const ENOUGH = 20;

/**
 * Reads mutations, those numbered `from` to `to - 1` of each kind; a kind whose worker was lost has several reports. A worker that says nothing for
 * `silenceMs` hangs.
 */
export const fuzz = async (
  jobs: readonly Job[],
  onReport: (report: Report) => void = () => undefined,
  silenceMs = SILENCE_MS,
): Promise<readonly Failure[]> => {
  const failures: Failure[] = [];
  let rest = jobs;
  for (let workers = 0; rest.length > 0 && workers < ENOUGH; workers++) {
    const take = (report: Report): void => {
      failures.push(...report.failures);
      onReport(report);
    };
    rest = await once(rest, take, silenceMs);
  }
  return failures;
};

/** What to type to see one failure again. */
export const repeat = ({ kind, seed, n }: Failure): string =>
  `npm run fuzz -- --kind ${JSON.stringify(kind)} --seed ${seed} --only ${n}`;
