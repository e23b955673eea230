/** @file The default export of a module of the user. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../core/errors.js";

/** Whether this process can load TypeScript: Node does by itself from 22.18 on, others where tsx or the like is loaded. */
const readsTypeScript = (): boolean => {
  const { typescript } = process.features as { readonly typescript?: unknown };
  return (
    Boolean(typescript) || [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((arg) => /tsx|ts-node/.test(arg))
  );
};

/**
 * Loads a module, and gives its default export; undefined where it has none.
 *
 * - `where`: the setting or command that names the module, for messages
 * @throws {ConfigError} when it cannot be loaded
 */
export const defaultExport = async (where: string, file: string): Promise<unknown> => {
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigError({ where, what: "there is no such file", at: file });
  if (/\.[cm]?ts$/.test(path) && !readsTypeScript()) {
    const [what, hint] = [
      "this version of Node cannot load TypeScript",
      "run it by tsx, take Node 22.18 or later, or compile it to JavaScript",
    ];
    throw new ConfigError({ where, what, got: `Node ${process.versions.node}`, at: file, hint });
  }
  try {
    return ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (cause) {
    const what = "the module cannot be loaded";
    throw new ConfigError({ where, what, got: (cause as Error).message, at: file }, { cause });
  }
};
