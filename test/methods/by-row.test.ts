/** @file Tables of adapters: every row of a mixed batch gets what it gets alone with its adapter. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import { grad, jit, np, random, scope, type Tensor, t5, tree } from "../../lib/index.js";
import { placesOf } from "../../lib/methods/adapter-table.js";
import * as methods from "../../lib/methods/index.js";
import { assertNear } from "../helpers/golden.js";
import { allclose, hostOf, noLeaks, numbers, onReference, runtimes } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import {
  adaptersOf,
  assertAnswers,
  assertLogits,
  assertOneProgram,
  bothWays,
  CLOSE,
  INPUTS,
  ids,
  logitsOf,
  MIXES,
  ROWS,
  TARGETS,
} from "./mixes.js";
import { any, refuses } from "./refuses.js";
import { shaken } from "./samples.js";

const ByRow = suite("methods/by-row");

const check = (labels: readonly string[], title: string, body: () => void): void => {
  for (const { label, open } of runtimes().filter((r) => labels.includes(r.label))) {
    ByRow(`${label}: ${title}`, async () => withRuntime(await open(), () => noLeaks(() => scope(body))));
  }
};

const { prompt, prefix, perLayer, lora, ia3, compose } = methods;

/** The others are in by-row.long.ts, with the answers of all. */
const ON_WASM = ["prefixes of three lengths", "LoRA of three ranks, scales and kernels", "IA3 of other kernels"];
for (const name of Object.keys(MIXES)) {
  const labels = ON_WASM.includes(name) ? ["reference", "wasm"] : ["reference"];
  check(labels, `${name}: rows of a batch have the logits that they have alone`, () => assertLogits(name));
}

check(["wasm"], "rows of a batch have the likelihoods and answers that they have alone", () =>
  assertAnswers("methods of all kinds"),
);

check(["reference"], "the reference executor decodes rows with adapters of their own", () => {
  const { config, mixed, models } = bothWays("IA3 of other kernels");
  using greedy = t5.generate(config, { maxLength: 3 });
  const got = greedy(mixed, ids(INPUTS));
  const [alone] = greedy(models[ROWS[1]], ids([INPUTS[1]]));
  assert.equal(got[1][0].tokens, alone[0].tokens);
});

check(["wasm"], "stacked layers, and one compiled program for all mixes, give the same", () =>
  assertOneProgram("LoRA of three ranks, scales and kernels"),
);

check(["wasm"], "the gradient of a table is that of each adapter's rows", () => {
  const { config, params } = tinyT5();
  const adapters = adaptersOf(config, params, "prefixes of three lengths");
  const table = methods.adapterTable(config, params, adapters);
  const total = (model: t5.Model, rows: readonly number[]): Tensor =>
    np.sum(
      t5.logits(config, model, { inputs: ids(rows.map((i) => INPUTS[i])), targets: ids(rows.map((i) => TARGETS[i])) }),
    );
  const of = (x: methods.AdapterTable): Tensor => total(methods.byRow(params, x, ROWS), [0, 1, 2, 3, 4]);
  const whole = grad(of as never, { allowInt: true } as never)(table as never) as unknown as methods.AdapterTable;
  const alone = grad((tuned: object) => total(adapters[1].method.apply(config, params, tuned), [2]))(adapters[1].tuned);
  const { key } = (alone as methods.PrefixTree).cross as { key: Tensor };
  const own = np.get(whole.inserted.keyValues?.cross?.key as Tensor, 1);
  allclose(hostOf(own), hostOf(key), "keys of the second adapter", { abs: 1e-3, rel: 1e-4 });
});

ByRow("sizes of tables are rounded up, and what fills them changes nothing", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const pair = [compose({ soft: prompt({ length: 3 }), low: lora({ rank: 3 }) }), prefix({ length: 1 })].map(any);
    const adapters = pair.map((method, i) => ({ method, tuned: method.init(random.key(i), config, params) }));
    const roundUp = { vectors: (n: number) => 4 * Math.ceil(n / 4), rank: (n: number) => 2 ** Math.ceil(Math.log2(n)) };
    const [table, plain] = [roundUp, {}].map((options) => methods.adapterTable(config, params, adapters, options));
    const { low } = table.kernels["encoder/layers/0/attention/query"];
    assert.equal(
      [table.inserted.prefix?.shape, table.inserted.keyValues?.cross?.key.shape, low?.a.shape],
      [
        [2, 4, 16],
        [2, 2, 4, 2, 4],
        [2, 16, 4],
      ],
    );
    const logits = [table, plain].map((one) => logitsOf(config, methods.byRow(params, one, [0, 1, 1]), [0, 1, 2]));
    assertNear("rounded up", logits[0].flat(), logits[1].flat(), CLOSE);
  }),
);

ByRow("IA3 takes scales of each row by itself, and refuses those of other rows", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const method = ia3();
    const trees = [1, 2].map((seed) => shaken(method.init(random.key(0), config, params), seed) as methods.Ia3Tree);
    const both = tree.map((...xs: Tensor[]) => np.stack(xs), trees[0] as never, trees[1]) as methods.Ia3Tree;
    const batch = { inputs: ids(INPUTS.slice(0, 2)), targets: ids(TARGETS.slice(0, 2)) };
    const got = t5.logits(config, method.apply(config, params, both, batch), batch);
    const table = methods.adapterTable(
      config,
      params,
      trees.map((tuned) => ({ method: any(method), tuned })),
    );
    allclose(hostOf(got), hostOf(t5.logits(config, methods.byRow(params, table, [0, 1]), batch)), "by table", CLOSE);
    assert.ok(Object.values(table.kernels).every(({ low }) => low === undefined));
    refuses(() => method.apply(config, params, both, { inputs: ids(INPUTS) }), "ShapeError", "[5,8]", "f32[2,8]");
    refuses(() => t5.merge(method.apply(config, params, both)), "ArgumentError", "scales that differ between rows");
  }),
);

