/** @file Where the golden numbers and real data live: beside the project's root, not in it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "uvu";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "shared");

/** Absolute path of a file or folder of the shared goldens and data, or undefined where they are not present. */
export const sharedPath = (relative: string): string | undefined => {
  const path = join(ROOT, relative);
  return existsSync(path) ? path : undefined;
};

let told = false;

/** Registers a test that needs the shared folder; without that folder it is skipped, and the first skip says so. */
export const withShared = (suite: Test, title: string, body: (root: string) => void | Promise<void>): void => {
  if (existsSync(ROOT)) {
    suite(title, () => body(ROOT));
    return;
  }
  if (!told) console.log("  golden tests are skipped: there is no folder 'shared' beside the project");
  told = true;
  suite.skip(title, () => body(ROOT));
};

/** Parses one JSON file of the shared folder. */
export const readSharedJson = <T>(root: string, relative: string): T =>
  JSON.parse(readFileSync(join(root, relative), "utf8")) as T;
