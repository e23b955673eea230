import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, jit, np, random, type Tensor, t5 } from "../../lib/index.js";
import { logLikelihoods } from "../../lib/t5/rank.js";
import { elementsNear, numbers } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Cache = suite("t5/cache");
Cache.before(async () => void (await init()));

const ids = [
  [5, 6, 7, 8, 1],
  [9, 10, 1, 0, 0],
];
const tokens = [
  [0, 4, 12, 30],
  [0, 7, 7, 2],
  [0, 9, 0, 3],
  [0, 1, 39, 5],
];

for (const changes of [{}, { gated: false, activation: "relu", tiedEmbeddings: true }] as const) {
  const kind = "gated" in changes ? "T5 1.0" : "T5 1.1";
  Cache(
    `${kind}: steps with a cache give the logits of whole sequences, several rows for each example, compiled once`,
    () => {
      const { config, params } = tinyT5(changes);
      const prefix = random.normal(random.key(1), [3, config.dModel]);
      const encoded = t5.encode(config, params, np.array(ids, { dtype: "int32" }), { prefix });
      const rows = np.array(tokens, { dtype: "int32" });
      const want = t5.logitsOf(config, params, t5.decode(config, params, encoded, rows));
      for (const given of [params, t5.stackLayers(params)]) {
        const memory = t5.decoderMemory(config, given, encoded);
        let cache = t5.initCache(config, tokens.length, 6);
        using step = jit(
          (p: t5.AnyParams, m: t5.DecoderMemory, c: t5.DecoderCache, t: Tensor, position: Tensor) =>
            t5.decodeStep(config, p, m, c, t, position),
          { donate: [2] },
        );
        for (let i = 0; i < tokens[0].length; i++) {
          const here = np.array(Int32Array.from(tokens, (row) => row[i]));
          const [logits, next] = step(given, memory, cache, here, np.array(Int32Array.of(i), { shape: [] }));
          cache = next;
          elementsNear(logits, numbers(np.slice(want, [null, [i, i + 1]])), 2e-5);
        }
        assert.equal(step.stats(), { compiles: 1, hits: 3 });
      }
    },
  );
}

Cache("the likelihoods of targets are those of T5X's own test", () => {
  const logits = np.reshape(np.arange(24), [2, 4, 3]);
  const targets = np.array(
    [
      [1, 2, 1, 0],
      [0, 1, 0, 2],
    ],
    { dtype: "int32" },
  );
  const got = logLikelihoods({ padId: 0 }, np.astype(logits, "float32"), targets);
  // Its test allows 1e-4 of each, and uses half of that.
  elementsNear(got, [-3.222973, -1.815315], 2e-4);
  // Every row of logits is 0, 1, 2 and something.
  const logZ = Math.log(1 + Math.E + Math.E ** 2);
  elementsNear(got, [4 - 3 * logZ, 3 - 2 * logZ], 3e-6);
});

Cache("rank gives each label the likelihood that it has alone", () => {
  const { config, params } = tinyT5();
  const inputs = np.array(ids, { dtype: "int32" });
  const labels = [
    [4, 12, 1],
    [7, 1, 0],
  ];
  using score = t5.rank(config);
  const got = score(params, inputs, np.array(labels, { dtype: "int32" }));
  assert.equal(got.shape, [2, 2]);
  const want = ids.flatMap((row) =>
    labels.map((label) => {
      const loss = t5.loss(config, { normalize: "none" });
      const targets = np.array([label.filter((id) => id !== 0)], { dtype: "int32" });
      return -loss(params, { inputs: np.array([row], { dtype: "int32" }), targets }).item();
    }),
  );
  elementsNear(got, want, 1e-4);
});

Cache.run();
