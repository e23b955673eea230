/** @file Rows of official files where readers differ: what the reference strips, and questions that come twice. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { temporaryFolder } from "../io/folder.js";
import { says } from "./row-texts.js";

const Official = suite("tasks/official-rows");
const dir = temporaryFolder(Official);

const save = (name: string, content: string): void => {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), content);
};

Official("DPR's lines are stripped, as its reader in TensorFlow Datasets does", async () => {
  save("dpr/train.c.txt", "\u00a0 Bob saw Ann because he ran. \nhe \n Bob , Ann\t\n Bob\n\n");
  const [{ inputs, targets }] = await readExamples(taskOf("dpr"), "train", dir);
  assert.equal([inputs, targets], ["Bob saw Ann because *he* ran.", "Bob"]);
});

Official(
  "a question of SQuAD whose id came before adds its answers to the first, in its own paragraph too",
  async () => {
    const question = (id: string, text: string) => ({ id, question: `${text}?`, answers: [{ text, answer_start: 0 }] });
    const paragraphs = [
      { context: "c", qas: [question("1", "a"), question("2", "b"), question("1", "c")] },
      { context: "d", qas: [question("2", "d"), question("2", "b")] },
    ];
    save("squad/dev-v1.1.json", JSON.stringify({ data: [{ title: "t", paragraphs }] }));
    const examples = await readExamples(taskOf("squad"), "validation", dir);
    assert.equal(
      examples.map(({ id, inputs, targets, truth }) => [id, inputs, targets, truth]),
      [
        ["1", "question: a ? context: c", "a", ["a", "c"]],
        ["2", "question: b ? context: c", "b", ["b", "d", "b"]],
      ],
    );
  },
);

Official("a column of texts that a file of GLUE lacks is named, though rows may be uneven", async () => {
  save("SST-2/train.tsv", "text\tlabel\nfine\t1\n");
  const message = await readExamples(taskOf("sst2"), "train", dir).then(String, (error: Error) => error.message);
  says(message, 'there is no column "sentence"', '"text", "label"', "train.tsv, line 1");
});

Official("the list of MRPC's validation rows is named where it is missing", async () => {
  save("MRPC/msr_paraphrase_train.txt", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t1\t2\ta\tb\n");
  const message = await readExamples(taskOf("mrpc"), "train", dir).then(String, (error: Error) => error.message);
  says(message, "there is no such file or folder", `at        ${join(dir, "MRPC/dev_ids.tsv")}`);
});

Official.run();
