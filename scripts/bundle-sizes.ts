/**
 * Prints how large a bundle of each entry of the package is, minified, beside those of another checkout that has been built:
 *
 *     npm run build && node --import tsx scripts/bundle-sizes.ts ../other
 *
 * What an entry imports at once is one file and counts as such; what it imports later (`import()`) stands beside it. Modules of Node
 * are left out.
 */
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

interface Size {
  /** Bytes of what is loaded with the entry, and the same with gzip. */
  readonly initial: number;
  readonly gzip: number;
  /** Bytes of what is loaded where it is asked for. */
  readonly later: number;
}

type Manifest = { readonly exports: Readonly<Record<string, string | { readonly default: string }>> };

/** `.` and `./np`, with the built file of each. */
const entriesOf = (root: string): [string, string][] => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  return Object.entries(exports).flatMap(([name, target]) =>
    typeof target === "string" ? [] : [[name, join(root, target.default)]],
  );
};

const sizeOf = async (file: string): Promise<Size> => {
  const { outputFiles, metafile } = await build({
    entryPoints: { entry: file },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    external: ["node:*", ...builtinModules, "onnxruntime-node", "onnxruntime-common"],
    outdir: "/",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const chunks = new Map(Object.entries(metafile.outputs));
  const bytes = new Map(outputFiles.map(({ path, contents }) => [resolve(path), contents]));
  const initial = new Set<string>();
  const visit = (name: string): void => {
    if (initial.has(name) || !chunks.has(name)) return;
    initial.add(name);
    for (const { path, kind } of chunks.get(name)?.imports ?? []) if (kind === "import-statement") visit(path);
  };
  visit([...chunks.keys()].find((name) => name.endsWith("/entry.js")) ?? "entry.js");
  const contents = [...initial].map((name) => bytes.get(resolve(name)) as Uint8Array);
  const total = [...bytes.values()].reduce((sum, { length }) => sum + length, 0);
  const now = contents.reduce((sum, { length }) => sum + length, 0);
  return {
    initial: now,
    gzip: contents.reduce((sum, chunk) => sum + gzipSync(chunk, { level: 9 }).length, 0),
    later: total - now,
  };
};

const sizesOf = async (root: string): Promise<Map<string, Size>> => {
  const sizes = new Map<string, Size>();
  for (const [name, file] of entriesOf(root)) sizes.set(name, await sizeOf(file));
  return sizes;
};

const kB = (bytes: number): string => (bytes / 1000).toFixed(bytes < 9950 ? 1 : 0);
const cells = (size: Size | undefined): string[] =>
  size === undefined ? ["—", "—", "—"] : [kB(size.initial), kB(size.gzip), kB(size.later)];

const [here, there] = [resolve("."), process.argv[2]];
const now = await sizesOf(here);
const before = there === undefined ? new Map<string, Size>() : await sizesOf(resolve(there));
for (const [name, size] of now) {
  const row = [`\`${name.replace(".", "fluxion")}\``, ...cells(before.get(name)), ...cells(size)];
  console.log(`| ${row.join(" | ")} |`);
}
