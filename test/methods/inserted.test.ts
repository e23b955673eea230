/** @file What methods put around the tokens, against models that have the same vectors in their table of embeddings. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import { captureIntermediates, np, random, scope, type Tensor, t5 } from "../../lib/index.js";
import { allclose, hostOf, messageOf, noLeaks, numbers, runtimes } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Inserted = suite("methods/inserted");

const check = (title: string, body: () => void): void => {
  for (const { label, open } of runtimes().filter((r) => r.label === "reference" || r.label === "wasm")) {
    Inserted(`${label}: ${title}`, async () => withRuntime(await open(), () => noLeaks(() => scope(body))));
  }
};

type Ids = readonly (readonly number[])[];
const INPUTS: Ids = [[5, 9, 3, 1], [7, 2, 1], [1]];
const TARGETS: Ids = [
  [8, 21, 4, 1],
  [3, 1],
  [9, 30, 1],
];
const CLOSE = { abs: 2e-6, rel: 1e-5 };

/** Rows padded with 0 to one length. */
const padded = (rows: Ids, length = Math.max(...rows.map((row) => row.length))): Tensor =>
  np.array(Int32Array.from(rows.flatMap((row) => Array.from({ length }, (_, i) => row[i] ?? 0))), {
    shape: [rows.length, length],
  });

/** The model with more rows at the end of its table, and the ids of these rows. */
const grown = ({ config, params }: ReturnType<typeof tinyT5>, rows: Tensor) => {
  const embedding = np.concatenate([params.tokenEmbedder.embedding, rows], 0);
  const ids = Array.from({ length: rows.shape[0] }, (_, i) => config.vocabSize + i);
  return { params: { ...params, tokenEmbedder: { embedding } }, ids };
};

/** Vectors for each row of the inputs, of their own or the same for all, and the ids that stand for them. */
const vectorsOf = (model: ReturnType<typeof tinyT5>, length: number, own: boolean, seed: number) => {
  const batch = own ? INPUTS.length : 1;
  const all = random.normal(random.key(seed), [batch * length, model.config.dModel]);
  const { params, ids } = grown(model, all);
  const vectors = own ? np.reshape(all, [batch, length, model.config.dModel]) : all;
  return { params, vectors, of: (row: number) => (own ? ids.slice(row * length, (row + 1) * length) : ids) };
};

const PLACES: Readonly<
  Record<"prefix" | "suffix" | "beforeEos", (row: readonly number[], own: readonly number[]) => number[]>
> = {
  prefix: (row, own) => [...own, ...row],
  suffix: (row, own) => [...row, ...own],
  beforeEos: (row, own) => [...row.slice(0, -1), ...own, ...row.slice(-1)],
};

for (const [place, put] of Object.entries(PLACES)) {
  for (const own of [false, true]) {
    check(`${place}${own ? ", vectors of each row" : ""}: the encoder sees them where they are said to stand`, () => {
      const model = tinyT5();
      const { params, vectors, of } = vectorsOf(model, 2, own, 3);
      const got = t5.encode(model.config, { params: model.params, [place]: vectors }, padded(INPUTS, 5));
      const want = t5.encode(
        model.config,
        params,
        padded(
          INPUTS.map((row, i) => put(row, of(i))),
          7,
        ),
      );
      assert.equal(numbers(got.valid), numbers(want.valid));
      allclose(hostOf(got.states), hostOf(want.states), place, CLOSE);
    });
  }
}

check("vectors in front, before the end and behind stand together", () => {
  const model = tinyT5();
  const all = random.normal(random.key(4), [6, model.config.dModel]);
  const { params, ids } = grown(model, all);
  const [prefix, beforeEos, suffix] = [
    [0, 1],
    [1, 3],
    [3, 6],
  ].map(([from, to]) => np.slice(all, [[from, to]]));
  const inserted = { prefix, beforeEos, suffix };
  const got = t5.encode(model.config, { params: model.params, ...inserted }, padded(INPUTS));
  const rows = INPUTS.map((row) => [...ids.slice(0, 1), ...row.slice(0, -1), ...ids.slice(1, 3), 1, ...ids.slice(3)]);
  const want = t5.encode(model.config, params, padded(rows));
  assert.equal(numbers(got.valid), numbers(want.valid));
  allclose(hostOf(got.states), hostOf(want.states), "states", CLOSE);
  const options = t5.encode(model.config, model.params, padded(INPUTS), inserted);
  allclose(hostOf(options.states), hostOf(got.states), "as options", { abs: 0, rel: 0 });
});

