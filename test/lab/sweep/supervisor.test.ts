/** The supervisor and the folder as a queue, with processes that train nothing. */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recipe } from "../../../lib/lab/recipe.js";
import { redoRun, retryFailed } from "../../../lib/lab/sweep/again.js";
import { folderQueue } from "../../../lib/lab/sweep/folder-queue.js";
import { type PlannedRun, writePlan } from "../../../lib/lab/sweep/plan.js";
import type { Claim } from "../../../lib/lab/sweep/queue.js";
import { type Supervision, type SweepEvent, supervise } from "../../../lib/lab/sweep/supervisor.js";
import { nodeStore } from "../../../lib/store/node.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal } from "../refused.js";

const Supervisor = suite("lab/sweep/supervisor");
const folder = temporaryFolder(Supervisor);

const runOf = (id: string): PlannedRun => ({ id, name: id, recipe: recipe({}), removed: false });

/** A process in place of a run: it notes its start, and does what its id says. */
const program = join(folder, "program.mjs");
writeFileSync(
  program,
  `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
const [sweep, id] = process.argv.slice(2);
const dir = sweep + "/runs/" + id;
mkdirSync(dir, { recursive: true });
appendFileSync(dir + "/starts", "x");
const done = () => { writeFileSync(dir + "/summary.json", JSON.stringify({ kind: "run", reason: "steps done" })); process.exit(0); };
process.on("disconnect", () => process.exit(1));
process.on("message", () => process.exit(130));
if (id.startsWith("bad") && !existsSync(dir + "/mended")) process.send({ error: "no such luck", full: false }, () => process.exit(3));
else if (id.startsWith("full")) process.send({ error: "the disk is full", full: true }, () => process.exit(1));
else if (id.startsWith("dies")) process.kill(process.pid, "SIGKILL");
else if (id.startsWith("blocks")) { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500); done(); }
else if (id.startsWith("waits")) setInterval(() => undefined, 1000);
else done();
`,
);

/** A new sweep with runs of these ids. */
const sweepOf = async (name: string, ...ids: readonly string[]) => {
  const sweep = nodeStore(join(folder, name));
  await writePlan(sweep, ids.map(runOf));
  return sweep;
};

type Sweep = Awaited<ReturnType<typeof sweepOf>>;

const startIn =
  (sweep: Sweep) =>
  ({ id }: PlannedRun): ChildProcess =>
    fork(program, [sweep.name(), id], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });

const startsOf = (sweep: Sweep, id: string): number =>
  existsSync(sweep.name(`runs/${id}/starts`)) ? readFileSync(sweep.name(`runs/${id}/starts`), "utf8").length : 0;

/** Works on a sweep; gives what has happened, too. */
const work = async (sweep: Sweep, more: Partial<Supervision> & { readonly leaseSeconds?: number } = {}) => {
  const events: SweepEvent[] = [];
  const { leaseSeconds = 60, ...others } = more;
  const found = await supervise({
    queue: folderQueue(sweep, { leaseSeconds, wait: true }),
    start: startIn(sweep),
    jobs: 1,
    failFast: false,
    stop: new AbortController().signal,
    tell: (event) => events.push(event),
    ...others,
  });
  return { ...found, events };
};

Supervisor("what is done is not done again, failures are written down, and can be tried again", async () => {
  const sweep = await sweepOf("failures", "bad", "good");
  const { events, ...first } = await work(sweep);
  assert.equal(first, { done: 1, failed: 1, stopped: false });
  assert.equal(JSON.parse(readFileSync(sweep.name("runs/bad/failed.json"), "utf8")), {
    exit: 3,
    error: "no such luck",
  });
  assert.equal(
    events.map(({ kind, run }) => `${run.id} ${kind}`),
    ["bad started", "bad failed", "good started", "good done"],
  );
  assert.equal((await work(sweep)).done, 0);
  assert.equal([startsOf(sweep, "good"), startsOf(sweep, "bad")], [1, 1]);
  writeFileSync(sweep.name("runs/bad/mended"), "");
  assert.equal(
    (await retryFailed(sweep)).map(({ id }) => id),
    ["bad"],
  );
  assert.is((await work(sweep)).done, 1);
  assert.equal(readdirSync(sweep.name("leases")), []);
});

Supervisor("the first failure ends the work where that is asked for", async () => {
  const sweep = await sweepOf("fast", "bad", "good");
  const { done, failed, stopped } = await work(sweep, { failFast: true });
  assert.equal([done, failed, stopped], [0, 1, true]);
  assert.is(startsOf(sweep, "good"), 0);
});

