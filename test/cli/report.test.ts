import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../io/folder.js";
import { writeRun } from "../lab/report/synthetic.js";
import { failure, fluxion } from "./run.js";

const Reports = suite("cli/report");
const root = temporaryFolder(Reports);
const dir = join(root, "runs");

Reports.before(() => {
  for (const seed of [0, 1]) {
    writeRun(join(dir, `${seed}`), { recipe: { train: "cb", seed }, tuned: { accuracy: 60 + seed }, curve: [50] });
  }
  writeRun(join(dir, "lora"), { recipe: { train: "cb", method: { name: "lora" }, steps: 7 }, tuned: { accuracy: 50 } });
  writeFileSync(join(dir, "lora", "metrics.jsonl"), "{\n");
});

Reports("it writes the formats that are asked for, warns, and counts what failed", async () => {
  const files = ["r.html", "r.md", "r.tex"].map((name) => join(root, name));
  const references = join(root, "published.yaml");
  writeFileSync(references, "- { task: cb, score: 90, label: paper, source: table 1 }\n");
  const outs = files.flatMap((file) => ["--out", file]);
  const { out, notes } = await fluxion(["report", dir, ...outs, "--title", "Two", "--reference", references]);
  assert.is(out, files.map((file) => `${file}\n`).join(""));
  assert.equal(notes, [
    "warning: methods differ in steps, too: 7 (lora); 600 (prompt)",
    "1 folder is listed as failures",
  ]);
  const [page, markdown, latex] = files.map((file) => readFileSync(file, "utf8"));
  assert.match(page, /<h1>Two<\/h1>/);
  for (const text of [page, markdown, latex]) assert.match(text, /60\.5/);
  for (const text of [page, markdown, latex]) assert.match(text, /table 1/);
});

Reports(
  "another format, references that are none, and a folder without runs are refused before anything is written",
  async () => {
    const file = join(root, "x.pdf");
    assert.match(await failure("report", dir, "--out", file), /no such format of reports[\s\S]*\.html, \.md, \.tex/);
    const wrong = join(root, "wrong.yaml");
    writeFileSync(wrong, "- { task: cb, score: high }\n");
    const page = join(root, "never.html");
    assert.match(await failure("report", dir, "--out", page, "--reference", wrong), /not a valid references/);
    writeFileSync(wrong, "- { task: \n- ]");
    assert.match(await failure("report", dir, "--out", page, "--reference", wrong), /not a list of references/);
    assert.match(await failure("report", join(root, "nowhere"), "--out", page), /no such folder/);
    assert.match(await failure("report"), /missing required argument/);
    assert.not.ok(existsSync(page));
  },
);

Reports.run();
