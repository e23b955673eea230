import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeHuggingFaceConfigE } from "../../lib/io/huggingface-config.js";
import { isScaled } from "../../lib/t5/config.js";
import { messageOf, rightOf } from "./folder.js";
import { CONFIG, configOf } from "./tiny-t5.js";

const Config = suite("io/huggingface-config");

const refused = (raw: object): string => messageOf(decodeHuggingFaceConfigE(raw, "x/config.json"), "ConfigError");

Config("a configuration needs its sizes; the rest has the defaults of transformers", () => {
  const { config, dropoutRate } = rightOf(
    decodeHuggingFaceConfigE({ ...CONFIG, num_decoder_layers: null, use_cache: true }),
  );
  assert.is(dropoutRate, 0.1);
  assert.equal(config, {
    vocabSize: 7,
    dModel: 4,
    dKv: 3,
    dFf: 5,
    numHeads: 2,
    numLayers: 2,
    numDecoderLayers: 2,
    relativeAttentionNumBuckets: 32,
    relativeAttentionMaxDistance: 128,
    layerNormEpsilon: 1e-6,
    gated: false,
    activation: "relu",
    tiedEmbeddings: true,
    padId: 0,
    eosId: 1,
    decoderStartId: 0,
  });
  assert.is(configOf({ ...CONFIG, pad_token_id: 3 }).decoderStartId, 3);
  assert.is(configOf({ ...CONFIG, pad_token_id: 3, decoder_start_token_id: 5 }).decoderStartId, 5);
});

Config("mT5 has the defaults of MT5Config: gated, and an output layer of its own", () => {
  const { gated, activation, tiedEmbeddings } = configOf({ ...CONFIG, model_type: "mt5" });
  assert.equal([gated, activation, tiedEmbeddings], [true, "gelu", false]);
  assert.is(configOf({ ...CONFIG, model_type: "mt5", tie_word_embeddings: true }).tiedEmbeddings, true);
  assert.is(configOf({ ...CONFIG, model_type: "t5" }).tiedEmbeddings, true);
});

Config("tied and scaled are two things; without scale_decoder_outputs what is tied is scaled, except for mT5", () => {
  const of = (keys: object): [boolean, boolean] => {
    const config = configOf({ ...CONFIG, ...keys });
    return [config.tiedEmbeddings, isScaled(config)];
  };
  const rows: [object, [boolean, boolean]][] = [
    [{}, [true, true]],
    [{ tie_word_embeddings: false }, [false, false]],
    [{ tie_word_embeddings: true, scale_decoder_outputs: false }, [true, false]],
    [{ tie_word_embeddings: false, scale_decoder_outputs: true }, [false, true]],
    [{ model_type: "umt5", tie_word_embeddings: true, scale_decoder_outputs: false }, [true, false]],
    [{ model_type: "umt5" }, [true, true]],
    [{ model_type: "mt5" }, [false, false]],
    [{ model_type: "mt5", tie_word_embeddings: true }, [true, false]],
    [{ model_type: "mt5", tie_word_embeddings: true, scale_decoder_outputs: true }, [true, false]],
  ];
  for (const [keys, expected] of rows) assert.equal(of(keys), expected, JSON.stringify(keys));
});

Config("UMT5 has the defaults of UMT5Config, and relative positions in every layer", () => {
  const umt5 = configOf({ ...CONFIG, model_type: "umt5" });
  assert.equal([umt5.gated, umt5.activation, umt5.tiedEmbeddings], [true, "gelu", true]);
  assert.is(umt5.relativeAttentionPerLayer, true);
  assert.is(configOf({ ...CONFIG, model_type: "umt5", tie_word_embeddings: false }).tiedEmbeddings, false);
});

Config("where a file does not say its type, the class that was saved does", () => {
  const of = (...architectures: string[]) => configOf({ ...CONFIG, architectures }).relativeAttentionPerLayer;
  assert.is(of("UMT5ForConditionalGeneration"), true);
  for (const name of ["T5WithLMHeadModel", "T5ForConditionalGeneration", "MT5ForConditionalGeneration", "Other"]) {
    assert.is(of(name), undefined, name);
  }
  assert.is(configOf({ ...CONFIG, architectures: ["MT5Model"] }).gated, true);
  assert.match(refused({ ...CONFIG, architectures: ["LongT5Model"] }), "LongT5 attends to a window");
  assert.is(configOf({ ...CONFIG, model_type: "t5", architectures: ["UMT5Model"] }).gated, false);
});