ByRow("adapters of the same places, whatever their sizes, are of one kind", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const placesBy = (method: unknown): string => {
      const tuned = any(method).init(random.key(0), config, params);
      return placesOf(params, any(method).apply(config, params, tuned));
    };
    for (const [one, other] of [
      [lora({ rank: 2 }), lora({ rank: 5, alpha: 1 })],
      [prompt({ length: 2 }), prompt({ length: 7 })],
      [prefix({ length: 2 }), prefix({ length: 3 })],
    ])
      assert.is(placesBy(one), placesBy(other));
    const different = [lora(), lora({ kernels: ["q"] }), lora({ dora: true }), ia3(), prompt(), prefix(), perLayer()];
    const decoder = [1, 2].map((length) => prompt({ length, position: "decoder" }));
    const places = [...different, ...decoder].map(placesBy);
    assert.is(new Set(places).size, places.length);
  }),
);

ByRow("what cannot be mixed is refused with the adapter's place", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const table = (...list: readonly unknown[]) => {
      const adapters = list
        .map(any)
        .map((method, i) => ({ method, tuned: method.init(random.key(i), config, params) }));
      return () => methods.adapterTable(config, params, adapters);
    };
    const first = prompt({ length: 2 });
    refuses(table(), "ArgumentError", "methods.adapterTable: there is no adapter");
    for (const [method, ...parts] of [
      [
        methods.norms(),
        "an adapter that replaces weights",
        "adapters[1]/decoder/decoderNorm/scale",
        "a separate batch",
      ],
      [prompt({ length: 2, sees: ["prompt->prompt"] }), "what a prompt sees", "adapters[1]/prefixSees"],
      [prompt({ length: 2, position: "after" }), "as suffix", "adapters[1]/suffix", /expected +0 vectors/, /got +2/],
      [perLayer({ length: 2 }), "replace those of the layers", "adapters[1]/layerPrompts/replace"],
    ] as const)
      refuses(table(first, method), "UnsupportedError", "methods.adapterTable", ...parts);
    const decoder = [1, 2].map((length) => prompt({ length, position: "decoder" }));
    refuses(table(...decoder), "UnsupportedError", "as decoderPrefix", /expected +1 vectors/, /got +2/);
    // A method of the user's, whose prompts of the layers do not stand where a prompt stands.
    const layered = { ...first, apply: () => ({ params, layerPrompts: { add: np.zeros([2, 3, 16]) } }) };
    refuses(table(layered, first), "UnsupportedError", "adapters[0]/layerPrompts/add", /expected +0 vectors/, /got +3/);
    const wide = tinyT5({ dModel: 12 });
    const other = { method: any(first), tuned: first.init(random.key(0), wide.config, wide.params) };
    refuses(
      () => methods.adapterTable(config, params, [other]),
      "ShapeError",
      "adapters[0]/prompt",
      "[2,12]",
      "[2,16]",
    );
    refuses(
      () => methods.adapterTable(config, params, [{ method: any(lora()), tuned: {} }]),
      "TreeError",
      /at +adapters\[0\]/,
    );
  }),
);

ByRow("sizes that options give are checked", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const [short, low] = [any(prompt({ length: 2 })), any(lora({ rank: 3, alpha: 3 }))];
    const adapters = [short, low].map((method) => ({ method, tuned: method.init(random.key(0), config, params) }));
    const table = (options: object) => () => methods.adapterTable(config, params, adapters, options);
    for (const [options, ...parts] of [
      [{ vectors: () => 1 }, /at +vectors/, /expected +a whole number from 2 on/, /got +1/],
      [{ vectors: () => 2.5 }, /at +vectors/, /got +2\.5/],
      [{ rank: () => 2 }, /at +rank/, /expected +a whole number from 3 on/, /got +2/],
      [{ rank: () => undefined }, /at +rank/, /got +undefined/],
      [{ rank: 4 }, "rank is not a function", /got +4/],
      [{ vectors: 8 }, "vectors is not a function", /got +8/],
    ] as const)
      refuses(table(options), "ArgumentError", "methods.adapterTable", ...parts);
    const { inserted, kernels } = table({ vectors: () => 2, rank: (highest: number) => highest })();
    assert.equal(inserted.prefix?.shape, [2, 2, 16]);
    assert.equal(Object.values(kernels)[0].low?.a.shape, [2, 16, 3]);
  }),
);

ByRow("numbers of rows are checked where they are at hand", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const method = any(prompt({ length: 2 }));
    const table = methods.adapterTable(config, params, [{ method, tuned: method.init(random.key(0), config, params) }]);
    const row = (rows: Tensor | readonly number[]) => () => methods.byRow(params, table, rows);
    for (const [rows, got] of [
      [[0, 1], "1"],
      [[-1], "-1"],
      [[0.5], "0.5"],
      [np.array(Int32Array.of(0, 3)), "3"],
    ] as const)
      refuses(row(rows), "ArgumentError", "methods.byRow", "numbers from 0 to 0", new RegExp(`got +${got}`));
    refuses(row(np.array(Int32Array.of(0), { shape: [1, 1] })), "ShapeError", "i32[B]", "i32[1,1]");
    refuses(row(np.zeros([2])), "ShapeError", "i32[B]", "f32[2]", 'np.astype(rows, "int32")');
    const outside = jit((rows: Tensor) => methods.byRow(params, table, rows).prefix as Tensor);
    for (const number of [1, -1]) {
      assert.ok(numbers(outside(np.array(Int32Array.of(number)))).every(Number.isNaN), `${number}`);
    }
  }),
);

ByRow.run();
