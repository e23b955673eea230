/** @file The lines of the comparison of methods as tables in Markdown. */
import type { Line } from "../t5/measure.js";
import { NONE, short, tableOf, unique } from "../tables.js";

const amount = (x: unknown): string => (x as number).toLocaleString("en");
const share = ({ trainedValues, weights }: Line): string => {
  const percent = (100 * (trainedValues as number)) / (weights as number);
  return `${percent >= 1 || percent === 0 ? Number(percent.toPrecision(3)) : Number(percent.toPrecision(2))} %`;
};
const kilobytes = (bytes: unknown): string =>
  bytes === undefined
    ? NONE
    : `${(bytes as number) >= 1e6 ? `${short((bytes as number) / 1e6)} MB` : `${short((bytes as number) / 1e3)} kB`}`;
const orNone = (x: unknown): string => (x === undefined ? NONE : short(x as number));

const costTable = (lines: readonly Line[]): string =>
  tableOf([
    ["method", "trained values", "of the model", "file", "step, ms", "peak, MB"],
    ...lines.map((line) => [
      String(line.method),
      amount(line.trainedValues),
      share(line),
      kilobytes(line.fileBytes),
      orNone(line.stepMs),
      orNone(line.peakRssMB),
    ]),
  ]);

/** The mean over the seeds, and each of them, in their order. */
const scoresIn = (lines: readonly Line[]): string => {
  if (lines.length === 0) return NONE;
  const scores = [...lines].sort((a, b) => (a.seed as number) - (b.seed as number)).map(({ score }) => score as number);
  const mean = scores.reduce((sum, x) => sum + x, 0) / scores.length;
  return scores.length === 1 ? mean.toFixed(1) : `${mean.toFixed(1)} (${scores.map((x) => x.toFixed(1)).join(", ")})`;
};

const scoreTable = (lines: readonly Line[]): string => {
  const tasks = unique(lines.map(({ task }) => String(task)));
  const rows = unique(lines.map(({ method }) => method)).map((method) => {
    const own = lines.filter((line) => line.method === method);
    const rates = (own[0].rates as readonly number[]).join(", ");
    return [
      String(method),
      rates === "" ? NONE : rates,
      ...tasks.map((task) => scoresIn(own.filter((line) => line.task === task))),
    ];
  });
  return tableOf([["method", "learning rate", ...tasks], ...rows]);
};

/** `methods nano`, `methods small` and `methods scores`, of those that have lines. */
export const methodTables = (lines: readonly Line[]): Map<string, string> => {
  const own = lines.filter(({ bench, skipped }) => bench === "methods" && skipped === undefined);
  const costs = own.filter(({ part }) => part === "cost");
  const scores = own.filter(({ part }) => part === "score");
  const tables = unique(costs.map(({ size }) => size)).map((size): [string, string] => [
    `methods ${size}`,
    costTable(costs.filter((line) => line.size === size)),
  ]);
  return new Map([...tables, ...(scores.length === 0 ? [] : [["methods scores", scoreTable(scores)] as const])]);
};
