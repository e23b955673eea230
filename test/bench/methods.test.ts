/** @file The comparison of methods: its rows build, and its lines become tables. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type MethodRow, ROWS } from "../../bench/methods/rows.js";
import { methodTables } from "../../bench/methods/tables.js";
import { init, np, random, scope, type t5 } from "../../lib/index.js";
import { sampledVocabulary } from "../../lib/prompt/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Methods = suite("bench/methods");
await init({ backend: "cpu" });

for (const [name, { method, optimizer }] of Object.entries<MethodRow>(ROWS)) {
  Methods(`${name}: the method and its optimizer take each other's trees`, () =>
    scope(() => {
      const { config, params } = tinyT5();
      const made = method?.({ start: sampledVocabulary, shown: [3, 4] });
      if (made === undefined) return assert.is(optimizer, undefined);
      const tuned = made.init(random.key(0), config, params);
      assert.ok(made.apply(config, params, tuned, { tasks: np.scalar(0, "int32") } as t5.Batch).params);
      optimizer?.init(tuned);
    }),
  );
}

const about = { bench: "methods", batch: 32, executor: "onnx" };
const cost = { ...about, part: "cost", size: "nano", weights: 2_378_112 };
const peak = { peakRssMB: 340 };
const score = { ...about, part: "score", task: "cb", rates: [0.3] };

Methods("costs are a row a method, and nothing is trained or saved where there is no figure", () => {
  const tables = methodTables([
    { ...cost, method: "no tuning", trainedValues: 0 },
    { ...cost, method: "prompt", trainedValues: 2560, fileBytes: 10_408, stepMs: 53.2, ...peak },
    { ...cost, method: "all weights", trainedValues: 2_378_112, fileBytes: 9_520_616, stepMs: 554, ...peak },
  ]);
  assert.is(
    tables.get("methods nano"),
    [
      "| method      | trained values | of the model | file    | step, ms | peak, MB |",
      "| ----------- | -------------- | ------------ | ------- | -------- | -------- |",
      "| no tuning   | 0              | 0 %          | —       | —        | —        |",
      "| prompt      | 2,560          | 0.11 %       | 10.4 kB | 53.2     | 340      |",
      "| all weights | 2,378,112      | 100 %        | 9.52 MB | 554      | 340      |",
    ].join("\n"),
  );
  assert.not.ok(tables.has("methods scores"));
});

Methods("scores are the mean of all seeds, with each of them, and no run is left out", () => {
  const tables = methodTables([
    { ...score, method: "prompt", seed: 1, score: 50 },
    { ...score, method: "prompt", seed: 0, score: 91 },
    { ...score, method: "prompt", task: "rte", seed: 0, score: 55.5 },
    { ...score, method: "no tuning", rates: [], seed: 0, score: 48.48 },
  ]);
  assert.is(
    tables.get("methods scores"),
    [
      "| method    | learning rate | cb                | rte  |",
      "| --------- | ------------- | ----------------- | ---- |",
      "| prompt    | 0.3           | 70.5 (91.0, 50.0) | 55.5 |",
      "| no tuning | —             | 48.5              | —    |",
    ].join("\n"),
  );
});

Methods.run();
