/** @file A sweep whose supervisors and runs are killed at random, against an unbroken one. */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { pause } from "../../helpers/pause.js";
import { ended } from "../../helpers/program.js";
import { seeded } from "../../helpers/seeded.js";
import {
  bundledSweep,
  childrenBelow,
  idsOf,
  isDone,
  leasesIn,
  smallBase,
  stepsOf,
  summaryOf,
  sweepFile,
  worker,
} from "./small-sweep.js";

const LEASE = "3";

/** Kills by -9 what is there at that moment. */
const kill = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
};

/** A worker that is started again whenever it was killed, until `isOver`. */
const persistent = (start: () => ChildProcess, isOver: () => boolean) => {
  let child: ChildProcess | undefined;
  const loop = async (): Promise<void> => {
    while (!isOver()) {
      child = start();
      const { code, signal, err } = await ended(child);
      if (signal === null) {
        assert.is(code, 0, err);
        return;
      }
      await pause(200);
    }
  };
  return { pid: () => child?.pid, ended: loop() };
};

/** A server that says who works on what. */
export interface QueueServer {
  readonly url: string;
  /** Stops it, and starts it again. */
  readonly restart: () => Promise<void>;
}

/** Runs so many runs by four workers and one more, kills them at random, and compares with one after another. A server is restarted half way. */
export const killedSweep = async (folder: string, runs: number, kills: number, server?: QueueServer): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  const program = await bundledSweep(join(folder, "program"));
  const base = await smallBase(join(folder, "inputs"));
  const file = sweepFile(join(folder, "sweep.json"), {
    base,
    grid: { seed: Array.from({ length: runs }, (_, i) => i) },
  });
  const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
  const unbroken = await ended(worker(program, "run", file, "--out", whole, "--jobs", "2"));
  assert.is(unbroken.code, 0, unbroken.err);
  const ids = idsOf(whole);
  assert.is(ids.length, runs);

  const began = performance.now();
  const isOver = (): boolean => ids.every((id) => isDone(broken, id));
  const held = ["--lease", LEASE, ...(server === undefined ? [] : ["--queue", server.url])];
  const first = worker(program, "run", file, "--out", broken, ...held);
  while (childrenBelow(broken).length === 0) await pause(50);
  const more = (): ChildProcess => worker(program, "work", broken, ...held);
  const waiting = [first];
  const workers = Array.from({ length: 4 }, () => persistent(() => waiting.pop() ?? more(), isOver));
  const idle = more();
  const idleEnded = ended(idle);
  const random = seeded(2024);
  let [supervisors, children] = [0, 0];
  const restarted = async (): Promise<void> => {
    while (ids.filter((id) => isDone(broken, id)).length < runs / 2) await pause(100);
    await server?.restart();
  };
  const restart = restarted();
  while (!isOver() && supervisors + children < kills) {
    await pause(random.between(200, 1500));
    if (random.int(2) === 0) {
      if (kill(workers[random.int(workers.length)].pid())) supervisors++;
    } else {
      const alive = childrenBelow(broken);
      if (alive.length > 0 && kill(alive[random.int(alive.length)])) children++;
    }
  }
  await Promise.all([restart, ...workers.map((one) => one.ended)]);
  assert.is((await idleEnded).code, 0);
  console.log(
    `  ${runs} runs, ${supervisors} supervisors and ${children} runs killed, in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  for (const id of ids) {
    assert.equal(summaryOf(broken, id), summaryOf(whole, id), id);
    assert.equal(stepsOf(broken, id), stepsOf(whole, id), `${id}: each step once`);
  }
  // A worker that is killed after its run has ended leaves the lease, which nobody asks for any more.
  const left = leasesIn(broken).filter((name) => ids.includes(name));
  assert.ok(left.length <= supervisors, `leases are left: ${left.join(", ")}`);
};

/** Kills a supervisor, and looks for its runs ten seconds later. */
export const orphansOf = async (folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  const program = await bundledSweep(join(folder, "program"));
  const base = await smallBase(join(folder, "inputs"), 100_000);
  const file = sweepFile(join(folder, "sweep.json"), { base, grid: { seed: [0, 1] } });
  const sweep = join(folder, "sweep");
  const supervisor = worker(program, "run", file, "--out", sweep, "--jobs", "2");
  const done = ended(supervisor);
  while (childrenBelow(sweep).length < 2) await pause(100);
  await pause(2000);
  assert.is(childrenBelow(sweep).length, 2);
  supervisor.kill("SIGKILL");
  await done;
  const limit = performance.now() + 10_000;
  while (childrenBelow(sweep).length > 0 && performance.now() < limit) await pause(100);
  assert.equal(childrenBelow(sweep), []);
};

/** Stops a worker by a signal of a cluster, and goes on with another. */
export const stoppedBy = async (folder: string, signal: NodeJS.Signals): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  const program = await bundledSweep(join(folder, "program"));
  const base = await smallBase(join(folder, "inputs"), 400);
  const file = sweepFile(join(folder, "sweep.json"), { base: { ...base, stop: { patience: 0 } } });
  const sweep = join(folder, "sweep");
  const first = worker(program, "run", file, "--out", sweep);
  const done = ended(first);
  while (!existsSync(join(sweep, "plan.json"))) await pause(50);
  const [id] = idsOf(sweep);
  const metrics = join(sweep, "runs", id, "metrics.jsonl");
  while (!existsSync(metrics) || stepsOf(sweep, id).length < 3) await pause(50);
  first.kill(signal);
  const { code, out, err } = await done;
  assert.is(code, 0, err);
  assert.ok(out.includes("stopped: 0 done, 0 failed"), out);
  assert.equal(childrenBelow(sweep), []);
  assert.equal(leasesIn(sweep), []);
  const before = stepsOf(sweep, id).length;
  assert.ok(before >= 3 && before < 400, `${before} steps`);
  const next = await ended(worker(program, "work", sweep));
  assert.is(next.code, 0, next.err);
  assert.equal(
    stepsOf(sweep, id),
    Array.from({ length: 400 }, (_, i) => i + 1),
  );
};
