/** @file The table of JAX's public names and what fluxion has for each. */
import * as fluxion from "../../lib/index.js";
import type { Module, Note } from "./note.js";
import { MODULES } from "./notes.js";

/** Names of JAX's API reference by module. */
export type JaxNames = Readonly<Record<string, readonly string[]>>;

/** What fluxion has for one of JAX's names. */
export interface Entry {
  readonly name: string;
  /** Where it is exported, as `np.sum`; undefined where it is not. */
  readonly here: string | undefined;
  /** How it differs, or why it is not there. */
  readonly note: string;
}

/** What a name of a module would be called here. */
export const guess = (module: Module, name: string): string | undefined => {
  if (module.space === undefined) return undefined;
  return module.space === "" ? camelCase(name) : `${module.space}.${camelCase(name)}`;
};

/** What is exported under a dotted name; undefined when nothing is. */
export const exported = (path: string): unknown =>
  path.split(".").reduce<unknown>((x, key) => (x as Record<string, unknown> | undefined)?.[key], fluxion);

/** `value_and_grad` as `valueAndGrad`. */
export const camelCase = (name: string): string => name.replaceAll(/_+([a-z0-9])/g, (_, c: string) => c.toUpperCase());

const entryOf = (module: Module, name: string): Entry => {
  const note: Note = module.names?.[name] ?? {};
  if ("not" in note) return { name, here: undefined, note: note.not };
  const { as, differs = "" } = note;
  if (as !== undefined) return { name, here: as, note: differs };
  const path = guess(module, name);
  if (path !== undefined && exported(path) !== undefined) return { name, here: path, note: differs };
  return { name, here: undefined, note: module.absent };
};

/** One entry for each name, module by module. @throws when a module has no notes */
export const entriesOf = (names: JaxNames): Map<string, Entry[]> =>
  new Map(
    Object.entries(names).map(([jaxModule, list]) => {
      const module = MODULES[jaxModule];
      if (module === undefined) throw new Error(`no notes for the module ${jaxModule}`);
      return [jaxModule, [...new Set(list)].map((name) => entryOf(module, name))];
    }),
  );

const cells = ({ name, here, note }: Entry): string[] =>
  here === undefined
    ? [`\`${name}\``, "no", note]
    : [`\`${name}\``, note === "" ? "yes" : "differs", `\`${here}\`${note === "" ? "" : `: ${note}`}`];

/** Rows as the formatter has them: columns of one width. */
const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[], fill = " "): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i], fill)).join(" | ")} |`;
  const [head, ...rest] = rows;
  return [line(head), line(["", "", ""], "-"), ...rest.map((row) => line(row))];
};

/** The page. */
export const pageOf = (source: string, names: JaxNames): string => {
  const entries = entriesOf(names);
  const all = [...entries.values()].flat();
  const count = (list: readonly Entry[]): string => {
    const here = list.filter((e) => e.here !== undefined);
    return `${here.length} of ${list.length}`;
  };
  return [
    "# JAX's names, and what fluxion has for each",
    "",
    "Made by `scripts/compatibility/main.ts`; a test compares the page with what is exported. The names are those of JAX's API reference",
    `(${source}). ${count(all)} are here.`,
    "",
    "In general: names are in camel case; optional arguments come in one object at the end (`np.sum(x, { axis: 0 })`), or where there are one",
    'or two, by place (`np.stack(xs, 1)`, `np.tril(x, -1)`, `np.zeros([2], "int32")`, shape and dtype of draws); nothing takes `out`; there',
    "are no operators (`np.add(x, y)` or `x.add(y)`, not `x + y`); a JavaScript number is weak, as a Python scalar is",
    "in JAX; dtypes are float32, int32, uint32 and bool, and float64 on the backend `reference`; there are no complex numbers. Names that",
    "JAX's list leaves out: `jax.tree` is `tree`, `jax.ops` is `ops`.",
    ...[...entries].flatMap(([module, list]) => [
      "",
      `## ${module}`,
      "",
      `${count(list)} names.`,
      "",
      ...table([["JAX", "here", "as, or why not"], ...list.map(cells)]),
    ]),
    "",
  ].join("\n");
};
