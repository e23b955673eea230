/** @file Tasks of own rows in one object: where rows may be, what fields may be, what is refused, and shares of the training rows. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as t from "io-ts";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { accuracy } from "../../lib/metrics/classification.js";
import { type OwnTask, task } from "../../lib/tasks/own.js";
import { readExamples, streamExamples } from "../../lib/tasks/reading.js";
import type { Example, Task } from "../../lib/tasks/task.js";
import { temporaryFolder } from "../io/folder.js";
import { says } from "./row-texts.js";

const Own = suite("tasks/own");
const dir = temporaryFolder(Own);

const ROWS = [
  { text: "What a day", label: "yes" },
  { text: 'It "rains"', label: "no" },
  { text: "naïve 中文", label: "no" },
];
const TABLE = (separator: string): string =>
  [["text", "label"], ...ROWS.map(({ text, label }) => [text, label])]
    .map((values) => values.map((v) => (separator === "," && v.includes('"') ? `"${v.replaceAll('"', '""')}"` : v)))
    .map((values) => `${values.join(separator)}\n`)
    .join("");
const JSONL = ROWS.map((row) => `${JSON.stringify(row)}\n`).join("");
const EXAMPLES: readonly Example[] = ROWS.map(({ text, label }, i) => ({
  id: `${i + 1}`,
  inputs: text,
  targets: label,
  truth: label === "yes" ? 1 : 0,
}));

const save = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(dir, name), content);
  return name;
};
const BASE = { name: "toxicity", labels: ["no", "yes"], input: "text", target: "label" } as const;

/** The message of what is thrown. */
const messageOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    assert.ok(isFluxionError(error), `${error}`);
    return error.message;
  }
  return "no error";
};
const thrown = (own: Partial<OwnTask>): Promise<string> => messageOf(() => task({ ...BASE, train: ROWS, ...own }));
const refused = (rows: readonly unknown[], own: Partial<OwnTask> = {}): Promise<string> =>
  messageOf(() => readExamples(task({ ...BASE, train: rows, ...own }), "train"));

Own("an array and files of each format give the same examples, packed or not", async () => {
  const files = [
    ROWS,
    { rows: ROWS },
    save("a.jsonl", JSONL),
    save("a.csv", TABLE(",")),
    save("a.tsv", TABLE("\t")),
    save("A.TSV", `\ufeff${TABLE("\t").replaceAll("\n", "\r\n")}`),
    save("a.jsonl.gz", gzipSync(JSONL)),
    save("a.csv.gz", gzipSync(TABLE(","))),
    save("a.tsv.gz", gzipSync(TABLE("\t"))),
    // Two members, as `cat a.gz b.gz` makes.
    save("two.jsonl.gz", Buffer.concat([gzipSync(JSONL.slice(0, 20)), gzipSync(JSONL.slice(20))])),
  ] as const;
  for (const train of files) {
    const own = task({ ...BASE, train });
    assert.equal(await readExamples(own, "train", dir), EXAMPLES, `${train}`);
    const streamed: Example[] = [];
    for await (const example of streamExamples(own, "train", dir)) streamed.push(example);
    assert.equal(streamed, EXAMPLES, `${train}`);
  }
});

Own("fields are columns or functions of a row, which may give unknown values", async () => {
  const own = task({
    ...BASE,
    train: ROWS,
    input: (row) => row.text,
    target: (row) => row.label,
  });
  assert.equal(await readExamples(own, "train"), EXAMPLES);
  const Row = t.type({ text: t.string, label: t.string });
  const typed = task({
    name: "typed",
    train: ROWS,
    row: Row,
    input: ({ text }) => text.toUpperCase(),
    target: ({ label }) => label.length,
  });
  const [first] = await readExamples(typed, "train");
  assert.equal(first, { id: "1", inputs: "WHAT A DAY", targets: "3", truth: ["3"] });
  says(
    await messageOf(() =>
      readExamples(task({ name: "typed", train: [{ text: 5 }], row: Row, input: "text", target: "label" }), "train"),
    ),
    "typed, train, row 1",
  );
});

