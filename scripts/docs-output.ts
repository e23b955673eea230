/**
 * Writes what the code blocks of docs/ print into the text blocks behind them: `node --import tsx scripts/docs-output.ts docs/errors.md`.
 *
 * Read the difference before you commit it: the tests take these blocks for the truth.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { moduleOf, printedBy, programsOf } from "../test/docs/blocks.js";
import { runModule } from "../test/docs/run-module.js";

const folder = mkdtempSync(join(tmpdir(), "fluxion-docs-"));
symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
for (const page of process.argv.slice(2)) {
  const lines = readFileSync(page, "utf8").split("\n");
  const outputs = new Map<number, string>();
  for (const [i, program] of programsOf(page, lines.join("\n")).entries()) {
    const file = join(folder, `${page.replaceAll("/", "-")}${i}.mts`);
    writeFileSync(file, moduleOf(program, resolve("lib")));
    const { lines: printed, error } = await runModule(file);
    if (error !== undefined && program.throws === undefined) throw error;
    const texts = program.throws === undefined ? printedBy(program, printed) : [(error as Error).message];
    program.blocks.forEach((block, n) => {
      if (block.output !== undefined) outputs.set(block.line, texts[n]);
    });
  }
  // From the end, so that the lines before stay where they are.
  for (const [line, text] of [...outputs].sort(([a], [b]) => b - a)) {
    const begin = lines.indexOf("```text", line) + 1;
    lines.splice(begin, lines.indexOf("```", begin) - begin, ...text.split("\n"));
  }
  writeFileSync(page, lines.join("\n"));
}
rmSync(folder, { recursive: true, force: true });
