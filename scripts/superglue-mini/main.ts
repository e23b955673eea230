/** @file Writes the synthetic data sets of assets/superglue-mini anew: `npx tsx scripts/superglue-mini/main.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { allFiles } from "./sets.js";

const folder = new URL("../../assets/superglue-mini/", import.meta.url);
for (const [path, text] of Object.entries(allFiles())) {
  const file = new URL(path, folder);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, text);
}
