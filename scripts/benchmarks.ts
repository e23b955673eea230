/**
 * Writes what the benchmarks print into the tables of docs/benchmarks.md and docs/methods.md:
 *
 *     npm run --silent bench -- all --json > lines.jsonl
 *     npm run --silent bench -- methods >> lines.jsonl
 *     node --import tsx scripts/benchmarks.ts lines.jsonl
 *
 * Tables of benchmarks that are not among the lines stay as they are. Peers that disagree about a result are an error.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { methodTables } from "../bench/methods/tables.js";
import type { Line } from "../bench/t5/measure.js";
import { disagreements, tablesOf, withTables } from "../bench/tables.js";

const PAGES = ["docs/benchmarks.md", "docs/methods.md"];

const lines = process.argv
  .slice(2)
  .flatMap((file) => readFileSync(file, "utf8").split("\n"))
  .filter((text) => text.startsWith("{"))
  .map((text) => JSON.parse(text) as Line);
const faults = disagreements(lines);
if (faults.length > 0) throw new Error(`the peers do not compute the same:\n${faults.join("\n")}`);
const tables = new Map([...tablesOf(lines), ...methodTables(lines)]);
for (const page of PAGES) writeFileSync(page, withTables(readFileSync(page, "utf8"), tables));
