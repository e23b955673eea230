/** @file Token ids with a meaning: padding that is not 0, targets that do not count, and ids that the vocabulary does not have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { grad, init, jit, np, random, type Tensor, t5 } from "../../lib/index.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import * as methods from "../../lib/methods/index.js";
import { sgd } from "../../lib/optim/index.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";
import { assertNear } from "../helpers/golden.js";
import { refusalOf } from "../helpers/refusal.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { run, temporaryFolder } from "../io/folder.js";
import { decoded, writeFiles } from "../io/t5x/golden.js";

const Ids = suite("t5/ids");
Ids.before(() => init({ backend: "reference" }));
const root = temporaryFolder(Ids);

const whole = (rows: readonly (readonly number[])[]) => np.array(rows as number[][], { dtype: "int32" });
const SMALL = { numLayers: 1, numDecoderLayers: 1 } as const;

Ids("a folder of transformers with another padding: its logits, loss and answers, with targets of -100", async () => {
  const { ids } = JSON.parse(readFileSync("test/golden/data/transformers5.json", "utf8"));
  const files = Object.entries(ids.files as Record<string, string>).map(([name, x]) => [name, decoded(x)] as const);
  const { config, params: stored } = await run(
    loadHuggingFaceTE(writeFiles(join(root, "ids"), Object.fromEntries(files))),
  );
  assert.equal([config.padId, config.eosId, config.decoderStartId], Object.values(ids.special));
  const params = np.devicePut(stored);
  const batch = { inputs: whole(ids.inputs), targets: whole(ids.targets) };
  const leftOut = (i: number): boolean => (ids.targets as number[][]).flat()[Math.floor(i / config.vocabSize)] === -100;
  assertNear("logits", t5.logits(config, params, batch).dataSync(), ids.logits, { abs: 5e-5, rel: 1e-5 }, leftOut);
  assertNear("loss", [t5.loss(config)(params, batch).item()], [ids.loss], { abs: 1e-5, rel: 1e-6 });
  using generate = t5.generate(config, { maxLength: 6 });
  const written = generate(params, batch.inputs).map(([best]) => [config.decoderStartId, ...(best?.tokens ?? [])]);
  assert.equal(written, ids.written);
  using score = t5.score(config);
  const { logLikelihood } = score(params, batch.inputs, batch.targets);
  const count = (ids.targets as number[][]).flat().filter((id) => id !== -100).length;
  const sum = Array.from(logLikelihood.dataSync()).reduce((a, b) => a + b, 0);
  assertNear("score", [-sum / count], [ids.loss], { abs: 1e-5, rel: 1e-5 });
});

Ids("padding is the id that the configuration says, in every place: exchanging it for 0 changes no number", () => {
  const { config, params } = tinyT5(SMALL);
  const other = { ...config, padId: 7, decoderStartId: 7 };
  // Rows 0 and 7 of the embedding change places, and with them the ids.
  const order = np.array(Int32Array.from({ length: config.vocabSize }, (_, i) => (i === 0 ? 7 : i === 7 ? 0 : i)));
  const swapped = (rows: number[][]) => rows.map((row) => row.map((id) => (id === 0 ? 7 : id === 7 ? 0 : id)));
  const embedding = np.take(params.tokenEmbedder.embedding, order, 0);
  const kernel = np.take(params.decoder.logitsDense?.kernel as never, order, 1);
  const moved = {
    ...params,
    tokenEmbedder: { embedding },
    decoder: { ...params.decoder, logitsDense: { kernel } },
  } as t5.Params;
  const inputs = [
    [3, 7, 4, 1],
    [5, 1, 0, 0],
  ];
  const targets = [
    [5, 7, 1],
    [9, 1, 0],
  ];
  const choices = [
    [
      [5, 1, 0],
      [9, 7, 1],
    ],
    [
      [6, 1, 0],
      [0, 0, 0],
    ],
  ];
  const inserted = {
    suffix: np.full([2, 16], 0.3),
    beforeEos: np.full([1, 16], -0.2),
    decoderPrefix: np.ones([1, 16]),
  };
  const numbersOf = (c: t5.T5Config, p: t5.Params, exchange: (rows: number[][]) => number[][]): number[] => {
    const ids = whole(exchange(inputs));
    const batch = { inputs: ids, targets: whole(exchange(targets)) };
    const model = { params: p, ...inserted };
    using rank = t5.rank(c);
    const likely = rank(p, ids, whole(exchange(targets)), inserted);
    const chosen = {
      ...batch,
      choices: np.array(choices.map(exchange), { dtype: "int32" }),
      answer: np.array(Int32Array.of(1, 0)),
    };
    return [
      t5.loss<t5.Model>(c)(model, batch).item(),
      t5.loss<t5.Model>(c, { loss: "labels" })(model, chosen).item(),
      ...likely.dataSync(),
      ...t5.encode(c, model, ids).states.dataSync(),
    ];
  };
  assertNear(
    "numbers",
    numbersOf(other, moved, swapped),
    numbersOf(config, params, (x) => x),
    { abs: 1e-6, rel: 1e-6 },
  );
  using ours = t5.generate(config, { maxLength: 5 });
  using theirs = t5.generate(other, { maxLength: 5 });
  const tokens = (found: t5.Decoded[][]) => found.map(([best]) => [...(best?.tokens ?? [])]);
  assert.equal(tokens(theirs(moved, whole(swapped(inputs)))), swapped(tokens(ours(params, whole(inputs)))));
});

Ids("targets of -100 are padding: in losses, their gradients, scores and what the decoder reads", () => {
  const { config, params } = tinyT5(SMALL);
  const inputs = whole([
    [3, 4, 1],
    [5, 1, 0],
  ]);
  const [ignored, padded] = [
    [
      [5, -100, 1],
      [7, 1, -100],
    ],
    [
      [5, 0, 1],
      [7, 1, 0],
    ],
  ].map((rows) => ({ inputs, targets: whole(rows) }));
  for (const options of [{}, { zLoss: 1e-2, labelSmoothing: 0.1 }]) {
    const loss = jit(t5.loss(config, options));
    assert.is(loss(params, ignored).item(), loss(params, padded).item());
    const slope = (batch: t5.Batch) => grad(t5.loss(config, options))(params, batch).tokenEmbedder.embedding.dataSync();
    assert.equal(slope(ignored), slope(padded));
    loss.dispose();
  }
  assert.equal(t5.shiftRight(config, ignored.targets).dataSync(), t5.shiftRight(config, padded.targets).dataSync());
  using score = t5.score(config);
  assert.equal(
    score(params, inputs, ignored.targets).correct.dataSync(),
    score(params, inputs, padded.targets).correct.dataSync(),
  );
});

const refused = (f: () => unknown): string => refusalOf("ArgumentError", f);

Ids("ids that the vocabulary does not have are refused with their row", () => {
  const { config, params } = tinyT5(SMALL);
  const good = whole([
    [3, 4, 1],
    [5, 1, 0],
  ]);
  const high = whole([
    [3, 4, 1],
    [5, 40, 0],
  ]);
  const low = whole([
    [3, -1, 1],
    [5, 1, 0],
  ]);
  const HIGH = /outside of the vocabulary[\s\S]*0 to 39[\s\S]*got {7}40[\s\S]*row 1, position 1/;
  using generate = t5.generate(config, { maxLength: 2 });
  using beams = t5.generate(config, { method: "beam", numBeams: 2, maxLength: 2 });
  assert.match(
    refused(() => generate(params, high)),
    HIGH,
  );
  assert.match(
    refused(() => generate.stream(params, low)),
    /got {7}-1[\s\S]*inputs: row 0, position 1/,
  );
  assert.match(
    refused(() => beams(params, high)),
    HIGH,
  );
  assert.match(
    refused(() => generate(params, good, { forced: [[], [0, 40]] })),
    /forced tokens: row 1, position 1/,
  );

  using rank = t5.rank(config);
  using score = t5.score(config);
  assert.match(
    refused(() => rank(params, high, good)),
    HIGH,
  );
  assert.match(
    refused(() => rank(params, good, high)),
    /labels: row 1, position 1/,
  );
  assert.match(
    refused(() => score(params, good, low)),
    /or -100 for a target[\s\S]*targets: row 0, position 1/,
  );
  assert.match(
    refused(() => t5.encode(config, params, high)),
    HIGH,
  );
  assert.match(
    refused(() => t5.logits(config, params, { inputs: good, targets: high })),
    /t5.logits[\s\S]*targets: row 1/,
  );

  const method = methods.prompt({ length: 2 }) as methods.Method;
  const tx = sgd({ learningRate: 0.1 });
  using step = makeTrainStep(config, method, tx);
  const train = (batch: t5.Batch) =>
    step(params, initState(tx, method.init(random.key(0), config, params), random.key(1)), batch);
  assert.match(
    refused(() => train({ inputs: high, targets: good })),
    HIGH,
  );
  const choices = np.array(
    [
      [
        [3, 1],
        [40, 1],
      ],
      [
        [3, 1],
        [4, 1],
      ],
    ],
    { dtype: "int32" },
  );
  assert.match(
    refused(() => train({ inputs: good, targets: good, choices })),
    /choices: row 0, choice 1, position 0/,
  );
  assert.is(step.stats().compiles, 0);
  // A compiled program cannot refuse: it takes the last row of the embedding.
  const encode = jit((ids: Tensor) => t5.encode(config, params, ids).states);
  assert.equal(
    encode(high).dataSync(),
    encode(
      whole([
        [3, 4, 1],
        [5, 39, 0],
      ]),
    ).dataSync(),
  );
  encode.dispose();
});

Ids.run();
