/** @file A model whose logits are NaN gives no answer: greedy, drawn, by beams, streamed, ranked and evaluated, on every executor. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { isFluxionError, np, random, t5 } from "../../lib/index.js";
import { choosing } from "../../lib/train/answer.js";
import { refusalOf } from "../helpers/refusal.js";
import { on, runtimes } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Broken = suite("t5/nan");

const refused = (f: () => unknown): string => refusalOf("ArgumentError", f);
const NAN = /logits that are NaN[\s\S]*NaN[\s\S]*example 1[\s\S]*weights/;

/** A model in which only the second example is NaN: the token 9 has no embedding, or, with `logit`, one logit of all is NaN. */
const brokenT5 = (logit = false) => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const numbers = Float32Array.from(params.tokenEmbedder.embedding.dataSync());
  numbers.fill(Number.NaN, 9 * config.dModel, 10 * config.dModel);
  const embedding = np.array(numbers, { shape: [config.vocabSize, config.dModel] });
  if (!logit) return { config, params: { ...params, tokenEmbedder: { embedding } } as t5.Params };
  const head = Float32Array.from(params.decoder.logitsDense?.kernel.dataSync() ?? []);
  for (let row = 0; row < config.dModel; row++) head[row * config.vocabSize + 9] = Number.NaN;
  const kernel = np.array(head, { shape: [config.dModel, config.vocabSize] });
  return { config, params: { ...params, decoder: { ...params.decoder, logitsDense: { kernel } } } as t5.Params };
};

const METHODS = [
  { maxLength: 3 },
  { method: "sample", maxLength: 3, topK: 2 },
  { method: "sample", maxLength: 3, temperature: 0 },
  { method: "sample", maxLength: 3, topP: 0.5, rescaleLogProbs: false },
  { method: "beam", maxLength: 3, numBeams: 2 },
  { method: "beam", maxLength: 3, numBeams: 2, penalty: { rule: "huggingFace" } },
  { method: "beam", maxLength: 3, numBeams: 2, penalty: { rule: "huggingFace4" } },
] as const;

for (const { label, open } of runtimes()) {
  Broken(`on ${label}: no way of decoding gives an answer`, async () => {
    on(await open(), () =>
      scope(() => {
        const [some, one] = [brokenT5(), brokenT5(true)];
        const ids = np.array(
          [
            [3, 1],
            [9, 1],
          ],
          { dtype: "int32" },
        );
        const key = random.key(0);
        // Decoding is the same program everywhere; what NaN does in an operation may differ.
        const tried = label === "wasm" || label === "onnx" ? METHODS : METHODS.slice(3, 5);
        for (const options of tried) {
          const request = "method" in options && options.method === "sample" ? { key } : {};
          using generate = t5.generate(some.config, options);
          const decode = generate as unknown as (params: t5.Params, ids: typeof key, request: object) => unknown;
          assert.match(
            refused(() => decode(some.params, ids, request)),
            NAN,
            JSON.stringify(options),
          );
          assert.match(
            refused(() => decode(one.params, ids, request)),
            /logits that are NaN[\s\S]*example 0/,
          );
        }
      }),
    );
  });
}

Broken("a stream ends where it would give the first token", async () => {
  const { label, open } = runtimes()[0];
  assert.is(label, "reference");
  const runtime = await open();
  const got: unknown[] = [];
  const made = on(runtime, () => {
    const { config, params } = brokenT5(true);
    const generate = t5.generate(config, { maxLength: 3 });
    return { generate, rows: generate.stream(params, np.array([[3, 1]], { dtype: "int32" })), runtime };
  });
  const next = on(runtime, () => made.rows.next());
  const error = await next.then(
    (row) => void got.push(row),
    (e) => e,
  );
  assert.ok(isFluxionError(error, "ArgumentError"), String(error));
  assert.equal(got, []);
});

Broken("ranking tells which answer", async () => {
  on(await runtimes()[0].open(), () => {
    const { config, params } = brokenT5();
    const tokenizer = { encode: (text: string) => [text.length + 2], eosId: 1 } as never;
    const ranking = choosing(config, tokenizer, ["a", "bb"]);
    const ids = np.array(
      [
        [3, 1],
        [9, 1],
      ],
      { dtype: "int32" },
    );
    assert.match(
      refused(() => ranking.answer(params, ids)),
      /ranking[\s\S]*example 1, answer "a"/,
    );
    ranking.dispose();
  });
});

Broken.run();
