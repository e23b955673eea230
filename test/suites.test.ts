/** @file uvu drops a suite that is never run, in silence: every test file must run every suite that it makes. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const Suites = suite("suites");
const root = dirname(fileURLToPath(import.meta.url));

/** Names of suites that a file makes and does not run as its last words. */
const notRun = (text: string): string[] => {
  const names = [...text.matchAll(/^const (\w+) = suite[(<]/gm)].map(([, name]) => name);
  return names.length === 0
    ? ["(no suite)"]
    : names.filter((name) => !new RegExp(`^${name}\\.run\\(\\);$`, "m").test(text));
};
/** Tests that are left out or that keep others from running. */
const marked = (text: string): string[] => [...text.matchAll(/^\s*\w+\.only\(/gm)].map(([found]) => found.trim());

const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((name) => /\.(test|long)\.ts$/.test(name));

Suites("every test file runs its suites", () => {
  assert.ok(files.length > 20, "test files were found");
  const bad = files.flatMap((file) => notRun(readFileSync(join(root, file), "utf8")).map((name) => `${file}: ${name}`));
  assert.equal(bad, []);
});

Suites("no test file runs some of its tests only", () => {
  const bad = files.flatMap((file) => marked(readFileSync(join(root, file), "utf8")).map((mark) => `${file}: ${mark}`));
  assert.equal(bad, []);
});

Suites("the checks see what they are for", () => {
  assert.equal(notRun('const A = suite("a");\nconst B = suite<X>("b");\nA.run();\n// B.run();'), ["B"]);
  assert.equal(notRun("assert.ok(true);"), ["(no suite)"]);
  assert.equal(marked("  A.only('x', f);"), ["A.only("]);
});

Suites.run();
