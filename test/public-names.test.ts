/** @file The names that users can import. A change of them is a change of the API: it shows in `public-names.txt`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const PublicNames = suite("public-names");
const root = new URL("..", import.meta.url);
const list = fileURLToPath(new URL("public-names.txt", import.meta.url));

type Manifest = { readonly exports: Readonly<Record<string, string | { readonly default: string }>> };
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as Manifest;

/** `fluxion/np linalg.norm`, for every name of every sub-path and of the modules in it. */
const namesOf = async (): Promise<string[]> => {
  const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [[path.replace(/^\./, "fluxion"), target.default] as const],
  );
  const isModule = (x: unknown): x is object => Object.prototype.toString.call(x) === "[object Module]";
  const inside = (module: object, before: string): string[] =>
    Object.entries(module).flatMap(([name, value]) =>
      isModule(value) ? inside(value, `${before}${name}.`) : [`${before}${name}`],
    );
  const lists = await Promise.all(
    entries.map(async ([specifier, file]) => {
      const source = file.replace("./dist/", "lib/").replace(/\.js$/, ".ts");
      const module = (await import(new URL(source, root).href)) as object;
      // What has a sub-path of its own is listed there.
      const own = Object.fromEntries(
        Object.entries(module).filter(
          ([name]) => specifier !== "fluxion" || manifest.exports[`./${name}`] === undefined,
        ),
      );
      return inside(own, "").map((name) => `${specifier} ${name}`);
    }),
  );
  return lists.flat().sort();
};

PublicNames("the names of the main entry and of every sub-path are those of the list", async () => {
  const text = `${(await namesOf()).join("\n")}\n`;
  if (process.env.FLUXION_WRITE_NAMES === "1") writeFileSync(list, text);
  assert.is(text, readFileSync(list, "utf8"), "is that meant? FLUXION_WRITE_NAMES=1 writes the list");
});

PublicNames.run();
