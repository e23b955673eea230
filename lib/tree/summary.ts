/** @file What a parameter tree holds: paths, shapes, counts and bytes. */

import { type DType, itemBytes, printShape, type Shape, sizeOf } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { TreeError } from "../core/errors.js";
import { flatten, type KeyPath, pathsOf } from "../core/pytree.js";
import { slashPath } from "./map.js";

/** One leaf, or a subtree whose leaves are added up (then without shape and dtype). */
export interface SummaryRow {
  readonly path: string;
  readonly shape?: Shape;
  readonly dtype?: DType;
  /** Numbers in it. */
  readonly count: number;
  readonly bytes: number;
}

/** The rows and their sums. */
export interface Summary {
  readonly rows: readonly SummaryRow[];
  readonly count: number;
  readonly bytes: number;
}

/** Anything with a shape and a dtype: tensors, host arrays, `ShapeDtype`s. */
const isArray = (x: unknown): x is { readonly shape: Shape; readonly dtype: DType } =>
  typeof x === "object" && x !== null && "shape" in x && "dtype" in x;

/**
 * How much a tree holds, leaf by leaf; nothing is computed.
 *
 * - `depth`: leaves below that many keys are added up
 * @throws {TreeError} naming the path of a leaf without shape and dtype
 * @example tree.summarize(params).count
 */
export const summarize = takes(
  "tree.summarize(tree, { depth })",
  (tree: unknown, options: { readonly depth?: number } = {}): Summary => {
    const { depth = Number.POSITIVE_INFINITY } = options;
    const [leaves, def] = flatten(tree, isArray);
    const rows = new Map<string, SummaryRow>();
    pathsOf(def).forEach((path: KeyPath, i) => {
      const leaf = leaves[i];
      if (!isArray(leaf)) {
        throw new TreeError({
          where: "tree.summarize",
          what: "a leaf has no shape and dtype",
          expected: "a tensor, host array or ShapeDtype",
          got: typeof leaf,
          at: slashPath(path) || "the root",
        });
      }
      const count = sizeOf(leaf.shape);
      const row = { path: slashPath(path.slice(0, depth)), count, bytes: count * itemBytes(leaf.dtype) };
      const before = rows.get(row.path);
      if (before !== undefined) {
        rows.set(row.path, { ...row, count: before.count + row.count, bytes: before.bytes + row.bytes });
      } else rows.set(row.path, path.length > depth ? row : { ...row, shape: leaf.shape, dtype: leaf.dtype });
    });
    const list = [...rows.values()];
    const total = (key: "count" | "bytes"): number => list.reduce((sum, row) => sum + row[key], 0);
    return { rows: list, count: total("count"), bytes: total("bytes") };
  },
);

const digits = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, " ");

/**
 * The summary as an aligned table, ended by the sums.
 *
 * @example console.log(tree.summaryTable(params, { depth: 2 }))
 */
export const summaryTable = takes(
  "tree.summaryTable(tree, { depth })",
  (tree: unknown, options: { readonly depth?: number } = {}): string => {
    const { rows, count, bytes } = summarize(tree, options);
    const cells = [
      ["path", "shape", "dtype", "count", "bytes"],
      ...rows.map((r) => [
        r.path,
        r.shape === undefined ? "" : printShape(r.shape),
        r.dtype ?? "",
        digits(r.count),
        digits(r.bytes),
      ]),
      ["total", "", "", digits(count), digits(bytes)],
    ];
    const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
    const line = (row: readonly string[]): string =>
      row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
    const rule = "-".repeat(line(cells[0]).length);
    return [line(cells[0]), rule, ...cells.slice(1, -1).map(line), rule, line(cells[cells.length - 1])].join("\n");
  },
);
