/**
 * Writes the tables of docs/troubleshooting.md from the doctor's rules, and from the sweep of learning rates:
 *
 *     node --conditions=fluxion-source --import tsx scripts/doctor-tables.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NONE, tableOf, unique, withTables } from "../bench/tables.js";
import { RULES } from "../lib/lab/doctor-rules.js";
import { WORKING_RATES } from "../lib/lab/learning-rates.js";
import { BATCH, EVERY, keyOf, STEPS, type SweepLine, sweepLines, TASK } from "./learning-rates.js";

const PAGE = "docs/troubleshooting.md";

const rules = (): string =>
  tableOf([
    ["rule", "fires where", "what to do"],
    ...RULES.map(({ name, fires, remedy }) => [`\`${name}\``, fires, remedy]),
  ]);

const ranges = (): string =>
  tableOf([
    ["method", "optimizer", "lowest", "highest"],
    ...Object.entries(WORKING_RATES).flatMap(([method, byOptimizer = {}]) =>
      Object.entries(byOptimizer).map(([optimizer, range]) => [
        `\`${method}\``,
        `\`${optimizer}\``,
        `${range?.lowest}`,
        `${range?.highest}`,
      ]),
    ),
  ]);

/** What a run of the sweep scores. */
const score = (line: SweepLine | undefined): string =>
  line === undefined ? NONE : line.score === null ? "NaN" : line.score.toFixed(1);

const sweep = (): string => {
  const lines = sweepLines();
  const rates = unique(lines.map(({ rate }) => rate)).sort((a, b) => a - b);
  const kinds = unique(lines.map(keyOf));
  const cellOf = (kind: string, rate: number): string =>
    score(lines.find((line) => keyOf(line) === kind && line.rate === rate));
  return tableOf([
    ["method", "optimizer", ...rates.map(String)],
    ...kinds.map((kind) => [
      ...kind.split(" ").map((name) => `\`${name}\``),
      ...rates.map((rate) => cellOf(kind, rate)),
    ]),
  ]);
};

const baselines = unique(sweepLines().flatMap(({ baseline }) => (baseline === null ? [] : [baseline.toFixed(1)])));
const note = `One run a rate: t5-nano on \`${TASK}\` of superglue-mini, ${STEPS} steps of ${BATCH} examples, seed 0, evaluated every ${EVERY} steps. The better baseline scores ${baselines.join(", ")}.`;

/** The page with its tables made anew. */
export const withDoctorTables = (page: string): string =>
  withTables(
    page,
    new Map([
      ["rules", rules()],
      ["rates", ranges()],
      ["sweep", sweep()],
      ["sweep note", note],
    ]),
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, withDoctorTables(readFileSync(PAGE, "utf8")));
}
