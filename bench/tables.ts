/** @file The lines that the benchmarks print as tables in Markdown. */
import type { Line } from "./t5/measure.js";

/** Where there is no figure. */
export const NONE = "—";

/** A table with its columns aligned. */
export const tableOf = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const print = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const [head, ...body] = rows.map(print);
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
};

export const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];
const number = (line: Line, key: string): number => line[key] as number;
/** Three digits, and no exponent. */
export const short = (x: number): string => (x >= 100 ? x.toFixed(0) : String(Number(x.toPrecision(3))));
const gigabytes = (bytes: unknown): string => `${short((bytes as number) / 1e9)} GB`;

/** A kind of table: who has a row, what has a column, what stands there. */
interface Layout {
  readonly bench: string;
  readonly rows: readonly string[];
  readonly columns: (line: Line) => string;
  readonly cell: (line: Line) => string;
}

const rowOf = (line: Line, keys: readonly string[]): string[] =>
  keys.map((key) => {
    if (key !== "cache") return String(line[key]);
    return line.cache === true ? "yes" : "no";
  });

const grid = (lines: readonly Line[], { rows, columns, cell }: Layout): string => {
  const heads = unique(lines.map(columns));
  const keyOf = (line: Line): string => JSON.stringify(rowOf(line, rows));
  const body = unique(lines.map(keyOf)).map((key) => {
    const own = lines.filter((line) => keyOf(line) === key);
    const cells = heads.map((head) => {
      const line = own.find((line) => columns(line) === head);
      return line === undefined || line.skipped !== undefined ? NONE : cell(line);
    });
    return [...(JSON.parse(key) as string[]), ...cells];
  });
  return tableOf([[...rows, ...heads], ...body]);
};

const size = ({ size }: Line): string => String(size);
const written = ({ size, batch }: Line): string => `${size}, ${batch} ${batch === 1 ? "row" : "rows"}`;
const time = (line: Line): string => `${short(number(line, "minMs"))} (${short(number(line, "medianMs"))})`;
const costs = (line: Line): string =>
  `${Number((number(line, "firstMs") / 1000).toPrecision(2))} s, ${number(line, "peakRssMB")} MB`;

const PEER = ["peer", "threads"];
const LAYOUTS: Readonly<Record<string, Layout>> = {
  step: { bench: "step", rows: PEER, columns: size, cell: time },
  weights: { bench: "weights", rows: PEER, columns: size, cell: time },
  "step gflops": { bench: "step", rows: PEER, columns: size, cell: (line) => short(number(line, "gflops")) },
  "step costs": { bench: "step", rows: PEER, columns: size, cell: costs },
  forward: { bench: "forward", rows: PEER, columns: size, cell: time },
  decode: {
    bench: "decode",
    rows: [...PEER, "cache"],
    columns: written,
    cell: (line) => short(number(line, "tokensPerSecond")),
  },
  "decode costs": { bench: "decode", rows: [...PEER, "cache"], columns: written, cell: costs },
  tokenize: {
    bench: "tokenize",
    rows: ["peer"],
    columns: () => "MB/s",
    cell: (line) => short(number(line, "mbPerSecond")),
  },
  joint: {
    bench: "joint",
    rows: ["runs"],
    columns: ({ way }) => String(way),
    cell: (line) => `${number(line, "ms")} ms, ${number(line, "peakRssMB")} MB`,
  },
  rows: {
    bench: "rows",
    rows: ["work", "rows"],
    columns: () => "rows a second, memory",
    cell: (line) => `${number(line, "perSecond")}, ${number(line, "rssMB")} MB`,
  },
  serve: {
    bench: "serve",
    rows: ["peer"],
    columns: () => "requests a second (median, 95 % within)",
    cell: (line) => `${number(line, "perSecond")} (${number(line, "medianMs")} ms, ${number(line, "p95Ms")} ms)`,
  },
};

const BENCHES = [...unique(Object.values(LAYOUTS).map(({ bench }) => bench)), "sizes", "methods"];

const sizesTable = (lines: readonly Line[]): string =>
  tableOf([
    ["case", "executor", "weights", "device peak", "wasm heap", "RSS peak"],
    ...lines
      .filter(({ skipped }) => skipped === undefined)
      .map(({ model, batch, inputs, work, executor, ...line }) => [
        `${model}, ${batch} x ${inputs}, ${work}`,
        String(executor),
        ...["weightBytes", "peakBytes", "heapBytes", "rssPeakBytes"].map((key) => gigabytes(line[key])),
      ]),
  ]);

