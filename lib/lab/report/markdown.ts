/** @file The tables of a report as Markdown. */
import { takes } from "../../core/composite.js";
import type { Report } from "./report.js";
import type { ReportTable, TableCell } from "./table.js";

/** What Markdown would read as something else than text, as its HTML entity or behind a backslash. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]()#+!|~$-]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");

const linked = ({ links = [] }: TableCell, addressOf: (folder: string) => string): string => {
  const runs = links.flatMap((link) =>
    "run" in link ? [`[${escapeMarkdown(link.text)}](${addressOf(link.run)})`] : [],
  );
  return runs.join(" ");
};

const cellText = (cell: TableCell, addressOf: (folder: string) => string): string => {
  const { deviation, n, isBest, links = [] } = cell;
  const number = `${escapeMarkdown(cell.text)}${deviation === undefined ? "" : ` ± ${deviation}`}`;
  const text = isBest ? `**${number}**` : number;
  if (links.length === 1 && "run" in links[0]) return `[${text}](${addressOf(links[0].run)})`;
  const runs = linked(cell, addressOf);
  if (runs === "") return text;
  return n === undefined ? `${text} (${runs})` : `${text} (n = ${n}: ${runs})`;
};

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const tableText = ({ title, note, columns, rows }: ReportTable, addressOf: (folder: string) => string): string =>
  [
    `## ${escapeMarkdown(title)}`,
    "",
    row(columns.map(({ name }) => escapeMarkdown(name))),
    row(columns.map(({ isNumber }) => (isNumber ? "--:" : ":--"))),
    ...rows.map((cells) => row(cells.map((cell) => cellText(cell, addressOf)))),
    "",
    escapeMarkdown(note),
    "",
  ].join("\n");

/**
 * The tables of a report as Markdown, with links to runs.
 *
 * - `addressOf`: the address of the folder of a run
 * @example const text = reportMarkdown(report, addressFrom("report.md"));
 */
export const reportMarkdown = takes(
  "reportMarkdown(report, addressOf)",
  (report: Report, addressOf: (folder: string) => string): string => {
    const { title, intro, warnings, tables } = report;
    const warned =
      warnings.length === 0 ? [] : [...warnings.map((warning) => `> **Warning:** ${escapeMarkdown(warning)}`), ""];
    return [
      `# ${escapeMarkdown(title)}`,
      "",
      escapeMarkdown(intro),
      "",
      ...warned,
      ...tables.map((one) => tableText(one, addressOf)),
    ].join("\n");
  },
);
