/** @file Command lines by commander, with this library's errors. */
import { type Command, type CommanderError, Option } from "commander";
import { EXECUTORS } from "../compile/init.js";
import { ArgumentError, ConfigError, type Mismatch } from "../core/errors.js";

const HINT = "see --help";

/** A command line that makes no sense. */
export const usageError = (where: string, what: string, more: Omit<Mismatch, "where" | "what"> = {}): ConfigError =>
  new ConfigError({ where, what, hint: HINT, ...more });

const wrongValue = (what: string, expected: string, got: string): ArgumentError =>
  new ArgumentError({ where: "options", what, expected, got, hint: HINT });

/** The number that an option's value is. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== "" && !Number.isNaN(value)) return value;
  throw wrongValue("an option is not a number", "a number", text);
};

/** The value of an option that counts something. */
export const count = (text: string): number => {
  const value = number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw wrongValue("an option does not count anything", "a whole number from 1 on", text);
};

/** An option with a number for its value. */
export const numeric = (flags: string, what: string, fallback?: number): Option =>
  withDefault(new Option(flags, what).argParser(number), fallback);

/** An option that counts something. */
export const counting = (flags: string, what: string, fallback?: number): Option =>
  withDefault(new Option(flags, what).argParser(count), fallback);

/** An option with one of these names for its value. */
export const oneOf = (flags: string, what: string, names: readonly string[], fallback?: string): Option =>
  withDefault(new Option(flags, what).choices(names), fallback);

/** What runs compiled programs. */
export const executorOption = (): Option =>
  oneOf(
    "--executor <name>",
    "what runs compiled programs: onnxruntime-node (onnx), the backend (tfjs), or the first where it is installed (auto)",
    EXECUTORS,
    process.env.FLUXION_EXECUTOR ?? "auto",
  );

const withDefault = (option: Option, fallback: unknown): Option =>
  fallback === undefined ? option : option.default(fallback);

/** Makes a command throw where commander would end the process, and keep quiet. */
export const quiet = (program: Command, writeOut?: (text: string) => void): Command =>
  program
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, ...(writeOut && { writeOut }) })
    .allowExcessArguments(false);

/** Commander's `error: unknown option '--x'\n(Did you mean --y?)` as an error of this library. */
const asUsageError = (where: string, { message }: CommanderError): ConfigError => {
  const [what, suggestion] = message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? "")?.[1];
  return usageError(where, what as string, meant === undefined ? {} : { hint: `did you mean ${meant}? ${HINT}` });
};

/**
 * Parses the arguments, and runs the action of a subcommand.
 *
 * @returns false when only help or the version was asked for
 * @throws {ConfigError} for unknown options and commands, and what else commander refuses
 */
export const parseArguments = async (program: Command, where: string, argv: readonly string[]): Promise<boolean> => {
  try {
    await program.parseAsync(argv as string[], { from: "user" });
    return true;
  } catch (error) {
    const { code } = error as Partial<CommanderError>;
    if (code === "commander.helpDisplayed" || code === "commander.version") return false;
    if (code?.startsWith("commander.")) throw asUsageError(where, error as CommanderError);
    throw error;
  }
};
