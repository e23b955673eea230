import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import { isShape, parameterCount, paramShapes, type T5Config } from "../../lib/t5/config.js";
import { type ConfigName, configs } from "../../lib/t5/configs.js";

const Config = suite("t5/config");

const leaves = (config: T5Config): Map<string, readonly number[]> => {
  const [shapes, treedef] = flatten(paramShapes(config), isShape);
  return new Map(pathsOf(treedef).map((path, i) => [printPath(path), shapes[i] as readonly number[]]));
};

Config("the parameter counts are the published ones", () => {
  // T5 1.1: the paper's appendix of prompt tuning, less the prompt. The others: what transformers counts in the released models.
  const v11 = { small: 76_961_152, base: 247_577_856, large: 783_150_080, xl: 2_849_757_184, xxl: 11_135_332_352 };
  const v10 = { small: 60_506_624, base: 222_903_552, large: 737_668_096, "3b": 2_851_598_336, "11b": 11_307_321_344 };
  const mt5 = { small: 300_176_768, base: 582_401_280, large: 1_229_581_312, xl: 3_742_619_648, xxl: 12_921_057_280 };
  const named = (sizes: Record<string, number>, name: (size: string) => string): [string, number][] =>
    Object.entries(sizes).map(([size, count]) => [name(size), count]);
  const published = [
    ...named(v10, (size) => `t5-${size}`),
    ...named(v11, (size) => `t5-1.1-${size}`),
    ...named(v11, (size) => `t5-${size}-lm-adapt`),
    ...named(v11, (size) => `flan-t5-${size}`),
    ...named(mt5, (size) => `mt5-${size}`),
  ];
  assert.equal(
    published.map(([name]) => name),
    Object.keys(configs),
  );
  for (const [name, count] of published) assert.is(parameterCount(configs[name as ConfigName]), count, name);
});

Config("a prompt of one vector makes the totals of the paper's table", () => {
  const totals = { small: 76_961_664, base: 247_578_624, large: 783_151_104, xl: 2_849_759_232, xxl: 11_135_336_448 };
  for (const [size, total] of Object.entries(totals)) {
    const config = configs[`t5-${size as keyof typeof totals}-lm-adapt`];
    assert.is(parameterCount(config) + config.dModel, total, size);
  }
});

Config("with a table of relative positions in every layer the totals are those that Pile-T5 publishes", () => {
  const totals = { base: 247_586_304, xl: 2_849_804_288, xxl: 11_135_426_560 };
  for (const [size, total] of Object.entries(totals)) {
    const config = { ...configs[`t5-1.1-${size as keyof typeof totals}`], relativeAttentionPerLayer: true };
    assert.is(parameterCount(config), total, size);
  }
});

Config("attention kernels of the small size are not square", () => {
  const shapes = leaves(configs["t5-1.1-small"]);
  assert.equal(shapes.get("encoder.layers[7].attention.query.kernel"), [512, 384]);
  assert.equal(shapes.get("decoder.layers[0].encoderDecoderAttention.out.kernel"), [384, 512]);
  assert.equal(shapes.get("decoder.relposBias.relEmbedding"), [6, 32]);
  assert.equal(shapes.get("decoder.logitsDense.kernel"), [512, 32128]);
});

Config("T5 1.0 has one input kernel in its MLP and no output layer of its own", () => {
  const shapes = leaves({ ...configs["t5-1.1-small"], gated: false, activation: "relu", tiedEmbeddings: true });
  assert.equal(shapes.get("encoder.layers[0].mlp.wi.kernel"), [512, 1024]);
  assert.not.ok(shapes.has("encoder.layers[0].mlp.wi0.kernel"));
  assert.not.ok(shapes.has("decoder.logitsDense.kernel"));
});

Config("stacks may differ in depth, also down to none", () => {
  const shapes = [...leaves({ ...configs["t5-1.1-small"], numLayers: 0, numDecoderLayers: 1 }).keys()];
  assert.not.ok(shapes.some((path) => path.startsWith("encoder.layers")));
  assert.is(shapes.filter((path) => path.startsWith("decoder.layers")).length, 14);
});

Config.run();
