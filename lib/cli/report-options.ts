/** @file The options of `fluxion report`. */
import type { Command } from "commander";
import { several, single } from "./parse.js";
import type { ReportFlags } from "./report.js";
import type { Terminal } from "./terminal.js";

/** Adds `report` to a program. */
export const addReport = (program: Command, terminal: Terminal): void => {
  program
    .command("report <dirs...>")
    .description(
      "Writes a report of all runs below folders: scores over seeds, learning curves, scores against what varies, paired comparisons, votes, cost, recipes, and what failed. One page (.html), or its tables as Markdown (.md) or LaTeX (.tex).",
    )
    .addOption(
      several(
        "--out <file>",
        "file to write, by its ending .html, .md or .tex; given once for each (default: report.html)",
      ),
    )
    .addOption(single("--title <text>", "heading of the report"))
    .addOption(
      single(
        "--reference <file>",
        "published numbers as dashed lines: a list of { task, score, label, source } in YAML or JSON",
      ),
    )
    .action(async (dirs: readonly string[], flags: ReportFlags) => {
      const { report } = await import("./report.js");
      await report(dirs, flags, terminal);
    });
};
