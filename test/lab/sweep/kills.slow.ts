import { rmSync } from "node:fs";
import { suite } from "uvu";
import { temporary } from "../../helpers/program.js";
import { killedSweep } from "./kills.js";

const Kills = suite("lab/sweep/kills");
const folder = temporary("kills");
Kills.after(() => rmSync(folder, { recursive: true, force: true }));

Kills("two hundred runs whose supervisors and processes are killed at random end as those of an unbroken sweep", () =>
  killedSweep(folder, 200, 100),
);

Kills.run();
