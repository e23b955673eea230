import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as flags from "../../lib/cli/flags.js";
import * as parse from "../../lib/cli/parse.js";
import { refusal } from "../lab/refused.js";

const Parse = suite("cli/parse");

/** A program with one command, and what its action was given. */
const programOf = (add: (command: Command) => void) => {
  const given: unknown[] = [];
  const program = parse.quiet(new Command("tool")).version("1.2.3");
  const command = program.command("make").action((options) => void given.push(options));
  add(command);
  return { given, run: (...argv: readonly string[]) => parse.parseArguments(program, "tool", argv) };
};
/** The options that a command with these reads. */
const read = async (options: readonly Parameters<Command["addOption"]>[0][], ...argv: readonly string[]) => {
  const { given, run } = programOf((command) => {
    for (const option of options) command.addOption(option);
  });
  assert.is(await run("make", ...argv), true);
  return given[0];
};

Parse("flags with dots are settings by their paths", () => {
  const cases: readonly (readonly [argv: readonly string[], want: readonly string[]])[] = [
    [
      ["--stop.patience", "3", "x"],
      ["stop.patience=3", "x"],
    ],
    [["--method.init.text=a=b\nc"], ["method.init.text=a=b\nc"]],
    [["--a.b="], ["a.b="]],
    [["--a.b"], ["a.b="]],
    [
      ["--steps", "1.5", "--x", "a.b"],
      ["--steps", "1.5", "--x", "a.b"],
    ],
    [
      ["--1.5", "-a.b", "--a.", "--a..b"],
      ["--1.5", "-a.b", "--a.", "--a..b"],
    ],
    [
      ["--a.b", "1", "--c.d", "2"],
      ["a.b=1", "c.d=2"],
    ],
  ];
  for (const [argv, want] of cases) assert.equal(parse.withoutDots(argv), want);
});

Parse("numbers, counts, names, lists and single values are read", async () => {
  const options = () => [
    parse.numeric("--rate <x>", "a rate", 0.5),
    parse.counting("--count <n>", "how many"),
    parse.oneOf("--kind <k>", "a kind", ["a", "b"], "a"),
    parse.several("--name <n>", "names"),
    parse.single("--file <f>", "a file"),
  ];
  assert.equal(await read(options()), { rate: 0.5, kind: "a" });
  const argv = ["--rate", "-1e3", "--count", "2", "--kind", "b", "--name", "x", "--name", "y", "--file", "f"];
  assert.equal(await read(options(), ...argv), { rate: -1000, count: 2, kind: "b", name: ["x", "y"], file: "f" });
});

Parse("values that options do not take are refused", async () => {
  const small = { what: "too large", expected: "below 3", has: (x: number) => x < 3 };
  const options = () => [
    parse.numeric("--rate <x>", "a rate"),
    parse.numeric("--small <x>", "a small one", undefined, small),
    parse.counting("--count <n>", "how many"),
    parse.single("--file <f>", "a file"),
  ];
  const cases: readonly (readonly [argv: readonly string[], what: string, expected: string | undefined])[] = [
    [["--rate", "much"], "not a number", "a number"],
    [["--rate", " "], "not a number", "a number"],
    [["--small", "3"], "too large", "below 3"],
    [["--count", "0"], "not a positive integer", "a whole number from 1 on"],
    [["--count", "1.5"], "not a positive integer", "a whole number from 1 on"],
    [["--file", "a", "--file", "b"], "given more than once", undefined],
  ];
  for (const [argv, what, expected] of cases) {
    const error = await refusal(read(options(), ...argv), "ArgumentError");
    assert.equal([error.what, error.expected, error.hint], [what, expected, "see --help"]);
    assert.ok(error.where.startsWith(argv[0]), error.where);
  }
});

Parse("options that have to be given, and those that say nothing alone", async () => {
  const { given, run } = programOf((command) => {
    command.option("--other").option("--more <x>").option("--default <x>", "", "d");
    parse.addRequired(command, parse.single("--model <m>", "a model"), parse.single("--data <d>", "data"));
    parse.onlyWith(command, "other", ["more", "default"]);
  });
  const missing = await refusal(run("make", "--model", "m"));
  assert.equal([missing.where, missing.what], ["tool make", "required option '--data <d>' not specified"]);
  const lone = await refusal(run("make", "--model", "m", "--data", "d", "--more", "x"));
  assert.equal(
    [lone.where, lone.what, lone.expected],
    ["tool make", "--more <x> says nothing without another option", "--other"],
  );
  assert.equal(given, []);
  assert.is(await run("make", "--model", "m", "--data", "d", "--more", "x", "--other"), true);
  assert.equal(given, [{ default: "d", model: "m", data: "d", more: "x", other: true }]);
});

Parse("what commander refuses has the error of this library", async () => {
  const { run } = programOf((command) => command.option("--model <m>"));
  const option = await refusal(run("make", "--modle", "x"));
  assert.equal(option, {
    where: "tool make",
    what: "unknown option '--modle'",
    hint: "did you mean --model? see --help",
  });
  const far = await refusal(run("make", "--zzzzzz"));
  assert.is(far.hint, "see --help");
  const command = await refusal(run("mkae"));
  assert.equal([command.where, command.what], ["tool", "unknown command 'mkae'"]);
  const excess = await refusal(run("make", "more"));
  assert.ok(excess.what.startsWith("too many arguments"), excess.what);
  const failing = programOf((one) => {
    one.hook("preAction", () => {
      throw new Error("of its own");
    });
  });
  const own = await failing.run("make").catch((error: Error) => error.message);
  assert.is(own, "of its own");
});

Parse("help and the version give no run", async () => {
  const printed: string[] = [];
  const program = parse.quiet(new Command("tool"), (text) => void printed.push(text)).version("1.2.3");
  program.command("make");
  assert.is(await parse.parseArguments(program, "tool", ["--version"]), false);
  assert.equal(printed, ["1.2.3\n"]);
  assert.is(await parse.parseArguments(program, "tool", ["--help"]), false);
  assert.ok(printed[1].startsWith("Usage: tool"), printed[1]);
});

Parse("an executor may be named by the environment", () => {
  const option = parse.executorOption();
  assert.equal([option.flags, option.envVar, option.defaultValue], ["--executor <name>", "FLUXION_EXECUTOR", "auto"]);
});

Parse("a range has its bounds or not, as its message says", () => {
  const { TEMPERATURE, SHARE, SEED } = flags;
  const [temperatures, shares, seeds] = [TEMPERATURE, SHARE, SEED].map(
    ({ has }) =>
      (x: number) =>
        has(x),
  );
  assert.equal([-1e-9, 0, 2.5].map(temperatures), [false, true, true]);
  assert.equal([0, 1e-9, 1, 1.0001].map(shares), [false, true, true, false]);
  assert.equal([1.5, -3, 0, 2 ** 53].map(seeds), [false, true, true, false]);
});

Parse.run();
