/** @file The kinds of files that hold text or vocabularies: see `kinds.ts`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8 } from "fflate";
import { stringify } from "yaml";
import { openLock } from "../../lib/io/fetch/lock.js";
import { loadRecipe } from "../../lib/lab/recipe-file.js";
import { loadRun } from "../../lib/lab/stored-run.js";
import { nodeStore } from "../../lib/store/node.js";
import { task as ownTask } from "../../lib/tasks/own.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import { charsMap, modelFile, SPECIALS } from "../tokenizer/model-file.js";
import { tokenizerJson } from "../tokenizer/tokenizer-json-file.js";
import type { Kind } from "./kinds.js";

const text = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));
const WORDS: readonly (readonly [string, number])[] = [
  ["▁", -3],
  ["▁a", -2],
  ["b", -2.5],
  ["▁ab", -1],
  ["ab", -4],
];

const useTokenizer = async (dir: string): Promise<void> => {
  const tokenizer = await loadTokenizer(dir, { extraIds: 0 });
  const ids = tokenizer.encode("A ab <extra_id_0> ba\u0301 \u{1f469} ﬁ x");
  tokenizer.decode([...ids, 0, 1, 2]);
};

const rows = (list: readonly object[]): Uint8Array => strToU8(list.map((row) => `${JSON.stringify(row)}\n`).join(""));
const RECORD = {
  idx: 1,
  passage: {
    text: "Ann met Bo.\n@highlight\nAnn left",
    entities: [
      { start: 0, end: 2 },
      { start: 8, end: 9 },
    ],
  },
  qas: [{ query: "@placeholder left", idx: 4, answers: [{ start: 0, end: 2, text: "Ann" }] }],
};
const MULTIRC = {
  idx: 0,
  passage: { text: "One two.", questions: [{ question: "?", idx: 0, answers: [{ text: "one", idx: 0, label: 1 }] }] },
};
const WSC = {
  idx: 2,
  text: "Ann said that she left",
  target: { span1_text: "Ann", span1_index: 0, span2_text: "she", span2_index: 3 },
  label: true,
};
const CB = { idx: 3, premise: "It rains", hypothesis: "It is wet", label: "entailment" };
const PARQUET = [
  ...["gzip", "zstd", "lz4"].map((codec) => ({ file: `moods-${codec}.parquet`, input: "text", target: "label" })),
  { file: "train-00000-of-00001.parquet", input: "question", target: "label" },
  {
    file: "values-v2.parquet",
    input: (row: object) => JSON.stringify(row),
    target: (row: object) => JSON.stringify(row),
  },
];
const ARTICLE = {
  title: "A",
  paragraphs: [{ context: "One two.", qas: [{ id: "1", question: "?", answers: [{ text: "two", answer_start: 4 }] }] }],
};
const JSONL_TASKS = ["record", "multirc", "wsc", "cb"];

/** The SHA-256 of `{}`. */
const EMPTY_SHA = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

const SETTINGS = {
  method: { name: "lora", rank: 4, rankPattern: { q: 2 } },
  train: ["cb", "rte"],
  steps: 10,
  optimizer: { name: "adamw", learningRate: 0.3 },
};

const RECIPE = { preset: "prompt-tuning", ...SETTINGS };

