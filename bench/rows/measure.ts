/**
 * @file Rows to batches: how many a second are read, turned into text, tokenized and batched, and how much memory a file of a gigabyte takes.
 *
 * `measure.ts rows` and `measure.ts memory` print JSON lines; seconds are those of the processor. The files are made anew in the system's temporary folder, always the same.
 */

import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bucketLengths, makeBatch, shuffledRows, tokenize } from "../../lib/data/index.js";
import { readExamples, streamExamples, task, taskOf } from "../../lib/tasks/index.js";
import { loadTokenizer } from "../../lib/tokenizer/index.js";

interface Line {
  readonly work: string;
  readonly rows: number;
  readonly perSecond: number;
  /** The largest resident memory. */
  readonly rssMB: number;
}

const ROWS = 400_000;
const BYTES = 1e9;
const BATCH = 32;
const WORDS =
  "what is the best way to learn a new language how do i why does my phone not work can you explain who was first where in india people make money online which books should read before".split(
    " ",
  );

/** A sequence of whole numbers below a bound, the same at each call. */
const draws = (): ((below: number) => number) => {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
/** A question of a length that is usual in QQP: 60 letters. */
const question = (draw: (below: number) => number): string =>
  `${Array.from({ length: 6 + draw(12) }, () => WORDS[draw(WORDS.length)]).join(" ")}?`;

const written = async (path: string, lines: Iterable<string>): Promise<void> => {
  const file = createWriteStream(path);
  for (const line of lines) if (!file.write(`${line}\n`)) await once(file, "drain");
  file.end();
  await once(file, "finish");
};

function* tableLines(): Generator<string> {
  const draw = draws();
  yield "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate";
  for (let i = 0; i < ROWS; i++) yield `${i}\t1\t2\t${question(draw)}\t${question(draw)}\t${draw(2)}`;
}
function* jsonLines(): Generator<string> {
  const draw = draws();
  for (let bytes = 0; bytes < BYTES; ) {
    const line = JSON.stringify({
      text: Array.from({ length: 1 + draw(8) }, () => question(draw)).join(" "),
      label: draw(2),
    });
    bytes += line.length + 1;
    yield line;
  }
}

/** T5's vocabulary from the shared folder; without that folder, a small one of the package. */
const vocabulary = (): string => {
  const shared = fileURLToPath(new URL("../../../shared/data/t5/sentencepiece.model", import.meta.url));
  return existsSync(shared) ? shared : fileURLToPath(new URL("../../assets/t5-nano/spiece.model", import.meta.url));
};

const seconds = (): number => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;

const rows = async (folder: string): Promise<readonly Line[]> => {
  mkdirSync(join(folder, "QQP"));
  await written(join(folder, "QQP", "train.tsv"), tableLines());
  const tokenizer = await loadTokenizer(vocabulary());
  const start = seconds();
  const examples = await readExamples(taskOf("qqp"), "train", folder);
  const read = seconds();
  const tokens = tokenize(examples, tokenizer);
  const tokenized = seconds();
  const lengths = tokens.map(({ inputs }) => inputs.length);
  const longestTarget = tokens.reduce((n, { targets }) => Math.max(n, targets.length), 0);
  const [buckets, rowsAt] = [bucketLengths(lengths, 4), shuffledRows(tokens.length, BATCH, 0)];
  for (let step = 0; step < tokens.length / BATCH; step++) makeBatch(tokens, rowsAt(step), buckets, longestTarget);
  const end = seconds();
  const line = (work: string, from: number, to: number): Line => ({
    work,
    rows: examples.length,
    perSecond: Math.round(examples.length / (to - from)),
    rssMB: Math.round(process.resourceUsage().maxRSS / 1e3),
  });
  return [
    line("rows of QQP's kind to batches", start, end),
    line("read, as text", start, read),
    line("tokenized", read, tokenized),
    line("batched", tokenized, end),
  ];
};

const memory = async (folder: string): Promise<readonly Line[]> => {
  await written(join(folder, "big.jsonl"), jsonLines());
  const big = task({ name: "big", train: "big.jsonl", labels: ["no", "yes"], input: "text", target: "label" });
  const before = seconds();
  let [count, most] = [0, 0];
  for await (const _ of streamExamples(big, "train", folder)) {
    if (count++ % 10_000 === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  const perSecond = Math.round(count / (seconds() - before));
  return [{ work: "1 GB of JSON lines, one by one", rows: count, perSecond, rssMB: Math.round(most / 1e6) }];
};

const [part = "rows"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "fluxion-rows-"));
try {
  for (const line of await (part === "memory" ? memory : rows)(folder)) {
    console.log(JSON.stringify({ bench: "rows", ...line }));
  }
} finally {
  rmSync(folder, { recursive: true });
}
