/** @file What a run is given besides its recipe, checked as it comes from plain JavaScript. */

import { closest } from "../core/closest.js";
import { ConfigError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { isRecord } from "./records.js";
import type { RunOptions } from "./run.js";

const hasAll = (value: unknown, names: readonly string[]): boolean =>
  isRecord(value) && names.every((name) => typeof value[name] === "function");

const isBoolean = (value: unknown): boolean => typeof value === "boolean";

const isListener = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((f) => f === undefined || typeof f === "function");

const isTask = (value: unknown): boolean => hasAll(value, ["examples", "read", "correct"]);

const STORE = [
  'a store, such as nodeStore("runs/x") of fluxion/store',
  (value: unknown) => hasAll(value, ["open", "write", "append", "lock", "below"]),
] as const;

/** What each option has to be. */
const OPTIONS: Readonly<Record<keyof RunOptions, readonly [expected: string, test: (value: unknown) => boolean]>> = {
  store: STORE,
  shared: STORE,
  listener: ["an object of functions, or a list of them", (value) => [value].flat().every(isListener)],
  tasks: [
    "a list of tasks, as task or labelled of fluxion/tasks make them",
    (value) => Array.isArray(value) && value.every(isTask),
  ],
  resume: ["true or false", isBoolean],
  signal: ["an AbortSignal", (value) => value instanceof AbortSignal],
  verify: ["true or false", isBoolean],
};

const fail = (what: string, expected: string, got: unknown, hint?: string): never => {
  throw new ConfigError({ where: "run", what, expected, got: brief(got), hint });
};

/** @throws {ConfigError} for options that are missing, unknown, or of another type */
export const checkRunOptions = (options: unknown): void => {
  const names = Object.keys(OPTIONS);
  const given = isRecord(options) ? options : fail("there are no options", "{ store, … }", options);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    fail("there is no such option", names.join(", "), unknown, `did you mean ${closest(unknown, names)}?`);
  for (const [name, [expected, test]] of Object.entries(OPTIONS)) {
    const value = given[name];
    if (value === undefined && name !== "store") continue;
    if (!test(value)) fail(`the option ${name} is something else`, expected, value);
  }
};
