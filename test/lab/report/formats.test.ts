import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reportHtml } from "../../../lib/lab/report/html.js";
import { escapeLatex, reportLatex } from "../../../lib/lab/report/latex.js";
import { addressFrom } from "../../../lib/lab/report/links.js";
import { escapeMarkdown, reportMarkdown } from "../../../lib/lab/report/markdown.js";
import { readReport } from "../../../lib/lab/report/report.js";
import { temporaryFolder } from "../../io/folder.js";
import { writeRun } from "./synthetic.js";

const Formats = suite("lab/report/formats");
const root = temporaryFolder(Formats);

const NAME = "<b>a|b&c_d";

const reportOfNames = async () => {
  const dir = join(root, "runs<&_|");
  for (const seed of [0, 1]) {
    writeRun(join(dir, `seed ${seed}`), {
      recipe: { train: NAME, method: { name: "prompt", length: 5 + seed }, seed },
      tuned: { accuracy: 50 + seed },
      curve: [40, 50],
    });
  }
  const references = [{ task: NAME, score: 70, label: "<i>paper", source: "a & b" }];
  return readReport([dir], { title: "<script>alert(1)</script>", references });
};

const addressOf = addressFrom(join(root, "report.html"));

Formats("a page escapes names, needs no network and no script, and links to runs relatively", async () => {
  const page = await reportHtml(await reportOfNames(), addressOf);
  assert.not.match(page, /<script|<b>a|<i>paper|@import|url\(|https?:\/\/(?!www\.w3\.org)/);
  for (const part of ["&lt;script&gt;", "&lt;b&gt;a|b&amp;c_d", "&lt;i&gt;paper (a &amp; b)"]) {
    assert.ok(page.includes(part), part);
  }
  assert.ok(page.includes('href="./runs%3C%26_%7C/seed%200/"'), "a link to a run");
  assert.match(page, /@media print/);
  assert.match(page, /prefers-color-scheme: dark/);
  assert.match(page, /name="viewport"/);
  const inside = new Set([...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id));
  for (const id of inside) assert.ok(page.includes(`id="${id}"`), `a link to ${id}`);
  assert.ok(inside.size > 5, "links in the page");
});

Formats("figures are drawn: curves, points, dashed lines of what was published", async () => {
  const page = await reportHtml(await reportOfNames(), addressOf);
  const drawn = page.match(/<svg/g)?.length ?? 0;
  assert.is(drawn, 4, "curves, methods, length, efficiency");
  assert.match(page, /stroke-dasharray="5 4"/);
  assert.not.match(page, /NaN|undefined/);
});

Formats("Markdown escapes what would end a cell or begin something", async () => {
  assert.is(escapeMarkdown("<b>a|b&c_d\n*"), "&lt;b&gt;a\\|b&amp;c\\_d \\*");
  const text = reportMarkdown(await reportOfNames(), addressOf);
  assert.ok(text.includes("| method | &lt;b&gt;a\\|b&amp;c\\_d |"), text);
  for (const line of text.split("\n").filter((one) => one.startsWith("|"))) {
    assert.match(line, /^\| .* \|$/);
  }
  assert.ok(text.includes("[50.0](./runs%3C%26_%7C/seed%200/)"), text);
});

Formats("LaTeX escapes what it would obey, and has deviations as indices", async () => {
  assert.is(
    escapeLatex("a_b & 5 % <x|\\y>"),
    "a\\_b \\& 5 \\% \\textless{}x\\textbar{}\\textbackslash{}y\\textgreater{}",
  );
  const dir = join(root, "two");
  [70, 75].forEach((accuracy, seed) => {
    writeRun(join(dir, `${seed}`), { recipe: { train: "cb", seed }, tuned: { accuracy } });
  });
  writeRun(join(dir, "l"), { recipe: { train: "cb", method: { name: "lora" } }, tuned: { accuracy: 60 } });
  const text = reportLatex(await readReport([dir], { title: "a\n\\input{x}" }));
  assert.ok(text.includes("prompt & $\\mathbf{72.5}_{\\pm 3.5}$ \\\\"), text);
  assert.ok(text.includes("lora & $60.0$ \\\\"), text);
  assert.match(text, /^% a \\input\{x\}\n/);
  assert.ok(text.includes("\\toprule") && text.includes("\\bottomrule"));
});

Formats.run();
