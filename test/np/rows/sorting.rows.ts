/** @file Sorting, searching and running sums. */
import * as np from "../../../lib/np/index.js";
import { golden, type Row } from "./row.js";

const row = golden("np-sorting");

export const rows: readonly Row[] = [
  row("np.sort", "sort", (x) => np.sort(x), "differences"),
  row("np.sort", "sort: first axis", (x) => np.sort(x, 0), "differences"),
  row("np.sort", "sort: NaN last", (x) => np.sort(x), "special values"),
  row("np.sort", "sort: integers", (x) => np.sort(x), "no floats"),
  row("np.argsort", "argsort", (x) => np.argsort(x), "piecewise constant"),
  row("np.argsort", "argsort: ties stable, NaN last", (x) => np.argsort(x), "piecewise constant"),
  row("np.cumsum", "cumsum", (x) => np.cumsum(x, { axis: 1 }), "differences"),
  row("np.cumsum", "cumsum: flat", (x) => np.cumsum(x), "differences"),
  row("np.cumprod", "cumprod", (x) => np.cumprod(x, { axis: 0 }), "differences"),
];
