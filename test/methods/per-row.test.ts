/** @file Low-rank factors of each example's own, as batches of several adapters have them: every row as if it were alone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import { np, random, scope, type Tensor, t5, tree } from "../../lib/index.js";
import { assertNear } from "../helpers/golden.js";
import { allclose, hostOf, noLeaks, numbers, runtimes } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { mapNodes } from "./nodes.js";

const PerRow = suite("methods/per-row");

const check = (title: string, body: () => void): void => {
  for (const { label, open } of runtimes().filter((r) => r.label === "reference" || r.label === "wasm")) {
    PerRow(`${label}: ${title}`, async () => withRuntime(await open(), () => noLeaks(() => scope(body))));
  }
};

const ids = (rows: readonly (readonly number[])[]): Tensor =>
  np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });
const INPUTS = [
  [5, 9, 3, 1],
  [7, 2, 1, 0],
  [30, 1, 0, 0],
];
const TARGETS = [
  [8, 21, 1],
  [3, 1, 0],
  [4, 9, 1],
];

interface Factors {
  readonly a: Tensor;
  readonly b: Tensor;
}

/** The parameters with a low-rank term beside every kernel, made by `factors` of its shape and number. */
const beside = (params: t5.Params, factors: (shape: readonly number[], at: number) => Factors): t5.Params => {
  let at = 0;
  return mapNodes(params, (node) => {
    const { a, b } = factors(node.kernel.shape, at++);
    return { ...node, low: [{ a, b, scale: np.scalar(0.5) }] };
  });
};

/** Random factors for all examples, and those of one. */
const drawn = (shape: readonly number[], at: number): Factors => {
  const [first, second] = random.subkeys(random.key(at));
  const [rows, rank] = [INPUTS.length, 2];
  return { a: random.normal(first, [rows, shape[0], rank]), b: random.normal(second, [rows, rank, shape[1]]) };
};
const oneOf =
  (row: number) =>
  (shape: readonly number[], at: number): Factors =>
    tree.map((x: Tensor) => np.get(x, row), drawn(shape, at)) as unknown as Factors;

const CLOSE = { abs: 1e-4, rel: 1e-5 };

check("logits are those of each row with its own factors", () => {
  const { config, params } = tinyT5();
  const prefix = random.normal(random.key(1), [2, config.dModel]);
  const model = { params: beside(params, drawn), prefix };
  const plain = numbers(t5.logits(config, { params, prefix }, { inputs: ids(INPUTS), targets: ids(TARGETS) }));
  const got = t5.logits(config, model, { inputs: ids(INPUTS), targets: ids(TARGETS) });
  assert.ok(numbers(got).some((x, i) => Math.abs(x - plain[i]) > 0.1));
  INPUTS.forEach((_, row) => {
    const alone = { params: beside(params, oneOf(row)), prefix };
    const want = t5.logits(config, alone, { inputs: ids([INPUTS[row]]), targets: ids([TARGETS[row]]) });
    const length = TARGETS[row].indexOf(1) + 1;
    const real = (x: Tensor, at: number) =>
      hostOf(
        np.slice(x, [
          [at, at + 1],
          [0, length],
        ]),
      );
    allclose(real(got, row), real(want, 0), `row ${row}`, CLOSE);
  });
});

check("answers are those of each row, by beams too, and so is the rank of labels", () => {
  const { config, params } = tinyT5();
  const model = beside(params, drawn);
  const labels = ids([
    [4, 12, 1],
    [7, 1, 0],
  ]);
  using greedy = t5.generate(config, { maxLength: 4 });
  using beams = t5.generate(config, { method: "beam", numBeams: 3, maxLength: 4 });
  using rank = t5.rank(config);
  const all = [greedy, beams].map((method) => method(model, ids(INPUTS)));
  const ranked = numbers(rank(model, ids(INPUTS), labels));
  INPUTS.forEach((input, row) => {
    const alone = beside(params, oneOf(row));
    [greedy, beams].forEach((method, which) => {
      const [want] = method(alone, ids([input]));
      const got = all[which][row];
      assert.equal(
        got.map((one) => one.tokens),
        want.map((one) => one.tokens),
      );
      assertNear(
        "scores",
        got.map((one) => one.score),
        want.map((one) => one.score),
        CLOSE,
      );
    });
    assertNear("rank", ranked.slice(2 * row, 2 * row + 2), numbers(rank(alone, ids([input]), labels)), CLOSE);
  });
});

check("scanned layers take factors of each row", () => {
  const { config, params } = tinyT5();
  const model = beside(params, drawn);
  const batch = { inputs: ids(INPUTS), targets: ids(TARGETS) };
  const want = t5.logits(config, model, batch);
  allclose(hostOf(t5.logits(config, t5.stackLayers(model), batch)), hostOf(want), "stacked", CLOSE);
});

PerRow.run();
