import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Jaxpr } from "../../lib/core/jaxpr.js";
import { init, makeJaxpr, np, random, scope, type Tensor, t5 } from "../../lib/index.js";
import { numbers } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Layers = suite("t5/layers");
Layers.before(() => init({ backend: "reference" }));

const ids = (shape: readonly number[], id: number): Tensor => np.full([...shape], id, "int32");

/** The shapes of all masks of dropout, which are where random numbers are below a bound. */
const masksOf = (jaxpr: Jaxpr): (readonly number[])[] => {
  const drawn = new Set(jaxpr.eqns.filter(({ prim }) => prim.name === "lt").flatMap(({ outputs }) => outputs));
  return [...drawn].map((x) => x.aval.shape);
};

Layers("dropout draws where T5X draws, one mask for all positions, and one for all queries of a head", () => {
  const [batch, prompt, length, targets] = [2, 3, 6, 4];
  scope(() => {
    const { config, params } = tinyT5({ numLayers: 2, numDecoderLayers: 1 });
    const prefix = np.zeros([prompt, config.dModel]);
    const rows = { inputs: ids([batch, length], 5), targets: ids([batch, targets], 7) };
    const f = (dropoutKey: Tensor): Tensor => t5.logits(config, params, rows, { prefix, dropoutKey, dropoutRate: 0.1 });
    const activations = [batch, 1, config.dModel];
    const mlp = [[batch, 1, config.dFf], activations];
    const attention = (keys: number) => [[batch, config.numHeads, 1, keys], activations];
    const encoderLayer = [...attention(prompt + length), ...mlp];
    const decoderLayer = [...attention(targets), ...attention(prompt + length), ...mlp];
    const encoder = [activations, activations, ...encoderLayer, ...encoderLayer];
    const decoder = [activations, activations, ...decoderLayer];
    const byRank = (shapes: readonly (readonly number[])[]): string[] => shapes.map((s) => s.join()).sort();
    assert.equal(byRank(masksOf(makeJaxpr(f)(random.key(0)).jaxpr)), byRank([...encoder, ...decoder]));
  });
});

Layers("about the rate is dropped after the last norm, for all positions alike, and the rest is as much larger", () => {
  scope(() => {
    const { config, params } = tinyT5({ dModel: 400, numLayers: 0 });
    const inputs = np.array(Int32Array.from([5, 6, 7, 8]), { shape: [1, 4] });
    const plain = numbers(t5.encode(config, params, inputs).states);
    const options = { dropoutKey: random.key(1), dropoutRate: 0.1 };
    const dropped = numbers(t5.encode(config, params, inputs, options).states);
    const zero = dropped.map((x) => x === 0);
    for (let i = 0; i < zero.length; i++) assert.is(zero[i], zero[i % 400], `feature ${i % 400}`);
    // Two places without a layer: what is embedded, and what is normalised. 400 draws of 0.81: deviation 0.02.
    assert.ok(Math.abs(zero.filter(Boolean).length / zero.length - 0.19) < 0.08);
    const ratios = dropped.flatMap((x, i) => (x === 0 ? [] : [x / plain[i]]));
    // Before the norm, whose root of the mean square shrinks as 0.9 of the squares remain, a factor does nothing; after it, it does.
    const want = 1 / 0.9 / Math.sqrt(0.9);
    assert.ok(
      ratios.every((r) => Math.abs(r - want) < 0.1),
      `${ratios.slice(0, 4)} ${want}`,
    );
  });
});

Layers.run();
