/** @file Adapters that share a batch, and what each of its rows says in it and alone. */
import * as assert from "uvu/assert";
import { jit, np, random, type Tensor, t5 } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { assertNear } from "../helpers/golden.js";
import { allclose, hostOf, numbers } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { shaken, stackedTree } from "./samples.js";

const { prompt, prefix, peftPrefix, perLayer, lora, ia3, compose, residual, design } = methods;
const QUERIES = ["q", "v"];
/** Adapters that rows share a batch of, by what is different about them. */
export const MIXES: Readonly<Record<string, readonly methods.Method[]>> = {
  "prompts of three lengths": [prompt({ length: 3 }), prompt({ length: 1 }), prompt({ length: 4 })],
  "prompts after the text": [1, 2, 3].map(() => prompt({ length: 2, position: "after" })),
  "prompts of the decoder": [1, 2, 3].map(() => prompt({ length: 2, position: "decoder" })),
  "prefixes of three lengths": [prefix({ length: 2 }), prefix({ length: 4 }), prefix({ length: 1 })],
  "prefixes of other attentions": [
    prefix({ length: 2, attentions: ["encoder"] }),
    prefix({ length: 3, attentions: ["decoder", "cross"], projection: 3 }),
    prefix({ length: 1 }),
  ],
  "prefixes of PEFT": [peftPrefix({ length: 2 }), peftPrefix({ length: 3 }), peftPrefix({ length: 1 })],
  "prompts of the layers": [perLayer({ length: 2 }), perLayer({ length: 3 }), perLayer({ length: 1 })],
  "prompts added to layers, and a prompt": [
    perLayer({ length: 2, combine: "add" }),
    prompt({ length: 3 }),
    perLayer({ length: 1, combine: "add" }),
  ],
  "LoRA of three ranks, scales and kernels": [
    lora({ rank: 2, alpha: 4, kernels: QUERIES }),
    lora({ rank: 3, alpha: 1, kernels: "all-linear", rankPattern: { k: 1 }, rankStabilized: true }),
    lora({ rank: 1, kernels: ["wo", "lm_head"], dropout: 0.3 }),
  ],
  "DoRA and LoRA": [
    lora({ rank: 2, dora: true, kernels: QUERIES }),
    lora({ rank: 1, kernels: QUERIES }),
    lora({ rank: 3, dora: true }),
  ],
  "IA3 of other kernels": [ia3(), ia3({ kernels: ["q", "o"], feedForward: ["o"] }), ia3({ kernels: ["wo"] })],
  "other methods": [compose({ soft: prompt({ length: 2 }), low: lora({ rank: 1 }), scales: ia3() }), ia3(), lora()],
  "methods of all kinds": [prefix({ length: 2 }), residual({ length: 3, bottleneck: 2 }), design([7, 8])],
} as never;

/** Some of three adapters for each of five rows. */
export const ROWS = [2, 0, 1, 0, 2];
export const INPUTS = [
  [5, 9, 3, 1],
  [7, 2, 1, 0],
  [30, 1, 0, 0],
  [4, 4, 8, 1],
  [11, 1, 0, 0],
];
export const TARGETS = [
  [8, 21, 1],
  [3, 1, 0],
  [4, 9, 1],
  [6, 1, 0],
  [17, 2, 1],
];
export const ids = (rows: readonly (readonly number[])[]): Tensor =>
  np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });
const LABELS = [
  [4, 12, 1],
  [7, 1, 0],
];

export const adaptersOf = (config: t5.T5Config, params: t5.Params, name: string): methods.Folded[] =>
  MIXES[name].map((method, i) => ({ method, tuned: shaken(method.init(random.key(i), config, params), 50 + i) }));

/** The logits of rows at their real targets. */
export const logitsOf = (config: t5.T5Config, model: t5.Model, rows: readonly number[]): number[][] => {
  const [inputs, targets] = [INPUTS, TARGETS].map((all) => ids(rows.map((row) => all[row])));
  const logits = t5.logits(config, model, { inputs, targets });
  return rows.map((row, i) => numbers(np.slice(np.get(logits, i), [[0, TARGETS[row].indexOf(1) + 1]])));
};

