/** @file The shape of the library: which folder may import which, and where the outside world comes in. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const Layers = suite("layers");

/** Folders of `lib`, lowest layer first. A folder imports from itself and from lower layers. */
const LAYERS: readonly (readonly string[])[] = [
  ["core"],
  ["primitives", "edge", "metrics"],
  ["compile", "store"],
  ["transforms", "tokenizer", "tasks", "tfjs"],
  ["np", "lax", "scipy", "tree", "debug"],
  ["nn", "ops", "optim", "random"],
  ["t5", "data", "prompt"],
  ["methods"],
  ["io"],
  ["train", "viz"],
  ["lab", "serve"],
  ["cli"],
];
/** Neighbours on one layer that may see each other, in this direction: layers and noise draw from keys, a tree is made one vector. */
const NEIGHBOURS: readonly string[] = ["nn -> random", "optim -> random", "scipy -> np", "tree -> np"];

/** Files outside of store, io, train, lab, serve and cli that run in Node only. */
const NODE_ONLY: readonly string[] = ["tasks/sources.ts", "tokenizer/folder-tokens.ts", "tokenizer/load-tokenizer.ts"];
/** Folders at the boundaries of the library, which decode what comes from outside. */
const BOUNDARIES: readonly string[] = ["edge", "store", "tokenizer", "tasks", "methods", "io", "lab", "serve", "cli"];
/** Other files that decode what comes from outside. */
const DECODING: readonly string[] = ["train/outputs.ts", "train/store.ts"];

interface Import {
  readonly from: string;
  /** A file of `lib`, or the name of a package. */
  readonly to: string;
  readonly own: boolean;
}

/** All imports of a file: static, dynamic, of types, and re-exports. */
const importsOf = (file: string, text: string): Import[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith(".")) return { from: file, to: fileName, own: false };
    const to = join(dirname(file), fileName).split(sep).join("/").replace(/\.js$/, ".ts");
    return { from: file, to, own: true };
  });

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "lib");
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile() && f.name.endsWith(".ts"))
  .map((f) => relative(root, join(f.parentPath, f.name)).split(sep).join("/"))
  .sort();
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));

const folderOf = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "");
const layerOf = (folder: string): number => LAYERS.findIndex((layer) => layer.includes(folder));

/** The import that breaks a rule, in words. */
const upward = ({ from, to, own }: Import): boolean => {
  const [a, b] = [folderOf(from), folderOf(to)];
  // `lib/index.ts` is the roof: it sees everything, and nothing sees it.
  if (!own || a === b || a === "") return false;
  if (b === "") return true;
  return layerOf(b) >= layerOf(a) && !NEIGHBOURS.includes(`${a} -> ${b}`);
};
const print = (list: readonly Import[]): string[] => list.map(({ from, to }) => `${from} imports ${to}`);

/** A way from a file back to itself, if there is one. */
const cycleIn = (edges: readonly Import[]): string[] | undefined => {
  const next = new Map<string, string[]>();
  for (const { from, to, own } of edges) if (own) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    for (const to of next.get(file) ?? []) {
      const found = walk(to, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const found = walk(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
};

Layers("every folder has its layer, and every import names a file that is there", () => {
  assert.equal(
    files.map(folderOf).filter((folder) => folder !== "" && layerOf(folder) < 0),
    [],
  );
  assert.ok(imports.length > files.length, "imports were found");
  assert.equal(print(imports.filter(({ to, own }) => own && !files.includes(to))), []);
});

Layers("imports point down the layers, those of types too", () => {
  assert.equal(print(imports.filter(upward)), []);
  const edges = new Set(imports.map(({ from, to }) => `${folderOf(from)} -> ${folderOf(to)}`));
  assert.equal(
    NEIGHBOURS.filter((edge) => !edges.has(edge)),
    [],
    "neighbours that do not see each other any more",
  );
});

Layers("there are no cycles", () => {
  assert.is(cycleIn(imports)?.join(" -> "), undefined);
});

Layers("only compile/tfjs imports TensorFlow.js", () => {
  const bad = imports.filter(({ from, to }) => to.startsWith("@tensorflow/") && !from.startsWith("compile/tfjs/"));
  assert.equal(print(bad), []);
});

Layers("only the folders at the boundaries and the decoding files of train import fp-ts and io-ts", () => {
  const allowed = (file: string): boolean => BOUNDARIES.includes(folderOf(file)) || DECODING.includes(file);
  assert.equal(print(imports.filter(({ from, to }) => /^(fp-ts|io-ts)(\/|$)/.test(to) && !allowed(from))), []);
});

Layers("only store, io, train, lab, serve, cli and the files named here import modules of Node", () => {
  const allowed = (file: string): boolean =>
    ["store", "io", "train", "lab", "serve", "cli"].includes(folderOf(file)) || NODE_ONLY.includes(file);
  assert.equal(print(imports.filter(({ from, to }) => to.startsWith("node:") && !allowed(from))), []);
  for (const file of NODE_ONLY) {
    assert.ok(
      imports.some(({ from, to }) => from === file && to.startsWith("node:")),
      `${file} imports no module of Node any more`,
    );
  }
});

Layers("files are opened for reading in one place", () => {
  // Writers of whole files, and logs to which lines are added, open by themselves.
  const WRITERS = ["store/open.ts", "store/files.ts", "store/lease.ts", "store/staging.ts", "io/fetch/download.ts"];
  const readers = /\b(open|openSync|readFile|readFileSync|createReadStream)\b/;
  const bad = files.filter((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const names = [...text.matchAll(/import \{([^}]*)\} from "node:fs(?:\/promises)?"/g)].map(([, list]) => list);
    return names.some((list) => readers.test(list)) && !WRITERS.includes(file);
  });
  assert.equal(bad, []);
});

Layers("nothing that the main entry reaches imports modules of Node, fp-ts or io-ts", () => {
  const reached = new Set(["index.ts"]);
  for (const file of reached) for (const { from, to, own } of imports) if (own && from === file) reached.add(to);
  const outside = imports.filter(({ from, to }) => reached.has(from) && /^(node:|fp-ts|io-ts)/.test(to));
  assert.equal(print(outside), []);
});

Layers("the checks see what they are for", () => {
  const seen = importsOf(
    "core/a.ts",
    `import type { X } from "../np/index.js";
     export { y } from "./b.js"; // import "./comment.js"
     const z = await import("../compile/c.js");
     type W = import("node:fs").Stats;`,
  );
  assert.equal(
    seen.map(({ to }) => to),
    ["np/index.ts", "core/b.ts", "compile/c.ts", "node:fs"],
  );
  assert.equal(seen.map(upward), [true, false, true, false]);
  const edge = (from: string, to: string): Import => ({ from, to, own: true });
  assert.equal(cycleIn([edge("a", "b"), edge("b", "c"), edge("c", "b")]), ["b", "c", "b"]);
  assert.is(cycleIn([edge("a", "b"), edge("a", "c"), edge("b", "c")]), undefined);
});

Layers.run();
