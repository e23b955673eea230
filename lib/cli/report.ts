/** @file `fluxion report`: what the runs below folders came to. */
import { extname } from "node:path";
import { CheckpointError } from "../core/errors.js";
import { counted } from "../edge/counted.js";
import { orThrow } from "../edge/either.js";
import { reportHtml } from "../lab/report/html.js";
import { reportLatex } from "../lab/report/latex.js";
import { addressFrom } from "../lab/report/links.js";
import { reportMarkdown } from "../lab/report/markdown.js";
import { loadReferences } from "../lab/report/references.js";
import { type Report, readReport } from "../lab/report/report.js";
import { writeAtomic } from "../store/files.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

export interface ReportFlags {
  readonly out?: readonly string[];
  readonly title?: string;
  readonly reference?: string;
}

type Format = (report: Report, file: string) => string | Promise<string>;

/** The writer of each file format, by the extension. */
const FORMATS: Readonly<Record<string, Format>> = {
  ".html": (report, file) => reportHtml(report, addressFrom(file)),
  ".md": (report, file) => reportMarkdown(report, addressFrom(file)),
  ".tex": (report) => reportLatex(report),
};

/** @throws {ConfigError} for a file of another ending */
const formatOf = (file: string): Format => {
  const format = FORMATS[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  const expected = `a file that ends in ${Object.keys(FORMATS).join(", ")}`;
  throw usageError("--out <file>", "there is no such format of reports", { expected, got: file });
};

const WRITING = { where: "--out <file>", error: CheckpointError };

/**
 * Reads runs and writes their report.
 *
 * @throws {ConfigError} for an unknown format, or references that cannot be read; {CheckpointError} when there are no runs, or a file cannot be written;
 * {UnsupportedError} where a page is asked for and a package that draws figures is missing
 */
export const report = async (dirs: readonly string[], flags: ReportFlags, terminal: Terminal): Promise<void> => {
  const { out = ["report.html"], title, reference } = flags;
  const formats = out.map((file) => [file, formatOf(file)] as const);
  const references = reference === undefined ? [] : await loadReferences(reference);
  const found = await readReport(dirs, { references, ...(title !== undefined && { title }) });
  for (const [file, format] of formats) await orThrow(writeAtomic(file, await format(found, file), WRITING));
  for (const warning of found.warnings) terminal.note(`warning: ${warning}`);
  const failures = found.tables.find(({ id }) => id === "failures")?.rows.length ?? 0;
  if (failures > 0) terminal.note(`${counted(failures, "folder is", "folders are")} listed as failures`);
  terminal.write(out.map((file) => `${file}\n`).join(""));
};
