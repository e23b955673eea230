/** @file The texts of a recipe: parts by weights, documents that are held out, digests, and what cannot be read. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Corpus } from "../../../lib/data/streams/index.js";
import { corporaLock, documentsIn, idsIn, readCorpora } from "../../../lib/lab/pretraining/corpora.js";
import type { PretrainingRecipe } from "../../../lib/lab/pretraining/recipe.js";
import type { Tokenizer } from "../../../lib/tokenizer/sentencepiece.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal } from "../refused.js";

const Corpora = suite("lab/pretraining/corpora");
const folder = temporaryFolder(Corpora);

/** A tokenizer of characters, which counts the texts it gets. */
const counting = () => {
  const texts: string[] = [];
  const encode = (text: string): number[] => {
    texts.push(text);
    return Array.from(text, (c) => c.charCodeAt(0));
  };
  return { texts, tokenizer: { encode } as unknown as Tokenizer };
};

const file = (name: string, texts: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(
    path,
    name.endsWith("l") ? texts.map((text) => JSON.stringify({ body: text })).join("\n") : texts.join("\n"),
  );
  return path;
};
const letters = (from: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${from}${String.fromCharCode(97 + i)}`);

const recipe = (objective: object): PretrainingRecipe =>
  ({
    train: [],
    objective: { field: "text", validation: [], heldOut: 0.1, ...objective },
  }) as unknown as PretrainingRecipe;
const read = (objective: object) => readCorpora(recipe(objective), counting().tokenizer);

const textsOf = ({ ids, starts }: Corpus): string[] =>
  starts.slice(1).map((end, i) => String.fromCharCode(...ids.subarray(starts[i], end)));

Corpora("files without weights are one part, in which a share of the documents is held out", async () => {
  const paths = [file("a.txt", letters("A", 12)), file("b.txt", letters("B", 9))];
  const all = [...letters("A", 12), ...letters("B", 9)];
  const { train, validation } = await read({ corpus: paths.map((path) => ({ path })) });
  assert.equal([train.length, validation.length], [1, 1]);
  assert.equal([train[0].name, train[0].rate], [paths.join(", "), 1]);
  const [rest, taken] = [textsOf(train[0].corpus), textsOf(validation[0].corpus)];
  // 2.1 documents, rounded up.
  assert.is(taken.length, 3);
  assert.equal(
    rest,
    all.filter((text) => !taken.includes(text)),
  );
  assert.equal(
    taken,
    all.filter((text) => taken.includes(text)),
    "both in the order of the files",
  );
  assert.equal([documentsIn(train), documentsIn(validation), idsIn(train), idsIn(validation)], [18, 3, 36, 6]);
  const again = await read({ corpus: paths.map((path) => ({ path })), seed: 7 });
  assert.equal(textsOf(again.validation[0].corpus), taken);
});

Corpora("one document is left to train on, and one is needed beside it", async () => {
  const { train, validation } = await read({ corpus: [{ path: file("two.txt", ["one", "two"]) }], heldOut: 0.999 });
  assert.equal([documentsIn(train), documentsIn(validation)], [1, 1]);
  const one = file("one.txt", ["one"]);
  const { where, got, at } = await refusal(read({ corpus: [{ path: one }] }), "DataError");
  assert.equal([where, got, at], ["objective.heldOut", "1", one]);
});

Corpora("with a weight each path is a part, and held-out text of its own is read in whole", async () => {
  mkdirSync(join(folder, "books"), { recursive: true });
  for (const name of ["books/2.jsonl", "books/1.jsonl"]) file(name, [`${name}`, "b"]);
  const a = file("a.txt", letters("A", 5));
  const corpus = [{ path: a, weight: 3 }, { path: join(folder, "books") }];
  const held = file("held.jsonl", ["h"]);
  const both = await read({ corpus, field: "body", validation: [held, a] });
  assert.equal(
    both.train.map(({ name, rate }) => [name, rate]),
    [
      [a, 3],
      [join(folder, "books"), 1],
    ],
  );
  assert.equal(
    both.train.map(({ corpus }) => textsOf(corpus)),
    [letters("A", 5), ["books/1.jsonl", "b", "books/2.jsonl", "b"]],
  );
  assert.equal(
    both.validation.map(({ name, corpus }) => [name, textsOf(corpus)]),
    [[`${held}, ${a}`, ["h", ...letters("A", 5)]]],
  );
  const split = await read({ corpus, field: "body" });
  assert.equal(
    split.validation.map(({ rate, corpus }) => [rate, textsOf(corpus).length]),
    [
      [3, 1],
      [1, 1],
    ],
  );
  assert.equal(Object.keys(corporaLock(both)), ["corpus-0/train", "corpus-1/train", "corpus/validation"]);
});

Corpora("digests are of documents, not of files", async () => {
  const lockOf = async (...lists: (readonly string[])[]) => {
    const corpus = lists.map((texts, i) => ({ path: file(`lock-${i}.txt`, texts) }));
    return corporaLock(await read({ corpus, validation: [corpus[0].path] }));
  };
  const one = await lockOf(["ab", "c"]);
  const ids = new Uint8Array(Int32Array.of(97, 98, 99).buffer);
  assert.is(one["corpus/train"], createHash("sha256").update("0,2,3\n").update(ids).digest("hex"));
  assert.equal((await lockOf(["ab"], ["c"]))["corpus/train"], one["corpus/train"]);
  assert.is.not((await lockOf(["a", "bc"]))["corpus/train"], one["corpus/train"]);
  assert.is.not((await lockOf(["ab", "d"]))["corpus/train"], one["corpus/train"]);
});

Corpora(
  "what cannot be read is refused under the setting that names it, and what is not there before anything is read",
  async () => {
    const a = file("a.txt", letters("A", 5));
    const bad = file("bad.txt", ["a\0"]);
    const gone = join(folder, "gone.txt");
    const cases: readonly (readonly [objective: object, where: string, at: string, texts: number])[] = [
      [{ corpus: [{ path: a }, { path: gone }] }, "--corpus <paths>", gone, 0],
      [
        {
          corpus: [
            { path: a, weight: 1 },
            { path: gone, weight: 1 },
          ],
        },
        "--corpus <paths>",
        gone,
        0,
      ],
      [{ corpus: [{ path: a }], validation: [gone] }, "--validation-corpus <paths>", gone, 0],
      [{ corpus: [{ path: a }, { path: bad }] }, "--corpus <paths>", `${bad}, line 1`, 5],
      [{ corpus: [{ path: a }], validation: [bad] }, "--validation-corpus <paths>", `${bad}, line 1`, 5],
    ];
    for (const [objective, ...want] of cases) {
      const { texts, tokenizer } = counting();
      const { where, at } = await refusal(readCorpora(recipe(objective), tokenizer), "DataError");
      assert.equal([where, at, texts.length], want);
    }
    assert.is((await refusal(read({ corpus: [] }))).at, "objective.corpus");
  },
);

Corpora.run();
