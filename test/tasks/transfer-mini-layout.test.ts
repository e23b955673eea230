import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withShared } from "../helpers/shared.js";
import { type Row, repeated } from "../helpers/superglue-mini.js";
import { articles, MRQA_SETS, mrqaLines, PAIR_SETS, paragraphs, stored, tsv } from "../helpers/transfer-mini.js";

const Layout = suite("tasks/transfer-mini-layout");

const SPLITS = ["train", "dev"] as const;
/** A piece of a text, in code points; the end is not part of it. */
const cut = (text: string, start: number, end: number): string => [...text].slice(start, end).join("");
const keysOf = (value: object): string[] => Object.keys(value).sort();

withShared(Layout, "columns are those of the official files", (root) => {
  for (const set of PAIR_SETS)
    for (const split of SPLITS) {
      const official = readFileSync(join(root, "data", "glue", set, `${split}.tsv`), "utf8").replace("\uFEFF", "");
      assert.is(tsv(`glue/${set}/${split}.tsv`).header, official.split(/\r?\n/)[0]);
    }
});

Layout("GLUE: each row has all columns, a label of 0 or 1, and ids of its own", () => {
  const ids = { MRPC: [1, 2], QQP: [1, 2] };
  for (const set of PAIR_SETS) {
    const all = SPLITS.map((split) => tsv(`glue/${set}/${split}.tsv`));
    for (const { header, rows } of all)
      for (const row of rows) {
        assert.is(row.length, header.split("\t").length);
        assert.match(row[set === "MRPC" ? 0 : 5], /^[01]$/);
        assert.ok(row.every((field) => field !== "" && field === field.trim()));
      }
    const rows = all.flatMap((file) => file.rows);
    assert.equal(repeated(rows.flatMap((row) => ids[set].map((column) => row[column]))), [], set);
  }
  assert.equal(repeated(SPLITS.flatMap((split) => tsv(`glue/QQP/${split}.tsv`).rows.map(([id]) => id))), []);
});

Layout("SQuAD: version, titles, ids of 24 digits, and answers at their places in code points", () => {
  const ids: string[] = [];
  for (const split of SPLITS) {
    assert.is(JSON.parse(stored(`squad/${split}-v1.1.json`).toString()).version, "1.1");
    for (const article of articles(split)) assert.equal(keysOf(article), ["paragraphs", "title"]);
    for (const paragraph of paragraphs(split)) {
      assert.equal(keysOf(paragraph), ["context", "qas"]);
      assert.is(paragraph.qas.length, 3);
      for (const qa of paragraph.qas) {
        assert.equal(keysOf(qa), ["answers", "id", "question"]);
        assert.match(qa.id, /^[0-9a-f]{24}$/);
        ids.push(qa.id);
        assert.is(qa.answers.length, split === "train" ? 1 : 3);
        for (const { answer_start, text } of qa.answers) {
          assert.is(cut(paragraph.context, answer_start, answer_start + [...text].length), text);
          assert.is(text, text.trim());
        }
      }
    }
  }
  assert.equal(repeated(ids), []);
  assert.equal(repeated(SPLITS.flatMap((split) => articles(split).map(({ title }) => title))), []);
});

Layout("SQuAD: some questions of dev have two different answers", () => {
  const sizes = paragraphs("dev").flatMap(({ qas }) =>
    qas.map(({ answers }: Row) => new Set(answers.map(({ text }: Row) => text)).size),
  );
  assert.ok(sizes.filter((size) => size === 2).length > sizes.length / 2);
});

Layout("some contexts have characters outside of the basic plane, before the answers", () => {
  const all = [paragraphs("train"), paragraphs("dev"), ...MRQA_SETS.map((set) => mrqaLines(set).slice(1))];
  for (const passages of all) {
    const astral = passages.filter(({ context }) => [...context].length !== context.length);
    assert.is(astral.length, Math.ceil(passages.length / 8));
  }
});

Layout("MRQA: a header, then lines whose tokens and inclusive spans stand at their places", () => {
  const ids: string[] = [];
  for (const set of MRQA_SETS) {
    const [header, ...lines] = mrqaLines(set);
    assert.equal(header, { header: { dataset: set, split: "dev" } });
    for (const { context, context_tokens, qas, ...rest } of lines) {
      assert.equal(rest, {});
      checkTokens(context, context_tokens);
      for (const qa of qas) {
        ids.push(qa.qid);
        checkQuestion(context, context_tokens, qa);
      }
    }
  }
  assert.equal(repeated(ids), []);
});

/** Tokens stand at their places, and all that is between them is white space. */
const checkTokens = (text: string, tokens: readonly [string, number][]): void => {
  let end = 0;
  for (const [token, start] of tokens) {
    assert.is(cut(text, start, start + [...token].length), token);
    assert.match(cut(text, end, start), /^ ?$/);
    end = start + [...token].length;
  }
  assert.is(end, [...text].length);
};

const checkQuestion = (context: string, tokens: readonly [string, number][], qa: Row): void => {
  assert.equal(keysOf(qa), ["answers", "detected_answers", "qid", "question", "question_tokens"]);
  assert.match(qa.qid, /^[0-9a-f]{32}$/);
  checkTokens(qa.question, qa.question_tokens);
  assert.equal(
    qa.detected_answers.map(({ text }: Row) => text),
    qa.answers,
  );
  for (const { text, char_spans, token_spans } of qa.detected_answers) {
    assert.is(char_spans.length, token_spans.length);
    for (const [k, [start, last]] of char_spans.entries()) {
      assert.is(cut(context, start, last + 1), text);
      const [from, to] = token_spans[k];
      assert.is(tokens[from][1], start);
      assert.is(tokens[to][1] + [...tokens[to][0]].length, last + 1);
    }
  }
};

Layout("the packed files tell neither time nor name", () => {
  for (const set of MRQA_SETS) {
    const head = stored(`mrqa/dev/${set}.jsonl.gz`).subarray(0, 8);
    assert.equal([...head], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], set);
  }
});

Layout.run();