Supervisor("a process that is killed again and again without a step is a failure", async () => {
  const sweep = await sweepOf("deaths", "dies");
  assert.is((await work(sweep)).failed, 1);
  assert.is(startsOf(sweep, "dies"), 10);
  assert.equal(
    (JSON.parse(readFileSync(sweep.name("runs/dies/failed.json"), "utf8")) as { exit: unknown }).exit,
    "SIGKILL",
  );
});

Supervisor("a full disk ends the work, and fails no run", async () => {
  const sweep = await sweepOf("full", "full", "good");
  assert.is((await refusal(work(sweep), "CheckpointError")).what, "the disk is full");
  assert.equal([existsSync(sweep.name("runs/full/failed.json")), readdirSync(sweep.name("leases"))], [false, []]);
});

Supervisor("a run that blocks for longer than a lease is started once, with an idle worker beside", async () => {
  const sweep = await sweepOf("blocks", "blocks");
  const both = await Promise.all([work(sweep, { leaseSeconds: 1 }), work(sweep, { leaseSeconds: 1 })]);
  assert.is(both[0].done + both[1].done, 1);
  assert.is(startsOf(sweep, "blocks"), 1);
});

Supervisor("a lease that is lost ends the process of its run", async () => {
  const sweep = await sweepOf("lost", "waits");
  const stop = new AbortController();
  let child: ChildProcess | undefined;
  const start = (run: PlannedRun): ChildProcess => {
    child = startIn(sweep)(run);
    // Another worker takes the run over.
    child.on("spawn", () => renameSync(sweep.name("leases/waits"), sweep.name("leases/.away")));
    return child;
  };
  const tell = ({ kind }: SweepEvent): void => {
    if (kind === "lost") stop.abort();
  };
  await work(sweep, { leaseSeconds: 1, start, tell, stop: stop.signal });
  assert.is(child?.signalCode, "SIGKILL");
});

Supervisor("work that is asked to stop gives its runs back", async () => {
  const sweep = await sweepOf("stops", "waits", "waits-too");
  const stop = new AbortController();
  const tell = ({ kind }: SweepEvent): void => {
    if (kind === "started") setTimeout(() => stop.abort(), 300);
  };
  const { done, failed, stopped } = await work(sweep, { stop: stop.signal, tell, jobs: 2 });
  assert.equal([done, failed, stopped], [0, 0, true]);
  assert.equal(readdirSync(sweep.name("leases")), []);
});

Supervisor("two queues never hold one run, whatever their clocks say; a moved folder goes on", async () => {
  const sweep = await sweepOf("clocks", "a", "b");
  const never = new AbortController().signal;
  const claim = (): Promise<Claim | undefined> => folderQueue(sweep, { leaseSeconds: 60, wait: false }).claim(never);
  const [first, now] = [await claim(), Date.now];
  Date.now = () => now() + 600_000;
  const second = await claim();
  Date.now = () => now() - 600_000;
  const third = await claim();
  Date.now = now;
  assert.equal([first?.run.id, second?.run.id, third], ["a", "b", undefined]);
  await first?.release();
  await second?.release();
  renameSync(sweep.name(), join(folder, "moved"));
  assert.is((await work(nodeStore(join(folder, "moved")))).done, 2);
});

Supervisor("a run that the plan has left out is not worked on", async () => {
  const sweep = await sweepOf("less", "stays", "goes");
  await writePlan(sweep, [runOf("stays")]);
  assert.is((await work(sweep)).done, 1);
  assert.equal([startsOf(sweep, "stays"), startsOf(sweep, "goes")], [1, 0]);
});

Supervisor("a run that is done anew has its folder put aside", async () => {
  const sweep = await sweepOf("redo", "abc", "abd");
  await work(sweep);
  const queue = folderQueue(sweep, { leaseSeconds: 60, wait: true });
  assert.match((await refusal(redoRun(sweep, queue, "ab"))).what, /several/);
  assert.match((await refusal(redoRun(sweep, queue, "x"))).what, /no run/);
  const { aside } = await redoRun(sweep, queue, "abc");
  assert.is(aside, sweep.name("redone/abc-1"));
  assert.ok(existsSync(join(aside ?? "", "summary.json")));
  assert.is((await work(sweep)).done, 1);
  assert.is((await redoRun(sweep, queue, "abc")).aside, sweep.name("redone/abc-2"));
});

Supervisor.run();
