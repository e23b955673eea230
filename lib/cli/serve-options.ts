/** @file The options of `fluxion serve`. */
import type { Command } from "commander";
import { modelOption, sentinelOption, TOKENIZER, threadsOption } from "./flags.js";
import { addRequired, counting, executorOption, type NumberRange, numeric, single, usageError } from "./parse.js";
import type { ServeFlags } from "./serve.js";
import type { Terminal } from "./terminal.js";

const PORT: NumberRange = {
  what: "not a port",
  expected: "a whole number from 0 to 65535",
  has: (n) => Number.isInteger(n) && n >= 0 && n <= 65_535,
};
/** Timers of Node hold no more than 2^31 milliseconds. */
const SECONDS: NumberRange = {
  what: "not a number of seconds",
  expected: "above 0, at most 86400",
  has: (x) => x > 0 && x <= 86_400,
};

const PROMPTS =
  "folder with the adapters: a file or a folder for each task, by its name (cb.npy, cb.safetensors, or cb/ of a run or of PEFT)";

/** Adds `--prompts` and its other name, one of which has to be given. */
const addFolder = (command: Command): Command =>
  command
    .addOption(single("--prompts <dir>", PROMPTS))
    .addOption(single("--adapters <dir>", "another name of --prompts").conflicts("prompts"))
    .hook("preAction", () => {
      const { prompts, adapters } = command.opts<Pick<ServeFlags, "prompts" | "adapters">>();
      if ((prompts ?? adapters) !== undefined) return;
      throw usageError("fluxion serve", "required option '--prompts <dir>' not specified");
    });

/** Adds `serve` to a program. */
export const addServe = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("serve")
    .description(
      "Answers requests over HTTP by one T5 with many prompts: { task, text } or { adapter, text } is posted to URL/answer; URL/health and URL/metrics tell how it is. Requests with different prompts are answered in one batch. Ctrl-C or SIGTERM ends it when what waits is answered.",
    );
  addFolder(addRequired(command, modelOption()))
    .option("--tokenizer <file>", TOKENIZER)
    .option("--host <address>", "address to listen at; 0.0.0.0 is reached from other machines", "127.0.0.1")
    .addOption(numeric("--port <n>", "port to listen at; 0 for one that is free", 8080, PORT))
    .addOption(counting("--max-tokens <n>", "most tokens of an answer, end of sequence included", 64))
    .addOption(
      counting("--max-input-length <n>", "tokens of a text, end of sequence included; longer ones are cut", 512),
    )
    .addOption(sentinelOption("drops the first sentinel in front of answers"))
    .addOption(counting("--batch-size <n>", "most requests that are answered at once", 32))
    .addOption(counting("--queue <n>", "most requests that wait; more are refused", 256))
    .addOption(counting("--max-body-bytes <n>", "most bytes of the body of a request", 65_536))
    .addOption(numeric("--timeout <s>", "seconds in which a request is answered, or refused", 30, SECONDS))
    .addOption(numeric("--receive-timeout <s>", "seconds that a client has to send its request", 10, SECONDS))
    .addOption(executorOption())
    .addOption(threadsOption())
    .action(async (flags: ServeFlags) => {
      const { serve } = await import("./serve.js");
      const { interruption } = await import("./main.js");
      await serve(flags, terminal, interruption());
    });
};
