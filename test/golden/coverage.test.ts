/** @file The golden files and table.ts match both ways, and together the tests that share a file read all of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readGolden } from "../helpers/golden-file.js";
import { isIn, type Leaf, leavesOf, printKeys } from "../helpers/golden-leaves.js";
import { withShared } from "../helpers/shared.js";
import { entryOf, isExcepted, isPromised, type Line, linesOf, partsOf, TABLE } from "./table.js";

const Coverage = suite("golden/coverage");
const tests = fileURLToPath(new URL("..", import.meta.url));

const filesIn = (root: string): string[] =>
  readdirSync(join(root, "golden"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, "golden").length + 1))
    .filter((name) => !name.endsWith(".md"));

/** Lines of files that are read. */
const readLines = Object.entries(TABLE).filter((pair): pair is [string, Line] => "tests" in pair[1]);
/** Files of which tests read keys. */
const keyed = readLines.filter(([, { tests }]) => Object.values(tests).some((reads) => reads !== "loader"));

withShared(Coverage, "every golden file has a line, and every line a file", (root) => {
  const files = filesIn(root);
  assert.equal(
    files.filter((file) => entryOf(file) === undefined),
    [],
    "golden files without a line in test/golden/table.ts",
  );
  const used = new Set(files.map((file) => entryOf(file)?.[0]));
  assert.equal(
    Object.keys(TABLE).filter((name) => !used.has(name)),
    [],
    "lines in test/golden/table.ts without a file",
  );
});

Coverage("every test in the table is there, and the readers of keys say so at their end", () => {
  const named = new Set(readLines.flatMap(([, { tests }]) => Object.keys(tests)));
  assert.ok(named.size > 8);
  for (const test of named) {
    assert.ok(existsSync(join(tests, test)), `${test} is not there`);
    if (linesOf(test).length === 0) continue;
    const opens = new RegExp(`goldenFiles\\(\\w+, "${test}"\\)`);
    assert.match(readFileSync(join(tests, test), "utf8"), opens, `${test} does not open its golden files`);
  }
});

withShared(
  Coverage,
  "the tests of a file read all of it but for what has a reason, and every part is there",
  (root) => {
    for (const [file, { tests: readers, except = [] }] of keyed) {
      // What is not JSON has names that only its reader knows.
      if (!/\.jsonl?(\.gz)?$/.test(file)) continue;
      const leaves = [...leavesOf(readGolden(root, file))];
      const names = Object.keys(readers);
      const left = leaves.filter(
        (leaf) => !isExcepted(file, leaf) && !names.some((test) => isPromised(test, file, leaf)),
      );
      const shown = left.slice(0, 12).map(({ keys }) => printKeys(keys));
      assert.equal(shown, [], `${file}: no test reads ${left.length} values`);
      for (const part of [...names.flatMap((test) => partsOf(test, file)), ...except.map(([part]) => part)]) {
        const found = leaves.some((leaf: Leaf) => isIn(part, leaf));
        assert.ok(found, `${file} has nothing at ${JSON.stringify(part)}`);
      }
    }
  },
);

Coverage.run();