/** Of rows the log likelihoods of targets and of labels, and what greedy and beam search answer. */
const makeAsk = (config: t5.T5Config) => {
  const [score, rank] = [t5.score(config), t5.rank(config)];
  const searches = [{ maxLength: 4 }, { method: "beam", numBeams: 2, maxLength: 4 } as const].map((options) =>
    t5.generate(config, options as t5.GenerateOptions),
  ) as t5.Generate<{ maxLength: 4 }>[];
  const ask = (model: t5.Model, rows: readonly number[]) => {
    const [inputs, targets] = [INPUTS, TARGETS].map((all) => ids(rows.map((row) => all[row])));
    const [likelihoods, ranked] = [score(model, inputs, targets).logLikelihood, rank(model, inputs, ids(LABELS))];
    const answers = searches.map((search) => search(model, inputs));
    return rows.map((_, i) => ({
      scores: [np.get(likelihoods, i), np.get(ranked, i)].flatMap((x) => numbers(x)),
      answers: answers.map((each) => each[i].map(({ tokens }) => tokens)),
    }));
  };
  const dispose = (): void => {
    for (const one of [score, rank, ...searches]) one.dispose();
  };
  return Object.assign(ask, { [Symbol.dispose]: dispose });
};

export const CLOSE = { abs: 1e-5, rel: 1e-5 };

/** The model of each row of a batch, and that of each adapter alone. */
export const bothWays = (name: string) => {
  const { config, params } = tinyT5();
  const adapters = adaptersOf(config, params, name);
  const models = adapters.map(({ method, tuned }) => method.apply(config, params, tuned));
  const mixed = methods.byRow(params, methods.adapterTable(config, params, adapters), ROWS);
  return { config, mixed, models };
};

/** Asserts that rows of a batch have the logits that they have alone, and that the adapters differ. */
export const assertLogits = (name: string): void => {
  const { config, mixed, models } = bothWays(name);
  const got = logitsOf(config, mixed, [0, 1, 2, 3, 4]);
  models.forEach((model, adapter) => {
    const rows = [0, 1, 2, 3, 4].filter((row) => ROWS[row] === adapter);
    const want = logitsOf(config, model, rows);
    rows.forEach((row, i) => {
      assertNear(`row ${row}`, got[row], want[i], CLOSE);
    });
  });
  const [other] = logitsOf(config, models[0], [2]);
  assert.ok(
    got[2].some((x, i) => Math.abs(x - other[i]) > 1e-2),
    "adapters differ",
  );
};

/** Asserts that rows of a batch have the likelihoods of targets and labels, and the greedy and beam answers, that they have alone. */
export const assertAnswers = (name: string): void => {
  const { config, mixed, models } = bothWays(name);
  using ask = makeAsk(config);
  const got = ask(mixed, [0, 1, 2, 3, 4]);
  models.forEach((model, adapter) => {
    const row = ROWS.indexOf(adapter);
    const [want] = ask(model, [row]);
    assertNear(`row ${row}`, got[row].scores, want.scores, CLOSE);
    assert.equal(got[row].answers, want.answers, `row ${row}`);
  });
};

/** Asserts that one compiled program gives each mix of adapters its logits, and one more those of stacked layers. */
export const assertOneProgram = (name: string): void => {
  const { config, params } = tinyT5();
  const batch = { inputs: ids(INPUTS), targets: ids(TARGETS) };
  const adapters = adaptersOf(config, params, name);
  const stacked = adapters.map(({ method, tuned }) => ({ method, tuned: stackedTree(tuned) }));
  const layers = t5.stackLayers(params);
  let traced = 0;
  const program = (frozen: t5.AnyParams, table: methods.AdapterTable, rows: Tensor, given: t5.Batch): Tensor => {
    traced++;
    return t5.logits(config, methods.byRow(frozen, table, rows), given);
  };
  using compiled = jit(program);
  const tables = [
    [params, methods.adapterTable(config, params, adapters)],
    [layers, methods.adapterTable(config, layers, stacked)],
  ] as const;
  for (const [frozen, table] of tables) {
    for (const rows of [ROWS, [0, 0, 0, 1, 2], [1, 1, 1, 1, 1]]) {
      const got = compiled(frozen, table, np.array(Int32Array.from(rows)), batch);
      const want = t5.logits(config, methods.byRow(params, tables[0][1], rows), batch);
      allclose(hostOf(got), hostOf(want), name, { abs: 1e-4, rel: 1e-5 });
    }
  }
  assert.is(traced, 2, "a program for each form of the layers");
};
