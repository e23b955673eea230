import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../lib/core/aval.js";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import { isShape, paramShapes, T5_SIZES, type T5Config } from "../../lib/t5/config.js";

const Config = suite("t5/config");

const leaves = (config: T5Config): Map<string, readonly number[]> => {
  const [shapes, treedef] = flatten(paramShapes(config), isShape);
  return new Map(pathsOf(treedef).map((path, i) => [printPath(path), shapes[i] as readonly number[]]));
};
const count = (config: T5Config): number => [...leaves(config).values()].reduce((n, shape) => n + sizeOf(shape), 0);

Config("T5 1.1 has the published parameter counts, alone and with a prompt of one vector", () => {
  const published = {
    small: [76_961_152, 76_961_664],
    base: [247_577_856, 247_578_624],
    large: [783_150_080, 783_151_104],
    xl: [2_849_757_184, 2_849_759_232],
    xxl: [11_135_332_352, 11_135_336_448],
  };
  for (const [size, [alone, prompted]] of Object.entries(published)) {
    const config = T5_SIZES[size as keyof typeof T5_SIZES];
    assert.is(count(config), alone, size);
    assert.is(count(config) + config.dModel, prompted, size);
  }
});

Config("attention kernels of the small size are not square", () => {
  const shapes = leaves(T5_SIZES.small);
  assert.equal(shapes.get("encoder.layers[7].attention.query.kernel"), [512, 384]);
  assert.equal(shapes.get("decoder.layers[0].encoderDecoderAttention.out.kernel"), [384, 512]);
  assert.equal(shapes.get("decoder.relposBias.relEmbedding"), [6, 32]);
  assert.equal(shapes.get("decoder.logitsDense.kernel"), [512, 32128]);
});

Config("T5 1.0 has one input kernel in its MLP and no output layer of its own", () => {
  const shapes = leaves({ ...T5_SIZES.small, gated: false, activation: "relu", tiedEmbeddings: true });
  assert.equal(shapes.get("encoder.layers[0].mlp.wi.kernel"), [512, 1024]);
  assert.not.ok(shapes.has("encoder.layers[0].mlp.wi0.kernel"));
  assert.not.ok(shapes.has("decoder.logitsDense.kernel"));
});

Config("stacks may differ in depth, also down to none", () => {
  const shapes = [...leaves({ ...T5_SIZES.small, numLayers: 0, numDecoderLayers: 1 }).keys()];
  assert.not.ok(shapes.some((path) => path.startsWith("encoder.layers")));
  assert.is(shapes.filter((path) => path.startsWith("decoder.layers")).length, 14);
});

Config.run();
