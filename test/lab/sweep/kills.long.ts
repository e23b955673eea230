import { rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import { temporary } from "../../helpers/program.js";
import { killedSweep, orphansOf, stoppedBy } from "./kills.js";

const Kills = suite("lab/sweep/kills");
const folder = temporary("kills");
Kills.after(() => rmSync(folder, { recursive: true, force: true }));

/** As many as take under a minute on two busy cores; kills.slow.ts has 200. */
const RUNS = 6;

Kills("runs whose supervisors and processes are killed at random end as those of an unbroken sweep", () =>
  killedSweep(join(folder, "killed"), RUNS, 8),
);

Kills("no run is alive ten seconds after its supervisor was killed", () => orphansOf(join(folder, "orphans")));

for (const signal of ["SIGTERM", "SIGUSR1"] as const) {
  Kills(`on ${signal} a worker saves its run and gives it back, and another goes on`, () =>
    stoppedBy(join(folder, signal), signal),
  );
}

Kills.run();