Own("a number is a label as it is written, or the class id of one", async () => {
  const numbers = (labels: readonly string[], values: readonly unknown[]): Promise<readonly Example[]> =>
    readExamples(task({ ...BASE, labels, train: values.map((label) => ({ text: "a", label })) }), "train");
  const found = await numbers(["no", "yes"], [1, 0]);
  assert.equal(
    found.map(({ targets, truth }) => [targets, truth]),
    [
      ["yes", 1],
      ["no", 0],
    ],
  );
  // What is written wins over the place.
  assert.equal(
    (await numbers(["1", "0"], [1, 0])).map(({ truth }) => truth),
    [0, 1],
  );
  says(await refused([{ text: "a", label: 2 }]), 'column "label": not a label (expected "no" or "yes", got 2)');
  says(await refused([{ text: "a", label: "1" }]), "not a label");
  const free = await readExamples(task({ ...BASE, labels: undefined, train: [{ text: "a", label: 2.5 }] }), "train");
  assert.equal(free[0].targets, "2.5");
});

Own("what is not a text, or for a target a number, is refused with file and row", async () => {
  for (const value of [undefined, null, true, 5, ["a"], {}, "", " \n"]) {
    const rows = [ROWS[0], { text: value, label: "no" }];
    says(await refused(rows), "1 of 2 rows", 'toxicity, train, row 2: column "text": not an input');
    says(await refused(rows, { input: (row) => row.text }), "toxicity, train, row 2: input: not an input");
  }
  for (const value of [undefined, null, true, Number.NaN, ["no"], {}, "", " \n"]) {
    says(await refused([{ text: "a", label: value }], { target: (row) => row.label }), "row 1: target: not a target");
  }
  const train = save("bad.tsv", `${TABLE("\t")}a\tmaybe\n`);
  says(
    await messageOf(() => readExamples(task({ ...BASE, train }), "train", dir)),
    'bad.tsv, row 4 (line 5): column "label": not a label',
  );
});

Own("a row of a test split may be without a target", async () => {
  const test = [{ text: "a" }, { text: "b", label: null }, { text: "c", label: "yes" }];
  const found = await readExamples(task({ ...BASE, test }), "test");
  assert.equal(
    found.map(({ targets, truth }) => [targets, truth]),
    [
      ["<unk>", -1],
      ["<unk>", -1],
      ["yes", 1],
    ],
  );
  const free = task({ ...BASE, labels: undefined, test: save("test.csv", "text\na\n") });
  const [open] = await readExamples(free, "test", dir);
  assert.equal([open.targets, open.truth, free.hasTruth?.(open)], ["<unk>", [], false]);
});

Own("metrics of your own replace the usual ones", () => {
  assert.equal(Object.keys(task({ ...BASE, train: ROWS }).metrics), ["accuracy"]);
  assert.equal(Object.keys(task({ ...BASE, train: ROWS, labels: undefined }).metrics), ["em", "f1"]);
  assert.equal(Object.keys(task({ ...BASE, train: ROWS, metrics: { right: accuracy } }).metrics), ["right"]);
});

/** 100 rows, of which 80 are no. */
const MANY = Array.from({ length: 100 }, (_, i) => ({ text: `row ${i}`, label: i % 5 === 0 ? "yes" : "no" }));
const shareOf = (seed: number, share = 0.2, over: Partial<OwnTask> = {}): Task =>
  task({ ...BASE, train: MANY, validation: { share, seed }, ...over });
const idsOf = (examples: readonly Example[]): string[] => examples.map(({ id }) => id);

