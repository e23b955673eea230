/**
 * Writes what the benchmarks print into the tables of docs/benchmarks.md:
 *
 *     npm run --silent bench -- all --json > lines.jsonl
 *     node --import tsx scripts/benchmarks.ts lines.jsonl
 *
 * Tables of benchmarks that are not among the lines stay as they are. Peers that disagree about a result are an error.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Line } from "../bench/t5/measure.js";
import { disagreements, tablesOf, withTables } from "../bench/tables.js";

const PAGE = "docs/benchmarks.md";

const lines = process.argv
  .slice(2)
  .flatMap((file) => readFileSync(file, "utf8").split("\n"))
  .filter((text) => text.startsWith("{"))
  .map((text) => JSON.parse(text) as Line);
const faults = disagreements(lines);
if (faults.length > 0) throw new Error(`the peers do not compute the same:\n${faults.join("\n")}`);
writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8"), tablesOf(lines)));
