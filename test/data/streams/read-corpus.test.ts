/** @file Corpora from files: the same documents from each format, and what cannot be read, with its place. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../../lib/core/errors.js";
import { spanCorruption } from "../../../lib/data/objectives/index.js";
import { corpusStream } from "../../../lib/data/streams/corpus.js";
import { type CorpusOptions, type CorpusText, readCorpus, readTexts } from "../../../lib/data/streams/read-corpus.js";
import { streamBatch } from "../../../lib/data/streams/stream.js";
import { loadTokenizer } from "../../../lib/tokenizer/load-tokenizer.js";
import { temporary } from "../../helpers/program.js";
import { withShared } from "../../helpers/shared.js";

const Reading = suite("data/streams/read-corpus");
const folder = temporary("corpus");
Reading.after(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const textsIn = async (paths: readonly string[], options?: CorpusOptions): Promise<CorpusText[]> => {
  const texts: CorpusText[] = [];
  for await (const one of readTexts(paths, options)) texts.push(one);
  return texts;
};
/** The message of the error with which a corpus cannot be read. */
const problem = async (read: () => Promise<unknown>): Promise<string> => {
  try {
    await read();
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"), `${error}`);
    return error.message;
  }
  return "nothing was refused";
};

const TEXTS = ["What a day", 'It "rains"', "naïve 中文"];
const JSONL = TEXTS.map((text, i) => `${JSON.stringify({ id: i, text })}\n`).join("");

Reading("text, JSON lines, packed or not, and Parquet give the same texts, each with its place", async () => {
  const lines = `${TEXTS[0]}\r\n\n${TEXTS[1]}\n \t\n${TEXTS[2]}`;
  for (const [path, place] of [
    [file("a.txt", lines), "line"],
    [file("a.txt.gz", gzipSync(lines)), "line"],
    [file("a.jsonl", JSONL), "row"],
    [file("a.jsonl.gz", gzipSync(JSONL)), "row"],
    ["test/tasks/data/moods-snappy.parquet", "row"],
  ]) {
    const texts = await textsIn([path]);
    assert.equal(
      texts.map(({ text }) => text),
      TEXTS,
      path,
    );
    const numbers = place === "line" ? [1, 3, 5] : [1, 2, 3];
    assert.equal(
      texts.map(({ at }) => at),
      numbers.map((n) => `${path}, ${place} ${n}`),
    );
  }
});

Reading("another field can hold the text, and an empty file and empty texts give nothing", async () => {
  const path = file("body.jsonl", '{"body":"one"}\n{"body":"  "}\n{"body":""}\n\n{"body":"two"}\n');
  const texts = await textsIn([file("empty.jsonl", ""), path, file("empty.txt", "")], { field: "body" });
  assert.equal(
    texts.map(({ text }) => text),
    ["one", "two"],
  );
});

Reading("ids are those of the texts, file after file", async () => {
  const tokenizer = await loadTokenizer("assets/t5-nano");
  const { ids, starts } = await readCorpus([file("x.jsonl", JSONL), file("y.txt", TEXTS[0])], tokenizer);
  const want = [...TEXTS, TEXTS[0]].map((text) => [...tokenizer.encode(text)]);
  assert.equal([...ids], want.flat());
  assert.equal(
    starts.map((end, i) => end - (starts[i - 1] ?? 0)),
    [0, ...want.map(({ length }) => length)],
  );
});

const encode = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));
const NEVER = { encode };

Reading("what cannot be read is refused with file and row", async () => {
  const bytes = Buffer.from(JSONL);
  const bad = Buffer.concat([bytes, Buffer.from('{"text":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}\n')]);
  const cases: readonly (readonly [path: string, ...parts: RegExp[]])[] = [
    [file("utf8.jsonl", bad), /the row is not text/, /utf8\.jsonl, row 4/],
    [file("utf8.txt", Buffer.concat([Buffer.from("a\n"), Buffer.of(0xff)])), /not text/, /utf8\.txt, line 2/],
    [file("json.jsonl", `${JSONL}{"text":`), /json\.jsonl, row 4/],
    [file("list.jsonl", "[1]\n"), /the row is not an object/, /list\.jsonl, row 1/],
    [file("field.jsonl", '{"txt":"a"}\n'), /has no text in text/, /the fields txt/, /set `field`/],
    [file("number.jsonl", '{"text":5}\n'), /has no text in text/, /got +5/],
    [file("cut.jsonl.gz", gzipSync(JSONL).subarray(0, 40)), /gzip file is damaged or cut/, /cut\.jsonl\.gz/],
    [file("other.bin", "a"), /the format of a file is not known/, /\.jsonl/, /other\.bin/],
    [join(folder, "gone.jsonl"), /there is no such file/, /gone\.jsonl/],
    ["test/tasks/data/values.parquet", /there is no column/, /text/],
  ];
  for (const [path, ...parts] of cases) {
    const message = await problem(() => readCorpus([path], NEVER));
    for (const part of [/^readCorpus: /, ...parts]) assert.match(message, part, path);
  }
});

Reading("a corpus without a document is refused", async () => {
  for (const paths of [[], [file("none.jsonl", "\n")], ["test/tasks/data/no-rows.parquet"]]) {
    const message = await problem(() => readCorpus(paths, NEVER));
    assert.match(message, /^readCorpus: there is no text\n +expected +at least one document/);
  }
});

Reading("a shard that disappears while others are read is refused with its path", async () => {
  const [first, second] = [file("shard-0.jsonl", JSONL), file("shard-1.jsonl", JSONL)];
  const message = await problem(async () => {
    for await (const _ of readTexts([first, second])) rmSync(second, { force: true });
  });
  assert.match(message, /^readCorpus: there is no such file[\s\S]*shard-1\.jsonl/);
});

Reading("a line of 50 MB is a document", async () => {
  const words = "word ".repeat(10 * 2 ** 20);
  const path = file("long.jsonl", `${JSON.stringify({ text: words })}\n{"text":"short"}\n`);
  const texts = await textsIn([path]);
  assert.equal(
    texts.map(({ text }) => text.length),
    [words.length, 5],
  );
});

withShared(Reading, "the corpus makes full rows of span corruption, the same at each step", async (root) => {
  const tokenizer = await loadTokenizer("assets/t5-nano");
  const corpus = await readCorpus([join(root, "data/corpus/c4.sample.jsonl.gz")], tokenizer);
  assert.is(corpus.starts.length, 301);
  const objective = spanCorruption(tokenizer, { inputLength: 128, targetLength: 29 });
  const batch = streamBatch(corpusStream(corpus, objective, 0), 64, 10);
  assert.equal(streamBatch(corpusStream(corpus, objective, 0), 64, 10), batch);
  // Two joins an epoch of 300 documents are cut at their ends alone.
  assert.ok(batch.filter(({ inputs, targets }) => inputs.length === 128 && targets.length === 29).length >= 62);
});

Reading.run();