for (const own of [false, true]) {
  check(`decoderPrefix${own ? ", vectors of each row" : ""}: later tokens see it, and it does not see them`, () => {
    const model = tinyT5();
    const { config } = model;
    const { params, vectors, of } = vectorsOf(model, 2, own, 5);
    const encoded = t5.encode(config, model.params, padded(INPUTS));
    const inputs = t5.shiftRight(config, padded(TARGETS));
    const known = np.notEqual(padded(TARGETS), 0);
    const rows = TARGETS.map((row, i) => [...of(i), 0, ...row.slice(0, -1)]);
    const there = np.concatenate([np.ones([TARGETS.length, 2], "bool"), known], 1);
    for (const [valid, all] of [
      [undefined, undefined],
      [known, there],
    ] as const) {
      const got = t5.decode(
        config,
        { params: model.params, decoderPrefix: vectors },
        encoded,
        inputs,
        valid && { valid },
      );
      const want = t5.decode(config, params, encoded, padded(rows), all && { valid: all });
      // Without the mask of targets the two read different things where a row has ended.
      const real = np.expandDims(known, 2);
      const [a, b] = [got, np.slice(want, [null, [2, 6]])].map((x) => hostOf(np.where(real, x, 0)));
      allclose(a, b, valid === undefined ? "no mask" : "targets known", CLOSE);
    }
  });
}

check("several rows that answer one example have its decoder prefix", () => {
  const { config, params } = tinyT5();
  const decoderPrefix = random.normal(random.key(6), [INPUTS.length, 2, config.dModel]);
  const model = { params, decoderPrefix };
  const encoded = t5.encode(config, model, padded(INPUTS));
  const tokens = Array.from({ length: 2 * INPUTS.length }, (_, i) => [0, 3 + i, 20 - i]);
  const got = t5.decode(config, model, encoded, padded(tokens));
  for (let i = 0; i < tokens.length; i++) {
    const row = Math.floor(i / 2);
    const one = { params, decoderPrefix: np.slice(decoderPrefix, [[row, row + 1]]) };
    const alone = t5.decode(config, one, t5.encode(config, one, padded([INPUTS[row]])), padded([tokens[i]]));
    allclose(hostOf(np.slice(got, [[i, i + 1]])), hostOf(alone), `row ${i}`, CLOSE);
  }
});

check("who sees whom in the prefix is as its mask says, in every layer", () => {
  const { config, params } = tinyT5();
  const prefix = random.normal(random.key(7), [3, config.dModel]);
  // Of three vectors the first sees itself, the second the text, the third all but the second; tokens see everything.
  const sees = [
    [1, 0, 0, 0],
    [0, 0, 0, 1],
    [1, 0, 1, 1],
  ];
  const prefixSees = np.array(sees.map((row) => row.map((x) => x === 1)));
  const [, found] = captureIntermediates((p: t5.Params) =>
    t5.encode(
      config,
      { params: p, prefix, prefixSees },
      padded([
        [5, 9, 1],
        [7, 1],
      ]),
    ),
  )(params);
  const want = (row: number, i: number, j: number): boolean => {
    const there = j < 3 || row === 0 || j < 5;
    if (!there) return false;
    return i >= 3 || sees[i][Math.min(j, 3)] === 1;
  };
  assert.is(found["encoder.attention"].length, 2);
  for (const weights of found["encoder.attention"]) {
    const data = numbers(weights);
    assert.equal(weights.shape, [2, 2, 6, 6]);
    data.forEach((x, at) => {
      const [j, i, row] = [at % 6, Math.floor(at / 6) % 6, Math.floor(at / 72)];
      if (row === 1 && i === 5) return;
      assert.is(x > 0, want(row, i, j), `row ${row}: ${i} sees ${j}: ${x}`);
    });
  }
});

check("vectors of another width, and masks that do not fit, are refused", () => {
  const { config, params } = tinyT5();
  const wrong = np.zeros([2, config.dModel + 1]);
  for (const name of ["prefix", "suffix", "beforeEos"] as const) {
    const said = messageOf(() => t5.encode(config, { params, [name]: wrong }, padded(INPUTS))) as string;
    assert.match(said, `the ${name} does not fit the model`);
    assert.match(said, /\[P, 16\] or \[3, P, 16\]/);
  }
  const encoded = t5.encode(config, params, padded(INPUTS));
  const decoding = (): unknown => t5.decode(config, { params, decoderPrefix: wrong }, encoded, padded(TARGETS));
  assert.match(messageOf(decoding) as string, "the decoderPrefix does not fit the model");
  const prefix = np.zeros([2, config.dModel]);
  for (const masks of [{ prefixSees: np.ones([2, 2], "bool") }, { prefixValid: np.ones([3, 3], "bool") }]) {
    const said = messageOf(() => t5.encode(config, { params, prefix, ...masks }, padded(INPUTS))) as string;
    assert.match(said, `${Object.keys(masks)[0]} does not fit the prefix`);
  }
});

Inserted.run();
