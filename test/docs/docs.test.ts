/** @file Every code block of the README and of docs/ type-checks, runs, and prints what the page says. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/index.js";
import { blocksOf, moduleOf, type Program, printedBy, programsOf } from "./blocks.js";
import { runModule } from "./run-module.js";

const Docs = suite("docs");
const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))].sort();
const programs = pages.flatMap((page) => {
  const path = page === "README.md" ? page : `docs/${page}`;
  return programsOf(path, readFileSync(join(root, path), "utf8"));
});
const folder = mkdtempSync(join(tmpdir(), "fluxion-docs-"));
const fileOf = (i: number): string => join(folder, `program${i}.mts`);

const placeOf = ({ page, blocks }: Program): string => `${page}:${blocks[0].line}`;

Docs.before(() => {
  // Pages import packages that users have, too.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  programs.forEach((program, i) => {
    writeFileSync(fileOf(i), moduleOf(program, join(root, "lib")));
  });
});
Docs.after(() => rmSync(folder, { recursive: true, force: true }));

Docs("all code blocks type-check", () => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["lib/index.ts"] }, ts.sys, root);
  const typeRoots = [join(root, "node_modules", "@types")];
  const checked = ts.createProgram(
    programs.map((_, i) => fileOf(i)),
    // Unused names are fine in an example.
    { ...options, typeRoots, noUnusedLocals: false, noUnusedParameters: false },
  );
  const problems = programs.flatMap((program, i) => {
    const source = checked.getSourceFile(fileOf(i));
    return [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)].map(
      (d) => `${placeOf(program)}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}`,
    );
  });
  assert.equal(problems, []);
});

programs.forEach((program, i) => {
  Docs(`${placeOf(program)} does what the page says`, async () => {
    const { lines, error } = await runModule(fileOf(i));
    if (program.throws !== undefined) {
      const tag = isFluxionError(error) ? error._tag : String(error);
      assert.is(tag, program.throws);
      assert.is((error as Error).message, program.blocks[0].output ?? "");
      return;
    }
    if (error !== undefined) throw error;
    const printed = printedBy(program, lines);
    program.blocks.forEach((block, n) => {
      if (block.output !== undefined) assert.is(printed[n], block.output, `${program.page}:${block.line}`);
    });
  });
});

Docs("blocks are found with their words and their output", () => {
  const page = ["```ts", "a", "```", "", "```text", "1", "```", "```sh", "x", "```", "```ts throws X", "b", "```"];
  assert.equal(blocksOf(page.join("\n")), [
    { line: 1, words: [], code: "a", output: "1" },
    { line: 11, words: ["throws", "X"], code: "b" },
  ]);
  assert.throws(() => blocksOf("```ts\na"), /no end/);
  assert.throws(() => programsOf("p", "```ts maybe\n```"), /p:1: unknown words/);
});

Docs.run();
