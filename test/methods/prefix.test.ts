/** @file Prefixes and prompts of each layer: their options, and prefixes of different lengths in one batch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np, random, type Tensor, t5 } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { allclose, hostOf } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { refuses } from "./refuses.js";

const Prefix = suite("methods/prefix");
Prefix.before(async () => void (await init({ backend: "reference" })));

const CLOSE = { abs: 1e-5, rel: 1e-5 };
const batchOf = (rows: readonly number[]): t5.Batch => {
  const [inputs, targets] = [
    [
      [5, 9, 1],
      [7, 1, 0],
    ],
    [
      [8, 4, 1],
      [3, 1, 0],
    ],
  ];
  const chosen = (list: readonly (readonly number[])[]): Tensor =>
    np.array(
      rows.map((row) => list[row]),
      { dtype: "int32" },
    );
  return { inputs: chosen(inputs), targets: chosen(targets) };
};

Prefix("what is not given has its usual value", () => {
  const attentions = ["encoder", "decoder", "cross"];
  assert.equal(methods.prefix().settings, { name: "prefix", length: 20, attentions });
  assert.equal(methods.peftPrefix().settings, { name: "peft-prefix", length: 20 });
  assert.equal(methods.perLayer().settings, { name: "per-layer", length: 10, combine: "replace" });
});

Prefix("options out of range are refused", () => {
  for (const length of [0, -1, 1.5, Number.NaN]) {
    refuses(() => methods.prefix({ length }), "ArgumentError", "methods.prefix", "a prefix has at least one vector");
    refuses(() => methods.peftPrefix({ length }), "ArgumentError", "methods.peftPrefix", "at least one vector");
    refuses(() => methods.perLayer({ length }), "ArgumentError", "methods.perLayer", "at least one vector");
  }
  for (const projection of [0, -2, 0.5]) {
    refuses(() => methods.prefix({ projection }), "ArgumentError", "the hidden size of the projection");
    refuses(() => methods.peftPrefix({ projection }), "ArgumentError", "the hidden size of the projection");
  }
  const attentions = (...names: string[]) => ({ attentions: names as methods.PrefixAttention[] });
  refuses(() => methods.prefix(attentions("encode")), "ArgumentError", "there is no such attention", "encode");
  refuses(() => methods.prefix(attentions()), "ArgumentError", "no attention is named");
  refuses(() => methods.prefix(attentions("cross", "cross")), "ArgumentError", "an attention is named twice");
  refuses(() => methods.perLayer({ combine: "mul" as methods.Combine }), "ArgumentError", "no such way to combine");
});

const KINDS = ["encoder", "decoder", "cross", "decoderPositioned"] as const;

Prefix("a shorter prefix is masked in front of a batch, and each row has the numbers that it has alone", () => {
  const { config, params } = tinyT5();
  for (const [i, kind] of KINDS.entries()) {
    const layers = kind === "encoder" ? config.numLayers : config.numDecoderLayers;
    const draw = (seed: number): Tensor =>
      random.normal(random.key(10 * i + seed), [layers, 2, 3, config.numHeads, config.dKv]);
    const whole = { key: draw(0), value: draw(1) };
    const valid = np.array([true, true, true, false, true, true], { shape: [2, 3] });
    const mixed: t5.Modified = { params, keyValues: { [kind]: { ...whole, valid } } };
    const alone = (row: number, from: number): t5.Modified => {
      const part = (x: Tensor): Tensor => np.squeeze(np.slice(x, [null, [row, row + 1], [from, 3]]), 1);
      return { params, keyValues: { [kind]: { key: part(whole.key), value: part(whole.value) } } };
    };
    const [all, answers] = [
      hostOf(t5.logits(config, mixed, batchOf([0, 1]))).data,
      t5.generate(config, { maxLength: 4 }),
    ];
    const written = answers(mixed, batchOf([0, 1]).inputs).map(([best]) => best?.tokens);
    for (const [row, from] of [[0, 0] as const, [1, 1] as const]) {
      const own = hostOf(t5.logits(config, alone(row, from), batchOf([row])));
      const size = own.data.length;
      const mine = Float32Array.from(Array.from(all).slice(row * size, (row + 1) * size));
      allclose({ ...own, data: mine }, own, `${kind}, row ${row}`, CLOSE);
      assert.equal(answers(alone(row, from), batchOf([row]).inputs)[0][0]?.tokens, written[row], `${kind}, row ${row}`);
    }
    answers.dispose();
  }
});

Prefix("keys, values and masks that do not fit are refused with their attention", () => {
  const { config, params } = tinyT5();
  const zeros = (...shape: number[]): Tensor => np.zeros(shape);
  const [layers, heads, width] = [config.numLayers, config.numHeads, config.dKv];
  const right = zeros(layers, 3, heads, width);
  const given = (encoder: t5.PrefixKeyValue) => () =>
    t5.encode(config, { params, keyValues: { encoder } }, batchOf([0, 1]).inputs);
  const wrong = zeros(layers, 3, heads, width + 1);
  refuses(given({ key: wrong, value: right }), "ShapeError", "the keys of the prefix", "keyValues.encoder");
  refuses(given({ key: right, value: wrong }), "ShapeError", "the values of the prefix");
  refuses(given({ key: right, value: zeros(layers, 2, 3, heads, width) }), "ShapeError", "the values of the prefix");
  for (const shape of [[2, 2], [3, 3], [3]]) {
    const valid = np.ones(shape, "bool");
    refuses(given({ key: right, value: right, valid }), "ShapeError", "the masks of the prefix", "bool[2,3]");
  }
});

Prefix.run();
