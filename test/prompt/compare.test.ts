import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { drift, labelMeans, labelRanks, similarity } from "../../lib/prompt/index.js";
import * as random from "../../lib/random/index.js";
import { elementsNear, messageOf, noLeaks, numbers, on, startedRuntimes } from "../helpers/runtime.js";

const Compare = suite("prompt/compare");
const runtimes = await startedRuntimes();

type Rows = number[][];
const rowsOf = (x: Tensor): Rows => {
  const [count, width] = x.shape as readonly [number, number];
  const all = numbers(x);
  return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width));
};
const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
const cosine = (a: number[], b: number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const drawn = (seed: number, rows: number): Tensor => random.normal(random.key(seed), [rows, 6]);

Compare("the drift is that of plain numbers", () => {
  for (const runtime of runtimes) {
    on(runtime, () => {
      const [prompt, start] = [drawn(1, 4), drawn(2, 4)];
      const [a, b] = [rowsOf(prompt), rowsOf(start)];
      noLeaks(() => {
        const { norms, distances, cosines } = drift(prompt, start);
        const away = a.map((row, i) => row.map((x, j) => x - b[i][j]));
        elementsNear(
          norms,
          a.map((row) => Math.sqrt(dot(row, row))),
          1e-5,
        );
        elementsNear(
          distances,
          away.map((row) => Math.sqrt(dot(row, row))),
          1e-5,
        );
        elementsNear(
          cosines,
          a.map((row, i) => cosine(row, b[i])),
          1e-5,
        );
        for (const x of [norms, distances, cosines]) x.dispose();
      });
      const still = drift(prompt, prompt);
      assert.equal(numbers(still.distances), [0, 0, 0, 0]);
    });
  }
});

Compare(
  "the rank of a label is the number of pieces that are nearer, and its own embedding is not nearer than itself",
  () => {
    for (const runtime of runtimes) {
      on(runtime, () => {
        const [prompt, table] = [drawn(3, 5), drawn(4, 40)];
        const means = labelMeans(table, (text) => [...text].map(Number), ["7", "12", "9"]);
        const [vectors, pieces, labels] = [prompt, table, means].map(rowsOf);
        const want = vectors.map((v) =>
          labels.map((l) => pieces.filter((p) => cosine(v, p) > cosine(v, l) + 1e-6).length),
        );
        assert.equal(rowsOf(labelRanks(prompt, table, means)), want);
        // The label that the vector is: its single piece, and the mean of its two pieces.
        assert.equal(
          rowsOf(labelRanks(means, table, means)).map((row, i) => row[i]),
          [0, 0, 0],
        );
        elementsNear(means, [...pieces[7], ...pieces[1].map((x, i) => (x + pieces[2][i]) / 2), ...pieces[9]], 1e-6);
      });
    }
  },
);

Compare("prompts of any length are compared by the cosines of their means", () => {
  for (const runtime of runtimes) {
    on(runtime, () => {
      const prompts = [drawn(5, 3), drawn(6, 7), drawn(7, 1)];
      const means = prompts.map((one) => {
        const rows = rowsOf(one);
        return rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
      });
      const want = means.flatMap((a) => means.map((b) => cosine(a, b)));
      noLeaks(() => {
        const found = similarity(prompts);
        elementsNear(found, want, 1e-5);
        found.dispose();
      });
    });
  }
});

Compare("what does not fit is said", () => {
  on(runtimes[0], () => {
    const [a, b] = [np.ones([2, 3]), np.ones([4, 3])];
    assert.match(messageOf(() => drift(a, b)) ?? "", /prompt\.drift: the prompt does not have the length of its start/);
    assert.match(messageOf(() => drift(a, np.ones([2, 4]))) ?? "", /one width/);
    assert.match(messageOf(() => labelRanks(a, np.ones([4, 2]), b)) ?? "", /one width/);
    assert.match(messageOf(() => labelRanks(a, b, np.ones([4, 2]))) ?? "", /one width/);
    assert.match(messageOf(() => similarity([a])) ?? "", /nothing to compare[\s\S]*got +1/);
    assert.match(messageOf(() => similarity([a, np.ones([2, 4])])) ?? "", /one width/);
    assert.match(messageOf(() => labelMeans(b, () => [1], [])) ?? "", /no labels/);
    assert.match(messageOf(() => labelMeans(b, () => [], ["x"])) ?? "", /prompt\.labelMeans: a label has no pieces/);
  });
});

Compare.run();
