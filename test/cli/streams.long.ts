/** @file The streams of the program, by a shell. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const Streams = suite("cli/streams");
const FLUXION = `"${process.execPath}" --import tsx lib/cli/fluxion.ts`;
const MODEL = "--model assets/t5-nano --executor tfjs --max-tokens 4";

/** What a command line of bash prints; its last line holds the exit codes of a pipe. */
const bash = (command: string): string =>
  spawnSync("bash", ["-c", `${command}; echo "codes \${PIPESTATUS[@]}"`], { encoding: "utf8", timeout: 120_000 })
    .stdout;

Streams("a reader that stops early is no error, also where notes go to it", () => {
  assert.is(bash(`${FLUXION} inspect assets/t5-nano 2>&1 | head -1`), "assets/t5-nano: huggingface\ncodes 0 0\n");
  const many = `for i in $(seq 100); do echo "text $i"; done | ${FLUXION} generate ${MODEL} --batch-size 2`;
  assert.match(bash(`${many} | head -1`), /^.+\ncodes 0 0 0\n$/);
});

Streams("lines come with any end of line, a byte order mark is none of the text, and no line is no answer", () => {
  const out = bash(`printf '\\xef\\xbb\\xbfone\\r\\n\\ntwo' | ${FLUXION} generate ${MODEL} --json`);
  const [codes, ...lines] = out.trimEnd().split("\n").reverse();
  const texts = lines.reverse().map((line) => (JSON.parse(line) as { text: string }).text);
  assert.equal([codes, texts], ["codes 0 0", ["one", "", "two"]]);
  assert.is(bash(`${FLUXION} generate ${MODEL} < /dev/null`), "codes 0\n");
});

Streams("an error is on the error stream alone, with exit code 1", () => {
  assert.is(bash(`${FLUXION} inspect nowhere 2> /dev/null`), "codes 1\n");
  assert.match(bash(`${FLUXION} help nope 2>&1`), /unknown command 'nope'[\s\S]*codes 1/);
  assert.match(bash(`${FLUXION} help 2> /dev/null`), /Commands:[\s\S]*codes 0/);
});

Streams.run();
