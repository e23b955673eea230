import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import { isDims, paramDims, type T5Config } from "../../lib/t5/config.js";
import { configs } from "../../lib/t5/configs.js";
import { huggingFaceName, moduleName, nodePath, pathsByHuggingFaceName } from "../../lib/t5/huggingface-names.js";

const Names = suite("t5/huggingface-names");

const tied: T5Config = { ...configs["t5-1.1-small"], gated: false, activation: "relu", tiedEmbeddings: true };

Names("each parameter of both kinds of T5 has a name, no name is used twice, and names lead back", () => {
  for (const config of [configs["t5-1.1-small"], tied]) {
    const paths = pathsOf(flatten(paramDims(config), isDims)[1]);
    const back = pathsByHuggingFaceName(config);
    const all = paths.flatMap((path) => huggingFaceName(path, config.tiedEmbeddings)?.names ?? []);
    assert.is(new Set(all).size, all.length);
    assert.is(back.size, all.length);
    for (const path of paths) {
      const names = huggingFaceName(path, config.tiedEmbeddings)?.names ?? [];
      assert.ok(names.length > 0, printPath(path));
      for (const name of names) assert.equal(back.get(name), path);
    }
  }
});

Names("the table of the specification, one row of each kind", () => {
  const rows: [string, string, boolean][] = [
    ["encoder.layers.3.preAttentionLayerNorm.scale", "encoder.block.3.layer.0.layer_norm.weight", false],
    ["encoder.layers.3.attention.query.kernel", "encoder.block.3.layer.0.SelfAttention.q.weight", true],
    ["encoder.layers.3.attention.out.kernel", "encoder.block.3.layer.0.SelfAttention.o.weight", true],
    ["encoder.layers.3.preMlpLayerNorm.scale", "encoder.block.3.layer.1.layer_norm.weight", false],
    ["encoder.layers.3.mlp.wi0.kernel", "encoder.block.3.layer.1.DenseReluDense.wi_0.weight", true],
    ["encoder.layers.3.mlp.wi1.kernel", "encoder.block.3.layer.1.DenseReluDense.wi_1.weight", true],
    ["encoder.relposBias.relEmbedding", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", true],
    [
      "encoder.layers.2.relposBias.relEmbedding",
      "encoder.block.2.layer.0.SelfAttention.relative_attention_bias.weight",
      true,
    ],
    ["encoder.encoderNorm.scale", "encoder.final_layer_norm.weight", false],
    ["decoder.layers.0.preSelfAttentionLayerNorm.scale", "decoder.block.0.layer.0.layer_norm.weight", false],
    ["decoder.layers.0.selfAttention.key.kernel", "decoder.block.0.layer.0.SelfAttention.k.weight", true],
    ["decoder.layers.0.preCrossAttentionLayerNorm.scale", "decoder.block.0.layer.1.layer_norm.weight", false],
    ["decoder.layers.0.encoderDecoderAttention.value.kernel", "decoder.block.0.layer.1.EncDecAttention.v.weight", true],
    ["decoder.layers.0.preMlpLayerNorm.scale", "decoder.block.0.layer.2.layer_norm.weight", false],
    ["decoder.layers.0.mlp.wi.kernel", "decoder.block.0.layer.2.DenseReluDense.wi.weight", true],
    ["decoder.layers.0.mlp.wo.kernel", "decoder.block.0.layer.2.DenseReluDense.wo.weight", true],
    ["decoder.relposBias.relEmbedding", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", true],
    ["decoder.decoderNorm.scale", "decoder.final_layer_norm.weight", false],
    ["decoder.logitsDense.kernel", "lm_head.weight", true],
    ["tokenEmbedder.embedding", "shared.weight", false],
  ];
  for (const [path, name, transposed] of rows) {
    const got = huggingFaceName(path.split("."), false);
    assert.equal([got?.names[0], got?.transposed], [name, transposed], path);
  }
});

Names("the output layer may be stored as a copy of the embedding only when they are tied", () => {
  assert.ok(huggingFaceName(["tokenEmbedder", "embedding"], true)?.names.includes("lm_head.weight"));
  assert.not.ok(huggingFaceName(["tokenEmbedder", "embedding"], false)?.names.includes("lm_head.weight"));
});

Names("a path that is not T5's has no name", () => {
  for (const path of [
    "encoder.prompt.prompt",
    "encoder.layers.0",
    "prompt.layers.0.mlp.wo.kernel",
    "toString",
    "encoder.layers.0.toString",
  ]) {
    assert.is(huggingFaceName(path.split("."), false), undefined, path);
  }
});

Names("kernels and norms are modules, and modules lead back to their nodes", () => {
  const rows: [string, string][] = [
    ["encoder/layers/0/attention/query", "encoder.block.0.layer.0.SelfAttention.q"],
    ["encoder/layers/11/mlp/wi", "encoder.block.11.layer.1.DenseReluDense.wi"],
    ["decoder/layers/1/encoderDecoderAttention/out", "decoder.block.1.layer.1.EncDecAttention.o"],
    ["decoder/layers/2/preSelfAttentionLayerNorm", "decoder.block.2.layer.0.layer_norm"],
    ["decoder/layers/2/preMlpLayerNorm", "decoder.block.2.layer.2.layer_norm"],
    ["encoder/encoderNorm", "encoder.final_layer_norm"],
    ["decoder/logitsDense", "lm_head"],
  ];
  for (const [node, module] of rows) assert.equal([moduleName(node), nodePath(module)], [module, node]);
  for (const config of [configs["t5-1.1-small"], tied]) {
    const nodes = pathsOf(flatten(paramDims(config), isDims)[1])
      .filter((path) => ["kernel", "scale"].includes(path.at(-1) as string))
      .map((path) => path.slice(0, -1).join("/"));
    for (const node of nodes) assert.is(nodePath(moduleName(node) as string), node);
  }
});

Names("what is neither a kernel nor a norm is no module", () => {
  for (const node of ["tokenEmbedder", "encoder/relposBias", "encoder/layers/0", "", "encoder/layers/0/attention/q"]) {
    assert.is(moduleName(node), undefined, node);
  }
  for (const module of [
    "shared",
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias",
    "encoder.block.0.layer.2.DenseReluDense.wi",
    "encoder.block.x.layer.0.layer_norm",
    "toString",
    "",
  ]) {
    assert.is(nodePath(module), undefined, module);
  }
});

Names.run();
