/**
 * @file Golden files of the shared folder that know which of their values a test has read.
 *
 * test/golden/table.ts tells which test reads what of which file. A suite that reads golden files ends with one more test for every
 * file of its own in that table: all that the table promises was read. Values are seen through proxies down to the lists that hold
 * no object, so a list of numbers costs nothing more than its one look-up.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { isExcepted, isPromised, linesOf } from "../golden/table.js";
import { isEntered, leavesOf, printKeys } from "./golden-leaves.js";
import { withShared } from "./shared.js";

/** Rows of a JSON-lines text. Only \n ends a row: texts hold other line separators. */
const parseLines = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

/** The value in a golden file, by its name below shared/golden: `.json`, `.jsonl` or `.jsonl.gz`. */
export const readGolden = (root: string, file: string): unknown => {
  const bytes = readFileSync(join(root, "golden", file));
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  return /\.jsonl(\.gz)?$/.test(file) ? parseLines(text) : (JSON.parse(text) as unknown);
};

/** What was read: by holder, the values of the keys that were asked for, as the test sees them. */
type Seen = Map<object, Map<string, unknown>>;

/** `value`, with every key that is asked for noted in `seen`. */
const tracked = (value: unknown, seen: Seen): unknown => {
  if (!isEntered(value)) return value;
  const read = new Map<string, unknown>();
  seen.set(value, read);
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key === "symbol") return Reflect.get(target, key);
      if (!read.has(key)) {
        if (!Object.hasOwn(target, key)) return Reflect.get(target, key);
        read.set(key, tracked(target[key], seen));
      }
      return read.get(key);
    },
  });
};

/** Opens the golden files of one test file. */
export interface GoldenFiles {
  /** The value in a file; `parse` reads what is not JSON from its path. */
  open<T>(root: string, file: string, parse?: (path: string) => unknown): T;
}

/** The leaves that the table promises for this test, and that were not read. */
const unread = (test: string, file: string, value: unknown, seen: Seen): string[] =>
  [...leavesOf(value)]
    .filter((leaf) => isPromised(test, file, leaf) && !isExcepted(file, leaf))
    .filter(({ holder, key }) => seen.get(holder)?.has(key) !== true)
    .map(({ keys }) => printKeys(keys));

/** Paths in words: one of each kind. */
const kinds = (paths: readonly string[]): string[] => [
  ...new Map(paths.map((path) => [path.replaceAll(/\[\d+\]/g, ""), path])).values(),
];

/**
 * The golden files of the test file `test`, by its path below test/. When `suite` is run, tests that every promised key was read
 * follow its own.
 *
 * @throws {Error} for a file that the table does not give this test
 */
export const goldenFiles = (suite: Test, test: string): GoldenFiles => {
  const files = linesOf(test);
  const opened = new Map<string, { readonly value: unknown; readonly seen: Seen; readonly proxy: unknown }>();
  const run = suite.run;
  suite.run = () => {
    for (const file of files) {
      withShared(suite, `every key of ${file} was read`, () => {
        const one = opened.get(file);
        assert.ok(one !== undefined, `${file} was not opened`);
        const left = unread(test, file, one?.value, one?.seen ?? new Map());
        assert.is(left.length, 0, `${left.length} values were not read: ${kinds(left).slice(0, 30).join(", ")}`);
      });
    }
    run();
  };
  return {
    open: <T>(root: string, file: string, parse?: (path: string) => unknown): T => {
      if (!files.includes(file)) throw new Error(`test/golden/table.ts does not say that ${test} reads ${file}`);
      const known = opened.get(file);
      if (known !== undefined) return known.proxy as T;
      const value = parse === undefined ? readGolden(root, file) : parse(join(root, "golden", file));
      const seen: Seen = new Map();
      const proxy = tracked(value, seen);
      opened.set(file, { value, seen, proxy });
      return proxy as T;
    },
  };
};
