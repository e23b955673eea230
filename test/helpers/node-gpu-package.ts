/**
 * @file The kernels that `@tensorflow/tfjs-node-gpu` registers, read from its published JavaScript.
 *
 * `node --import tsx test/helpers/node-gpu-package.ts` writes them to `test/compile/tfjs/node-gpu-kernels.json`. The package is not
 * installed: its install step downloads libtensorflow.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";

export const PACKAGE = "@tensorflow/tfjs-node-gpu";
export const VERSION = "4.22.0";

/** What a kernel list holds. */
export interface KernelList {
  readonly header: Readonly<Record<"package" | "version" | "command" | "date", string>>;
  readonly kernels: readonly string[];
}

export const listFile = fileURLToPath(new URL("../compile/tfjs/node-gpu-kernels.json", import.meta.url));
export const readKernelList = (): KernelList => JSON.parse(readFileSync(listFile, "utf8")) as KernelList;

/** Names of the kernels, sorted. Throws when the npm registry cannot be reached. */
export const publishedKernels = (): string[] => {
  const folder = mkdtempSync(join(tmpdir(), "node-gpu-"));
  try {
    const pack = execFileSync("npm", ["pack", "--silent", `${PACKAGE}@${VERSION}`], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000,
    });
    execFileSync("tar", ["xzf", pack.trim()], { cwd: folder });
    const dist = join(folder, "package", "dist");
    const source = readFileSync(join(dist, "register_all_kernels.js"), "utf8");
    // `var kernelConfigs = [Abs_1.absConfig, …]`, with `Abs_1` the module `./kernels/Abs`, which says `kernelName: tfjs_1.Abs`.
    const list = /var kernelConfigs = \[([^\]]*)\]/.exec(source)?.[1] ?? "";
    const names = list.split(",").map((entry) => {
      const module = /^\s*(\w+)_1\.\w+\s*$/.exec(entry)?.[1] ?? "";
      const kernel = readFileSync(join(dist, "kernels", `${module}.js`), "utf8");
      const [, constant = "", literal] = /kernelName: (?:tfjs\w*_1\.(\w+)|'(\w+)')/.exec(kernel) ?? [];
      const name = literal ?? (tf as Readonly<Record<string, unknown>>)[constant];
      if (typeof name !== "string") throw new Error(`no kernel name in ${module}.js`);
      return name;
    });
    return names.sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const header = {
    package: PACKAGE,
    version: VERSION,
    command: "node --import tsx test/helpers/node-gpu-package.ts",
    date: new Date().toISOString().slice(0, 10),
  };
  writeFileSync(listFile, `${JSON.stringify({ header, kernels: publishedKernels() }, null, 1)}\n`);
}
