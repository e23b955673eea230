import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reportHtml } from "../../../lib/lab/report/html.js";
import { addressFrom } from "../../../lib/lab/report/links.js";
import { readReport } from "../../../lib/lab/report/report.js";
import { temporaryFolder } from "../../io/folder.js";
import { writeRun } from "./synthetic.js";

const Many = suite("lab/report/many");
const root = temporaryFolder(Many);

/** Answers of which so many of a hundred are right. */
const answersOf = (right: number, seed: number) =>
  Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, group: `${i >> 2}`, correct: (37 * i + seed) % 100 < right }));

Many("a hundred runs of four tasks, five lengths and five seeds are one report", async () => {
  for (const train of ["cb", "rte", "boolq", "multirc"]) {
    for (const length of [1, 5, 20, 100, 150]) {
      for (const seed of [0, 1, 2, 3, 4]) {
        const right = 50 + Math.round(10 * Math.log10(length)) + seed;
        writeRun(join(root, train, `${length}`, `seed-${seed}`), {
          recipe: { train, method: { name: "prompt", length }, seed },
          tuned: { accuracy: right },
          curve: Array.from({ length: 20 }, (_, i) => right - 20 + i),
          trained: 128 * length,
          answers: answersOf(right, seed),
        });
      }
    }
  }
  const report = await readReport([root]);
  const [tasks] = report.tables;
  assert.is(tasks.rows.length, 5 + 2, "a row a length, and the baselines");
  assert.equal(
    tasks.rows[0].slice(1).map(({ text, n }) => `${text} ${n}`),
    new Array(4).fill("52.0 5"),
  );
  const along = report.figures.find(({ id }) => id === "along-method.length");
  assert.is(along?.scale, "log");
  assert.equal(
    along?.panels.map(({ series }) => series[0].points.map(({ x }) => x)),
    new Array(4).fill([1, 5, 20, 100, 150]),
  );
  const comparisons = report.tables.find(({ id }) => id === "comparisons");
  assert.is(comparisons?.rows.length, 4 * 4, "the best length against the others, on each task");
  assert.equal([...new Set(comparisons?.rows.map((row) => row[6].text))], ["25"], "groups of four examples");
  const page = await reportHtml(report, addressFrom(join(root, "report.html")));
  assert.is(page.match(/<svg/g)?.length, 4 * 4);
});

Many.run();
