/** @file All rows of the conformance suite. */
import { elementwiseRows } from "./elementwise-rows.js";
import { indexingRows } from "./indexing-rows.js";
import { linalgRows } from "./linalg-rows.js";
import type { Row } from "./row.js";
import { specialRows } from "./special-rows.js";
import { structuralRows } from "./structural-rows.js";
import { windowRows } from "./window-rows.js";

export const rows: readonly Row[] = [
  ...elementwiseRows,
  ...specialRows,
  ...indexingRows,
  ...structuralRows,
  ...linalgRows,
  ...windowRows,
];
