/** @file Command lines by commander, with this library's errors. */
import { type Command, type CommanderError, Option } from "commander";
import { ABOUT_EXECUTORS, AUTO, EXECUTOR_NAMES } from "../compile/executors.js";
import { ArgumentError, ConfigError, type Mismatch } from "../core/errors.js";

const HINT = "see --help";

/** A command line that makes no sense. */
export const usageError = (where: string, what: string, more: Omit<Mismatch, "where" | "what"> = {}): ConfigError =>
  new ConfigError({ where, what, hint: HINT, ...more });

/** The numbers that an option takes. */
export interface NumberRange {
  /** What is wrong with others. */
  readonly what: string;
  readonly expected: string;
  readonly has: (value: number) => boolean;
}
const ANY: NumberRange = { what: "not a number", expected: "a number", has: () => true };
const COUNT: NumberRange = {
  what: "not a positive integer",
  expected: "a whole number from 1 on",
  has: (n) => Number.isSafeInteger(n) && n >= 1,
};

const withDefault = (option: Option, fallback: unknown): Option =>
  fallback === undefined ? option : option.default(fallback);

/** An option with a number for its value. */
export const numeric = (flags: string, what: string, fallback?: number, range: NumberRange = ANY): Option => {
  const parse = (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isNaN(value) && range.has(value)) return value;
    throw new ArgumentError({ where: flags, what: range.what, expected: range.expected, got: text, hint: HINT });
  };
  return withDefault(new Option(flags, what).argParser(parse), fallback);
};

/** An option that counts something. */
export const counting = (flags: string, what: string, fallback?: number): Option =>
  numeric(flags, what, fallback, COUNT);

/** An option with one of these names for its value. */
export const oneOf = (flags: string, what: string, names: readonly string[], fallback?: string): Option =>
  withDefault(new Option(flags, what).choices(names), fallback);

/** An option that can be given several times: a list. */
export const several = (flags: string, what: string): Option =>
  new Option(flags, what).argParser((value: string, before: readonly string[] = []) => [...before, value]);

/** An option of which a second value would be taken for a list. */
export const single = (flags: string, what: string): Option =>
  new Option(flags, what).argParser((value: string, before: string | undefined) => {
    if (before === undefined) return value;
    throw new ArgumentError({ where: flags, what: "given more than once", got: `${before} and ${value}`, hint: HINT });
  });

/** Adds options that have to be given. That one is missing is said after what is wrong with others, which may be its misspelling. */
export const addRequired = (command: Command, ...options: readonly Option[]): Command => {
  for (const option of options) command.addOption(option);
  return command.hook("preAction", () => {
    const missing = options.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing !== undefined) throw usageError(nameOf(command), `required option '${missing.flags}' not specified`);
  });
};

/** Refuses options, by their names in the program, that say nothing without another one. */
export const onlyWith = (
  command: Command,
  other: string,
  names: readonly string[],
  isKnown: () => boolean = () => false,
): Command =>
  command.hook("preAction", () => {
    const flagsOf = (name: string) => command.options.find((option) => option.attributeName() === name)?.flags;
    const lone = names.find((name) => command.getOptionValueSource(name) === "cli");
    if (lone === undefined || command.getOptionValue(other) !== undefined || isKnown()) return;
    throw usageError(nameOf(command), `${flagsOf(lone)} says nothing without another option`, {
      expected: flagsOf(other),
    });
  });

/** What runs compiled programs. */
export const executorOption = (): Option =>
  oneOf("--executor <name>", ABOUT_EXECUTORS, EXECUTOR_NAMES, AUTO).env("FLUXION_EXECUTOR");

/** Makes a command throw where commander would end the process, and keep quiet. */
export const quiet = (program: Command, writeOut?: (text: string) => void): Command =>
  program
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, ...(writeOut && { writeOut }) })
    .allowExcessArguments(false);

/** A subcommand as it is typed. */
const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

/** Commander's `error: unknown option '--x'\n(Did you mean --y?)` as an error of this library. */
const asUsageError = (where: string, { message }: CommanderError): ConfigError => {
  const [what, suggestion] = message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? "")?.[1];
  return usageError(where, what as string, meant === undefined ? {} : { hint: `did you mean ${meant}? ${HINT}` });
};

const DOTTED = /^--([A-Za-z][A-Za-z0-9]*(?:\.[\w-]+)+)(?:=([\s\S]*))?$/;

/** Flags with dots, such as `--stop.patience 3`, as the settings that they stand for: `stop.patience=3`. */
export const withoutDots = (argv: readonly string[]): string[] => {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const [, path, value] = DOTTED.exec(argv[i]) ?? [];
    if (path === undefined) out.push(argv[i]);
    else out.push(`${path}=${value ?? argv[++i] ?? ""}`);
  }
  return out;
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
    const { code, exitCode } = error as Partial<CommanderError>;
    if (code === "commander.help" && exitCode !== 0) throw usageError(where, `unknown command '${argv.at(-1)}'`);
    if (code === "commander.helpDisplayed" || code === "commander.help" || code === "commander.version") return false;
    const command = program.commands.find((sub) => sub.name() === argv[0]);
    const said = command === undefined ? where : `${where} ${command.name()}`;
    if (code?.startsWith("commander.")) throw asUsageError(said, error as CommanderError);
    throw error;
  }
};
