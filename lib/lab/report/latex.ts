/** @file The tables of a report as LaTeX, for the package booktabs. */
import { takes } from "../../core/composite.js";
import type { Report } from "./report.js";
import type { ReportTable, TableCell } from "./table.js";

const COMMANDS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  "±": "$\\pm$",
  "−": "$-$",
  "–": "--",
};

/** What LaTeX would read as a command, by a command that prints it. */
export const escapeLatex = (text: string): string =>
  text.replace(/\s+/g, " ").replace(/[\\~^<>|±−–]|[&%$#_{}]/g, (found) => COMMANDS[found] ?? `\\${found}`);

const cellText = ({ text, deviation, isBest, n }: TableCell): string => {
  if (n === undefined && deviation === undefined) return isBest ? `\\textbf{${escapeLatex(text)}}` : escapeLatex(text);
  const mean = isBest ? `\\mathbf{${escapeLatex(text)}}` : escapeLatex(text);
  return deviation === undefined ? `$${mean}$` : `$${mean}_{\\pm ${deviation}}$`;
};

const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`;

const tableText = ({ id, title, note, columns, rows }: ReportTable): string =>
  [
    "\\begin{table}",
    "  \\centering",
    `  \\caption{${escapeLatex(title)}. ${escapeLatex(note)}}`,
    `  \\label{tab:${id}}`,
    `  \\begin{tabular}{${columns.map(({ isNumber }) => (isNumber ? "r" : "l")).join("")}}`,
    "    \\toprule",
    `    ${line(columns.map(({ name }) => escapeLatex(name)))}`,
    "    \\midrule",
    ...rows.map((cells) => `    ${line(cells.map(cellText))}`),
    "    \\bottomrule",
    "  \\end{tabular}",
    "\\end{table}",
    "",
  ].join("\n");

/**
 * The tables of a report as LaTeX, for the package booktabs. Warnings are comments.
 *
 * @example const text = reportLatex(report);
 */
export const reportLatex = takes("reportLatex(report)", ({ title, intro, warnings, tables }: Report): string => {
  const comments = [title, intro, "needs \\usepackage{booktabs}", ...warnings.map((warning) => `warning: ${warning}`)];
  return [...comments.map((text) => `% ${text.replace(/\s+/g, " ")}`), "", ...tables.map(tableText)].join("\n");
});