/** See `KINDS`. */
export const TEXT_KINDS: Readonly<Record<string, Kind>> = {
  spiece: {
    make: () => ({
      "spiece.model": modelFile({
        pieces: [...SPECIALS, ...WORDS.map(([piece, score]) => ({ text: piece, score }))],
        charsMap: charsMap({ A: "a", ﬁ: "fi", "a\u0301": "á" }),
      }),
    }),
    targets: [["spiece.model", "bytes"]],
    read: useTokenizer,
  },
  "tokenizer.json": {
    make: () => ({
      "tokenizer.json": text(
        tokenizerJson(WORDS, {
          addedTokens: [{ id: 8, content: "<extra_id_0>", special: true, normalized: false }],
          normalizer: {
            type: "Sequence",
            normalizers: [
              { type: "Precompiled", precompiled_charsmap: Buffer.from(charsMap({ A: "a" })).toString("base64") },
              { type: "Strip", strip_left: false, strip_right: true },
              { type: "Replace", pattern: { Regex: " {2,}" }, content: "▁" },
            ],
          },
        }),
      ),
    }),
    targets: [["tokenizer.json", "json"]],
    read: useTokenizer,
  },
  jsonl: {
    make: () => ({
      "ReCoRD/train.jsonl": rows([RECORD, { ...RECORD, idx: 2 }]),
      "MultiRC/train.jsonl": rows([MULTIRC, { ...MULTIRC, idx: 1 }]),
      "WSC/train.jsonl": rows([WSC, { ...WSC, idx: 7 }]),
      "CB/train.jsonl": rows([CB, { ...CB, idx: 8 }]),
      "x.jsonl": rows([
        { a: "well", b: "yes" },
        { a: "no", b: 3 },
      ]),
    }),
    targets: [
      ["ReCoRD/train.jsonl", "jsonl"],
      ["MultiRC/train.jsonl", "jsonl"],
      ["WSC/train.jsonl", "jsonl"],
      ["CB/train.jsonl", "jsonl"],
      ["x.jsonl", "jsonl"],
    ],
    read: async (dir) => {
      const table = ownTask({ name: "x", train: "x.jsonl", validation: "x.jsonl", input: "a", target: "b" });
      for (const task of [...JSONL_TASKS.map((name) => taskOf(name)), table]) await readExamples(task, "train", dir);
    },
  },
  csv: {
    make: () => ({ "x.csv": strToU8('a,b,c\n"Well, ""yes""",x,1\r\n\nno,y,"2\n3"\n') }),
    targets: [["x.csv", "bytes"]],
    tokens: ['"', '""', ",", "\n", "\r", "\r\n", '",\n', "\ufeff", "__proto__", "a", "\u2028"],
    read: (dir) => {
      const task = ownTask({ name: "x", train: "x.csv", validation: "x.csv", input: "a", target: "b" });
      return readExamples(task, "train", dir);
    },
  },
  tsv: {
    make: () => ({ "x.tsv": strToU8('a\tb\tc\n"Well\tyes"\t1\r\n\nno\ty\t2\n') }),
    targets: [["x.tsv", "bytes"]],
    tokens: ['"', "\t", "\t\t", "\n", "\r", "\r\n", "\ufeff", "__proto__", "a", "\u2028"],
    read: (dir) => readExamples(ownTask({ name: "x", train: "x.tsv", input: "a", target: "b" }), "train", dir),
  },
  squad: {
    make: () => ({ "x.json": text({ version: "1.1", data: [ARTICLE, { ...ARTICLE, title: "B" }] }) }),
    targets: [["x.json", "json"]],
    tokens: ['"', "\\", "\\u", "{", "}", "[", "]", ",", ":", "paragraphs", "__proto__", "1e999", "\ufeff"],
    read: (dir) => {
      const train = { file: "x.json", format: "squad" } as const;
      const task = ownTask({ name: "x", train, input: (row) => row.context, target: (row) => row.title });
      return readExamples(task, "train", dir);
    },
  },
  parquet: {
    make: () => Object.fromEntries(PARQUET.map(({ file }) => [file, readFileSync(`test/tasks/data/${file}`)])),
    targets: [["parquet", "bytes"]],
    tokens: ["PAR1", "huggingface", "ClassLabel", "names"],
    read: async (dir) => {
      for (const { file, input, target } of PARQUET) {
        const own = ownTask({ name: "x", train: { file, format: "parquet" }, input, target });
        await readExamples(own, "train", dir);
      }
    },
  },
  recipe: {
    make: () => ({ "r.yaml": strToU8(stringify(RECIPE)), "r.json": text(RECIPE) }),
    targets: [
      ["r.yaml", "bytes"],
      ["r.json", "json"],
    ],
    tokens: [
      "&a ",
      "*a",
      "<<: *a\n",
      "!!binary ",
      "!!js/function ",
      "- ",
      ": ",
      "? ",
      "|\n",
      ">\n",
      "%YAML 1.1\n",
      "---\n",
      "...\n",
      "[",
      "{",
      "__proto__: {steps: 1}\n",
      "constructor: 1\n",
      "#",
      "\t",
      "'",
      '"',
    ],
    read: async (dir) => {
      await loadRecipe(join(dir, "r.json"));
      return loadRecipe(join(dir, "r.yaml"));
    },
  },
  "lock file": {
    make: () => ({
      "fluxion-lock.json": text({
        version: 1,
        files: { "config.json": { size: 2, sha256: EMPTY_SHA, url: "http://x" } },
        absent: ["a"],
      }),
      "config.json": text({}),
    }),
    targets: [["fluxion-lock.json", "json"]],
    read: async (dir) => (await openLock(dir)).present("config.json"),
  },
  run: {
    make: () => ({ "recipe.json": text(SETTINGS), "summary.json": text({}) }),
    targets: [
      ["recipe.json", "json"],
      ["summary.json", "json"],
    ],
    read: (dir) => loadRun(nodeStore(dir)),
  },
};
