/** @file Writes the synthetic data sets of assets/superglue-mini anew: `npx tsx scripts/superglue-mini/main.ts`. */
import { allFiles } from "./sets.js";
import { writeAsset } from "./shared.js";

writeAsset("superglue-mini", allFiles());
