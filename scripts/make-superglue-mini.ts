/** @file Writes assets/superglue-mini/CB anew: `npx tsx scripts/make-superglue-mini.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { makeFiles } from "./superglue-mini.js";

const folder = new URL("../assets/superglue-mini/CB/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(makeFiles())) writeFileSync(new URL(name, folder), text);
