/** @file Running the main program as a user does, on a handful of rows. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { makeRows, TRAIN, VALIDATION } from "../../scripts/superglue-mini/cb.js";
import { toJsonl } from "../../scripts/superglue-mini/shared.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A new temporary folder. */
export const temporary = (name: string): string => mkdtempSync(join(tmpdir(), `fluxion-${name}-`));

/** A data folder with a few rows of the synthetic set. */
export const fewRows = (folder: string, train = 24, val = 6): string => {
  mkdirSync(join(folder, "CB"), { recursive: true });
  writeFileSync(join(folder, "CB", "train.jsonl"), toJsonl(makeRows({ ...TRAIN, rows: train }, 5)));
  writeFileSync(join(folder, "CB", "val.jsonl"), toJsonl(makeRows({ ...VALIDATION, rows: val }, 6)));
  return folder;
};

const main = join(root, "examples", "superglue.ts");

/** A program in one piece, which starts in half the time: writes it into a folder, and gives what `start` takes. */
export const bundled = async (folder: string, program = main): Promise<readonly string[]> => {
  // The program imports the package by its name.
  const alias = { fluxion: join(root, "lib") };
  const how = { bundle: true, splitting: true, format: "esm", platform: "node", target: "node20" } as const;
  await build({ ...how, entryPoints: [program], outdir: folder, packages: "external", alias, logLevel: "warning" });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return [join(folder, `${basename(program, ".ts")}.js`)];
};

/** What Node needs to run the sources of a checkout, where `fluxion` is `lib`. */
export const FROM_SOURCE = ["--conditions=fluxion-source", "--import", "tsx"] as const;

/** Starts `npm run superglue` without npm in between. */
export const start = (args: readonly string[], program: readonly string[] = [...FROM_SOURCE, main]): ChildProcess =>
  spawn(process.execPath, [...program, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Waits for the end of a process. */
export const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    let [out, err] = ["", ""];
    child.stdout?.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      err += chunk;
    });
    child.on("close", (code, signal) => resolve({ code, signal, out, err }));
  });

/** Runs the program to its end. */
export const runProgram = (...args: readonly string[]): Promise<Ended> => ended(start(args));
