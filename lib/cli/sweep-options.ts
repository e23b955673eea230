/** @file `fluxion sweep` and its subcommands. What they do is loaded when they are called. */
import type { Command } from "commander";
import { JSON_FLAG } from "./flags.js";
import { counting, several } from "./parse.js";
import type { SweepFlags } from "./sweep.js";
import type { Terminal } from "./terminal.js";

const OUT = "folder of the sweep (default: sweeps/<name of the file>)";

const addWork = (command: Command): Command =>
  command
    .addOption(counting("--jobs <n>", "runs at once, each in its own process with cores/n threads", 1))
    .option("--retry-failed", "let runs that have failed go on from their last checkpoints")
    .addOption(several("--redo <id>", "do a run anew, and put its folder aside; given once for each"))
    .option("--fail-fast", "stop at the first run that fails")
    .option("--no-wait", "end when no run is free, and do not wait for those that others may lose")
    .addOption(counting("--lease <seconds>", "after which a worker that is not heard of counts as dead", 60))
    .option(
      "--queue <url>",
      "server that says who works on what: redis://HOST:PORT or postgres://USER@HOST:PORT/DATABASE",
    );

/** Adds the subcommands. */
export const addSweep = (program: Command, terminal: Terminal): void => {
  const sweep = program
    .command("sweep")
    .description(
      "Plans and runs sets of recipes, on one machine or on many that share a file system (docs/sweeps.md).",
    );
  sweep
    .command("plan <file>")
    .description("Lists the runs of a sweep file, in what they differ, and what they would cost. Writes nothing.")
    .option("--out <dir>", OUT)
    .option("--no-estimate", "do not measure what they would cost")
    .option("--json", JSON_FLAG)
    .action(async (file: string, flags: SweepFlags) => (await import("./sweep.js")).planSweep(file, flags, terminal));
  addWork(sweep.command("run <file>").option("--out <dir>", OUT))
    .description("Writes the plan of a sweep file into its folder, and does what is not done yet.")
    .action(async (file: string, flags: SweepFlags) => (await import("./sweep.js")).runSweep(file, flags, terminal));
  addWork(sweep.command("work <sweep>"))
    .description("Works on the sweep in a folder, beside any number of other workers.")
    .action(async (dir: string, flags: SweepFlags) => (await import("./sweep.js")).workSweep(dir, flags, terminal));
  sweep
    .command("status <sweep>")
    .description("Tells where each run of the sweep in a folder stands.")
    .option("--json", JSON_FLAG)
    .action(async (dir: string, flags: SweepFlags) => (await import("./sweep.js")).sweepStatus(dir, flags, terminal));
};
