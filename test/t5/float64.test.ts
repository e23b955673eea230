/** @file All of T5's decoding with parameters in float64: the ids of float32, and scores in float64. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { np, random, scope, type Tensor, t5, tree } from "../../lib/index.js";
import { onReference } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Double = suite("t5/float64");

const IDS = [
  [5, 6, 7, 1, 0],
  [9, 8, 1, 0, 0],
];
const FORCED = [[3, 4], [5]];
const wide = <T>(x: T): T => tree.map((leaf: Tensor) => np.astype(leaf, "float64"), x as never) as T;

/** Scores of float32 and float64, which must agree in what was written and nearly in how likely it is. */
const agree = (decode: (params: t5.Params, config: t5.T5Config, ids: Tensor) => t5.Decoded[][]): void =>
  onReference(() =>
    scope(() => {
      const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
      const ids = np.array(IDS, "int32");
      const [single, double] = [params, wide(params)].map((p) => decode(p, config, ids).flat());
      assert.equal(
        double.map((d) => d.tokens),
        single.map((d) => d.tokens),
      );
      double.forEach((d, i) => {
        assert.ok(Math.abs(d.score - single[i].score) < 1e-4, `${d.score} and ${single[i].score}`);
        assert.is.not(d.score, Math.fround(d.score), "a score is rounded to float32");
      });
    }),
  );

Double("greedy", () => {
  agree((params, config, ids) => {
    using generate = t5.generate(config, { maxLength: 3 });
    return [...generate(params, ids), ...generate(params, ids, { forced: FORCED, prefix: np.ones([2, 16]) })];
  });
});

Double("beams, by every rule", () => {
  for (const penalty of [
    { rule: "t5x" },
    { rule: "huggingFace", lengthPenalty: 1.3 },
    { rule: "huggingFace4" },
  ] as const) {
    agree((params, config, ids) => {
      using generate = t5.generate(config, { method: "beam", numBeams: 3, maxLength: 3, penalty });
      return [...generate(params, ids), ...generate(params, ids, { forced: FORCED })];
    });
  }
});

Double("layers that are stacked", () => {
  agree((params, config, ids) => {
    using generate = t5.generate(config, { maxLength: 3 });
    return generate(t5.stackLayers(params), ids);
  });
});

Double("draws, which differ from those in float32", () => {
  onReference(() =>
    scope(() => {
      const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
      using generate = t5.generate(config, { method: "sample", maxLength: 3, numReturn: 2, topK: 5, topP: 0.9 });
      const answers = generate(wide(params), np.array(IDS, "int32"), { key: random.key(1) }).flat();
      assert.is(answers.length, 4);
      for (const { score } of answers) assert.ok(score <= 0 && Number.isFinite(score));
    }),
  );
});

Double("ranks and scores of given answers", () => {
  onReference(() =>
    scope(() => {
      const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
      const [ids, labels] = [np.array(IDS, "int32"), np.array([[3, 4, 1]], "int32")];
      const both = [params, wide(params)].map((p) => {
        using rank = t5.rank(config);
        using score = t5.score(config);
        const targets = np.array(
          [
            [3, 4, 1],
            [3, 4, 1],
          ],
          "int32",
        );
        return [rank(p, ids, labels), score(p, ids, targets).logLikelihood];
      });
      for (const x of both[1]) assert.is(x.dtype, "float64");
      both[1].forEach((x, i) => {
        for (const j of [0, 1]) assert.ok(Math.abs(x.dataSync()[j] - both[0][i].dataSync()[j]) < 1e-4);
      });
    }),
  );
});

Double.run();
