/**
 * Writes docs/compatibility.md: `node --import tsx scripts/compatibility/main.ts NAMES.json`, where the file has JAX's names as
 * `{ source, modules: { "jax.numpy": [...] } }`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pageOf } from "./table.js";

const { source, modules } = JSON.parse(readFileSync(process.argv[2], "utf8"));
writeFileSync("docs/compatibility.md", pageOf(source, modules));