Own("a share of the training rows has its part of each label, and they lack it", async () => {
  const own = shareOf(3);
  const [drawn, rest] = [await readExamples(own, "validation"), await readExamples(own, "train")];
  const yes = (list: readonly Example[]): number => list.filter(({ truth }) => truth === 1).length;
  assert.equal([drawn.length, yes(drawn), rest.length, yes(rest)], [20, 4, 80, 16]);
  const all = [...idsOf(drawn), ...idsOf(rest)].map(Number).sort((a, b) => a - b);
  assert.equal(
    all,
    MANY.map((_, i) => i + 1),
  );
  const increasing = (ids: readonly string[]): boolean =>
    ids.every((id, i) => i === 0 || Number(ids[i - 1]) < Number(id));
  assert.ok(increasing(idsOf(drawn)) && increasing(idsOf(rest)));
  assert.equal(idsOf(await readExamples(shareOf(3), "validation")), idsOf(drawn), "the seed decides");
  assert.not.equal(idsOf(await readExamples(shareOf(4), "validation")), idsOf(drawn));
  // 0.3 of 5 rows, whose parts are 0.3, 0.3 and 0.9: the total is right, and the largest rest is rounded up.
  const few = ["a", "b", "c", "c", "c"].map((label, i) => ({ text: `${i}`, label }));
  const small = task({ ...BASE, labels: ["a", "b", "c"], train: few, validation: { share: 0.3 } });
  assert.equal(
    (await readExamples(small, "validation")).map(({ targets }) => targets),
    ["a", "c"],
  );
  const free = await readExamples(shareOf(0, 0.25, { labels: undefined }), "validation");
  assert.is(free.length, 25);
});

Own("a seed draws the same share in every version, so that a run can go on", async () => {
  assert.equal(idsOf(await readExamples(shareOf(3, 0.05), "validation")), ["11", "27", "37", "44", "47"]);
});

Own("a share needs training rows, and a number between 0 and 1", async () => {
  says(await thrown({ train: undefined as never, validation: { share: 0.1 } }), "there are no rows to take a share of");
  for (const share of [0, 1, -1, Number.NaN]) says(await thrown({ validation: { share } }), "between 0 and 1");
  says(await messageOf(async () => streamExamples(shareOf(0), "train").next()), "streamExamples", "readExamples");
});

Own("splits and fields that are none are refused", async () => {
  says(await thrown({ train: undefined as never }), "the task has no rows");
  says(await thrown({ train: "a.xlsx" }), "the ending of a file", "got       a.xlsx", "at        train");
  says(await thrown({ train: 5 as never }), "not the rows of a split");
  says(await thrown({ input: 5 as never }), "of another kind", "at        input");
  says(await thrown({ train: { share: 0.5 } as never }), "not the rows of a split");
  says(await messageOf(() => readExamples(task({ ...BASE, train: ROWS }), "test")), "has no split test");
});

Own("a * in a name takes all such files, whose rows are numbered through", async () => {
  save("part-1.jsonl", '{"text": "b", "label": "yes"}\n');
  save("part-0.jsonl", '{"text": "a", "label": "no"}\n{"text": "A", "label": "no"}\n');
  save("other.jsonl", "{}\n");
  const own = task({ ...BASE, train: "part-*.jsonl" });
  assert.equal(
    (await readExamples(own, "train", dir)).map(({ id, inputs }) => id + inputs),
    ["1a", "2A", "3b"],
  );
  says(await messageOf(() => readExamples(task({ ...BASE, train: "none-*.jsonl" }), "train", dir)), "no such file");
});

Own("a damaged gzip file and a pointer of Git LFS are refused", async () => {
  const packed = gzipSync(JSONL);
  const damaged = Uint8Array.from(packed);
  damaged[packed.length - 6] ^= 1;
  for (const bytes of [packed.subarray(0, packed.length - 12), damaged, Buffer.concat([packed, Buffer.from("junk")])]) {
    const train = save("cut.jsonl.gz", bytes);
    const message = await messageOf(() => readExamples(task({ ...BASE, train }), "train", dir));
    says(message, "the gzip file is damaged or cut", "cut.jsonl.gz");
  }
  const train = save(
    "pointer.csv",
    `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 5\n`,
  );
  says(
    await messageOf(() => readExamples(task({ ...BASE, train }), "train", dir)),
    "a pointer of Git LFS",
    "pointer.csv",
  );
});

Own.run();
