import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runMain } from "../../lib/cli/main.js";
import { processTerminal } from "../../lib/cli/terminal.js";
import { ConfigError } from "../../lib/core/errors.js";
import { printable, printableLines } from "../../lib/edge/printable.js";

const Printable = suite("edge/printable");

Printable("what a terminal obeys is escaped, and other text is as it was", () => {
  assert.is(printable("a\u001b[2Jb\u009b31m\r\u0007"), "a\\u001b[2Jb\\u009b31m\\u000d\\u0007");
  assert.is(printable("x\u202egnp\u2066.\u2028"), "x\\u202egnp\\u2066.\\u2028");
  assert.is(printable("one\ntwo"), "one\\u000atwo");
  for (const text of ["naïve ▁ 雪", "שלום\u200f!", "👩‍👧", ""]) assert.is(printable(text), text);
  assert.is(printableLines("one\n\ttwo\u001b[0m\r\n"), "one\n\ttwo\\u001b[0m\\u000d\n");
});

/** What a function writes to the two streams, as if the first was a terminal. */
const written = async (f: () => unknown, isTTY = true): Promise<string> => {
  let text = "";
  const { stdout, stderr } = process;
  const before = { out: stdout.write, err: stderr.write, tty: stdout.isTTY, code: process.exitCode };
  const take = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof stdout.write;
  Object.assign(stdout, { write: take, isTTY });
  stderr.write = take;
  try {
    await f();
  } finally {
    Object.assign(stdout, { write: before.out, isTTY: before.tty });
    stderr.write = before.err;
    process.exitCode = before.code;
  }
  return text;
};

Printable("errors, notes and results of a program are escaped; results in a pipe are as they are", async () => {
  const name = "\u001b]0;title\u0007\u202e";
  const error = new ConfigError({ where: "loadHuggingFace", what: "not a shard", got: name });
  for (const thrown of [error, new Error(`a fault in ${name}`), name]) {
    const text = await written(() => runMain(() => Promise.reject(thrown)));
    assert.match(text, "\\u202e");
    for (const c of ["\u001b", "\u0007", "\u202e"]) assert.not.ok(text.includes(c));
  }
  assert.is(error.mismatch.got, name, "the error as a value keeps it");
  const terminal = processTerminal();
  assert.is(await written(() => terminal.note(name)), "\\u001b]0;title\\u0007\\u202e\n");
  assert.is(await written(() => terminal.write(`${name}\n`)), "\\u001b]0;title\\u0007\\u202e\n");
  assert.is(await written(() => terminal.write(`${name}\n`), false), `${name}\n`);
});

Printable.run();