Config("the feed-forward layer is named by one key, or by the two newer ones, which win", () => {
  const of = (keys: object): [boolean, string] => {
    const { gated, activation } = configOf({ ...CONFIG, ...keys });
    return [gated, activation];
  };
  const rows: [object, [boolean, string]][] = [
    [{}, [false, "relu"]],
    [{ feed_forward_proj: "gated-gelu" }, [true, "gelu"]],
    [{ feed_forward_proj: "gated-relu" }, [true, "relu"]],
    [{ feed_forward_proj: "gelu_new" }, [false, "gelu"]],
    // As released Flan-T5 has it.
    [{ feed_forward_proj: "gated-gelu", dense_act_fn: "gelu_new", is_gated_act: true }, [true, "gelu"]],
    [{ dense_act_fn: "gelu_new", is_gated_act: true }, [true, "gelu"]],
    [{ feed_forward_proj: "gated-gelu", is_gated_act: false }, [false, "gelu"]],
    [{ feed_forward_proj: "gated-gelu", dense_act_fn: "relu" }, [true, "relu"]],
  ];
  for (const [keys, expected] of rows) assert.equal(of(keys), expected, JSON.stringify(keys));
});

Config("feed-forward layers that compute something else are refused: silu, and the exact gelu", () => {
  assert.match(refused({ ...CONFIG, feed_forward_proj: "gated-silu" }), 'got       "gated-silu"');
  assert.match(refused({ ...CONFIG, feed_forward_proj: "gelu" }), "the exact function in transformers");
  const exact = refused({ ...CONFIG, feed_forward_proj: "gated-gelu", dense_act_fn: "gelu" });
  assert.match(exact, "at        x/config.json: dense_act_fn");
  assert.match(refused({ ...CONFIG, feed_forward_proj: "toString" }), 'got       "toString"');
});

Config("another architecture is refused by name, a relative of T5 with the reason", () => {
  assert.match(refused({ model_type: "bert", hidden_size: 8 }), 'expected  model_type "t5", "mt5" or "umt5"');
  assert.match(refused({ ...CONFIG, model_type: "longt5" }), "LongT5 attends to a window");
  assert.match(refused({ ...CONFIG, model_type: "constructor" }), 'got       "constructor"');
});

Config("special tokens that the vocabulary does not have are refused by their key", () => {
  for (const key of ["pad_token_id", "eos_token_id", "decoder_start_token_id"]) {
    const message = refused({ ...CONFIG, [key]: 7 });
    assert.match(message, `${key} from 0 to 6`);
    assert.match(message, `at        x/config.json: ${key}`);
    configOf({ ...CONFIG, [key]: 6 });
  }
});

Config("an end in a list is that end; several ends are refused, since decoding has one", () => {
  assert.equal(configOf({ ...CONFIG, eos_token_id: [3] }), configOf({ ...CONFIG, eos_token_id: 3 }));
  for (const ids of [[1, 3], []]) {
    const message = refused({ ...CONFIG, eos_token_id: ids });
    assert.match(message, /or a list of one: decoding ends at one token[\s\S]*config\.json: eos_token_id/);
  }
  assert.match(refused({ ...CONFIG, eos_token_id: [7] }), "eos_token_id from 0 to 6");
});

Config("wrong values say where", () => {
  assert.match(refused({}), "vocab_size: positive integer");
  assert.match(refused({ ...CONFIG, d_model: 0 }), "at        x/config.json: d_model");
  assert.match(refused({ ...CONFIG, model_type: 5 }), "at        x/config.json: model_type");
  assert.match(refused({ ...CONFIG, dropout_rate: 1 }), "number from 0 to below 1");
  assert.match(refused([]), "not a valid");
});

Config("numbers that JSON can write and a float cannot hold are refused", () => {
  for (const key of ["d_model", "layer_norm_epsilon", "dropout_rate", "pad_token_id"]) {
    const huge = JSON.parse(JSON.stringify({ ...CONFIG, [key]: 1 }).replace(`"${key}":1`, `"${key}":1e400`)) as unknown;
    assert.match(refused(huge as never), new RegExp(`got +Infinity\\n +at +x/config\\.json: ${key}`));
  }
});

Config.run();
