/** @file Runs a module of this process's library and listens to what it prints. */
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { setRuntime } from "../../lib/core/runtime.js";

/** Runs a module and gives the lines it printed, and the error it ended with. */
export const runModule = async (file: string): Promise<{ lines: string[]; error: unknown }> => {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...args: unknown[]) => {
    lines.push(...format(...args).split("\n"));
  };
  const before = setRuntime(undefined);
  try {
    await import(pathToFileURL(file).href);
    return { lines, error: undefined };
  } catch (error) {
    return { lines, error };
  } finally {
    setRuntime(before);
    console.log = log;
  }
};
