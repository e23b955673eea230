/** @file What the package holds: what its README links to, and what its manifest names. */
import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const Manifest = suite("manifest");
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, unknown>>;
};

/** Whether a path of the repository is in the package. */
const isPacked = (path: string): boolean =>
  manifest.files.some((entry) => {
    if (!entry.includes("*")) return path === entry || path.startsWith(`${entry}/`);
    const [before, after] = entry.split("*") as [string, string];
    return path.startsWith(before) && path.endsWith(after) && !path.slice(before.length).includes("/");
  });

Manifest("links of the README lead to files that are in the package", () => {
  const links = [...read("README.md").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) =>
    (link as string).replace(/#.*/, ""),
  );
  const paths = links.filter((link) => link !== "" && !/^https?:/.test(link));
  assert.ok(paths.length > 20, "links were found");
  assert.equal(
    paths.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)) || !isPacked(path)),
    [],
  );
});

Manifest("what comes along has a name", () => {
  assert.is(manifest.exports["./assets/*"], "./assets/*");
  for (const path of ["examples/superglue.ts", "assets/t5-nano/config.json"]) assert.ok(isPacked(path), path);
});

Manifest.run();
