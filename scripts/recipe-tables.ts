/**
 * Writes the tables of docs/recipes.md from the description of recipes and from the presets:
 *
 *     node --conditions=fluxion-source --import tsx scripts/recipe-tables.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withTables } from "../bench/tables.js";
import { differences } from "../lib/lab/differences.js";
import { PRESET_NAMES, presets } from "../lib/lab/presets.js";
import { RECIPE, recipe } from "../lib/lab/recipe.js";
import { type Placed, placesOf } from "../lib/lab/schema.js";

const PAGE = "docs/recipes.md";

const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;
const value = (it: unknown): string =>
  it === undefined ? "" : code(typeof it === "string" ? it || '""' : JSON.stringify(it));

/** What has to be chosen for a setting to be there. */
const owner = ({ under }: Placed): string => {
  const last = under.at(-1);
  return last === undefined ? "" : `${last.path.join(".")} ${last.name}`;
};

const short = (flag: string | undefined): string => (flag === undefined ? "" : code(flag));

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A table whose columns are as wide as their cells. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((cells) => cells[i].length)));
  const padded = (cells: readonly string[]): string => row(cells.map((cell, i) => cell.padEnd(widths[i])));
  return [padded(head), row(widths.map((width) => "-".repeat(width))), ...rows.map(padded)].join("\n");
};

/** All settings, their defaults and short forms. */
const settings = (): string => {
  const rows = placesOf(RECIPE).map((place) => {
    const { path, node } = place;
    const name = node.kind === "choice" ? `${path.join(".")}.name` : path.join(".");
    return [code(name), owner(place), value(node.fallback), short(node.flag), node.what.replaceAll("|", "\\|")];
  });
  return table(["setting", "of", "default", "short form", "what it is"], rows);
};

/** A row a setting that differs between presets, a column a preset. */
const presetTable = (): string => {
  const all = PRESET_NAMES.map((name) => recipe(presets[name]));
  const paths = [...new Set(all.flatMap((one) => differences(all[0], one).map(({ path }) => path.join("."))))];
  const at = (one: unknown, path: string): unknown =>
    path.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], one);
  return table(
    ["setting", ...PRESET_NAMES.map(code)],
    paths.map((path) => [code(path), ...all.map((one) => value(brief(at(one, path))))]),
  );
};

/** Lists of tasks by their names. */
const brief = (it: unknown): unknown =>
  Array.isArray(it) && it.every((item) => typeof item === "object" && "task" in item)
    ? it.map(({ task }) => task).join(", ")
    : it;

/** The page with its tables made anew. */
export const withRecipeTables = (page: string): string =>
  withTables(
    page,
    new Map([
      ["settings", settings()],
      ["presets", presetTable()],
    ]),
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, withRecipeTables(readFileSync(PAGE, "utf8")));
}