/** Figures that all peers must agree on: what they say of the same task, and how far they may differ. */
const CHECKS = { loss: 1e-3, gradNorm: 1e-3, ids: 0, tokens: 0 } as const;
const same = (a: unknown, b: unknown, tolerance: number): boolean =>
  a === b || Math.abs(Number(a) - Number(b)) <= tolerance * Math.abs(Number(a));

/** Where peers say something else of a task than the first one, in words. */
export const disagreements = (lines: readonly Line[]): string[] => {
  const done = lines.filter(({ bench, skipped }) => skipped === undefined && bench !== "machine" && bench !== "sizes");
  const taskOf = ({ bench, size, batch, tokens, corpus }: Line): string =>
    JSON.stringify([bench, size, batch, corpus, bench === "decode" ? tokens : undefined]);
  return unique(done.map(taskOf)).flatMap((task) => {
    const [first, ...others] = done.filter((line) => taskOf(line) === task);
    return others.flatMap((line) =>
      Object.entries(CHECKS)
        .filter(([key, tolerance]) => !same(first[key], line[key], tolerance))
        .map(([key]) => `${task}: ${key} of ${line.peer} is ${line[key]}, of ${first.peer} ${first[key]}`),
    );
  });
};

/** What is told about a benchmark: the machine, the versions, and who is missing and why. */
const noteOf = (lines: readonly Line[], machines: readonly Line[]): string => {
  const [{ cpu, cores, node }] = machines;
  const loads = machines.map((line) => number(line, "load"));
  const dates = unique(machines.map(({ date }) => date)).join(", ");
  const versions = unique(lines.flatMap(({ version }) => (version === undefined ? [] : [String(version)])));
  const blas = unique(lines.flatMap(({ blas }) => (blas === undefined ? [] : [`with ${blas}`])));
  const skipped = unique(
    lines.flatMap(({ skipped, peer, size, case: name }) =>
      skipped === undefined
        ? []
        : [
            `${[peer ?? name, size].filter((x) => x !== undefined).join(" at ")}: ${String(skipped).replace(/\.$/, "")}.`,
          ],
    ),
  );
  const load = unique([Math.min(...loads), Math.max(...loads)]).join(" to ");
  const machine = `${cpu}, ${cores} cores, Node ${node}, ${dates}; load average before: ${load}.`;
  const used = [...versions, ...blas].join(", ");
  return [machine, ...(used === "" ? [] : [`${used}.`]), ...skipped].join("\n");
};

/** The tables by name, of those benchmarks that have lines; `BENCHMARK notes` tells about all of one benchmark. */
export const tablesOf = (lines: readonly Line[]): Map<string, string> => {
  const tables = new Map<string, string>();
  /** A line belongs to the machine that was named before it. */
  const machineOf = (line: Line): Line => {
    const before = lines.slice(0, lines.indexOf(line)).filter(({ bench }) => bench === "machine");
    const machine = before.at(-1);
    if (machine === undefined) throw new Error("no line names the machine");
    return machine;
  };
  const of = (bench: string): Line[] => lines.filter((line) => line.bench === bench);
  for (const bench of BENCHES) {
    const own = of(bench);
    if (own.length > 0) tables.set(`${bench} notes`, noteOf(own, unique(own.map(machineOf))));
  }
  for (const [name, layout] of Object.entries(LAYOUTS)) {
    const own = of(layout.bench);
    if (own.length > 0) tables.set(name, grid(own, layout));
  }
  if (of("sizes").length > 0) tables.set("sizes", sizesTable(of("sizes")));
  return tables;
};

/** The page with the tables between `<!-- bench NAME -->` and `<!-- end -->`. */
export const withTables = (page: string, tables: ReadonlyMap<string, string>): string =>
  page.replace(/<!-- bench (.*?) -->\n[\s\S]*?<!-- end -->/g, (old, name: string) => {
    const table = tables.get(name);
    return table === undefined ? old : `<!-- bench ${name} -->\n\n${table}\n\n<!-- end -->`;
  });
