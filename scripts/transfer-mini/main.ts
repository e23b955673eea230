/** @file Writes the synthetic data sets of assets/transfer-mini anew: `npx tsx scripts/transfer-mini/main.ts`. */
import { writeAsset } from "../superglue-mini/shared.js";
import { allFiles } from "./sets.js";

writeAsset("transfer-mini", allFiles());
