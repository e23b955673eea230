/** @file Runs `fluxion` in this process and keeps what it prints. */
import { readdirSync } from "node:fs";
import { runFluxion } from "../../lib/cli/program.js";
import { isFluxionError } from "../../lib/core/errors.js";

/** What a command did. */
export interface Ran {
  readonly out: string;
  readonly notes: readonly string[];
}

/** @param lines  what is given on the standard input */
export const fluxion = async (args: readonly string[], lines: readonly string[] = []): Promise<Ran> => {
  let out = "";
  const notes: string[] = [];
  await runFluxion(args, {
    write: (text) => {
      out += text;
    },
    note: (line) => notes.push(line),
    watched: false,
    lines: async function* () {
      yield* lines;
    },
    typed: false,
  });
  return { out, notes };
};

/** The JSON that a command prints. */
export const fluxionJson = async <T>(...args: string[]): Promise<T> =>
  JSON.parse((await fluxion([...args, "--json"])).out) as T;

/** The message of the typed error that a command fails with. */
export const failure = async (...args: string[]): Promise<string> => {
  try {
    await fluxion(args);
  } catch (error) {
    if (isFluxionError(error)) return error.message;
    throw error;
  }
  throw new Error(`fluxion ${args.join(" ")} did not fail`);
};

/** Names of all files below a folder, sorted. */
export const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
