/** @file The step benchmark in fluxion: the library's own T5, one jitted valueAndGrad. */

import { type InitOptions, init } from "../../lib/compile/init.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { dispose } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import { type Params, promptLoss } from "../../lib/t5/model.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import type { Data, Size, Weight } from "./model.js";

const configOf = (c: Size): T5Config => ({
  vocabSize: c.vocab,
  dModel: c.d,
  dKv: c.dkv,
  dFf: c.ff,
  numHeads: c.heads,
  numLayers: c.layers,
  numDecoderLayers: c.layers,
  relativeAttentionNumBuckets: 32,
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  gated: true,
  activation: "gelu",
  tiedEmbeddings: false,
  padId: 0,
  eosId: 1,
  decoderStartId: 0,
});

const paramsOf = (c: Size, weights: Record<string, Weight>): Params => {
  const get = (name: string): Tensor => np.array(weights[name].data, { shape: weights[name].shape });
  const scale = (name: string) => ({ scale: get(name) });
  const kernel = (name: string) => ({ kernel: get(name) });
  const attention = (name: string) => ({
    query: kernel(`${name}.q`),
    key: kernel(`${name}.k`),
    value: kernel(`${name}.v`),
    out: kernel(`${name}.o`),
  });
  const mlp = (name: string) => ({ wi0: kernel(`${name}.wi0`), wi1: kernel(`${name}.wi1`), wo: kernel(`${name}.wo`) });
  const layers = Array.from({ length: c.layers }, (_, i) => i);
  return {
    tokenEmbedder: { embedding: get("embedding") },
    encoder: {
      layers: layers.map((i) => ({
        preAttentionLayerNorm: scale(`enc.${i}.norm1`),
        attention: attention(`enc.${i}.self`),
        preMlpLayerNorm: scale(`enc.${i}.norm3`),
        mlp: mlp(`enc.${i}`),
      })),
      relposBias: { relEmbedding: get("enc.bias") },
      encoderNorm: scale("enc.norm"),
    },
    decoder: {
      layers: layers.map((i) => ({
        preSelfAttentionLayerNorm: scale(`dec.${i}.norm1`),
        selfAttention: attention(`dec.${i}.self`),
        preCrossAttentionLayerNorm: scale(`dec.${i}.norm2`),
        encoderDecoderAttention: attention(`dec.${i}.cross`),
        preMlpLayerNorm: scale(`dec.${i}.norm3`),
        mlp: mlp(`dec.${i}`),
      })),
      relposBias: { relEmbedding: get("dec.bias") },
      decoderNorm: scale("dec.norm"),
      logitsDense: kernel("head"),
    },
  };
};

export const batchOf = (c: Size, { inputs, targets }: Data) => ({
  inputs: np.array(inputs, { shape: [c.batch, c.input] }),
  targets: np.array(targets, { shape: [c.batch, c.target] }),
});

/** Model and prompt of a size, on the current backend. */
export const t5Of = (c: Size, weights: Record<string, Weight>, data: Data) => ({
  config: configOf(c),
  params: paramsOf(c, weights),
  prompt: { prompt: np.array(data.prompt, { shape: [c.prompt, c.d] }) },
});

/** Sets up the step; the returned function runs it once and gives the loss and the norm of the gradient. */
export const makeFluxionStep = async (
  c: Size,
  weights: Record<string, Weight>,
  data: Data,
  options: InitOptions = {},
): Promise<() => { loss: number; gradNorm: number }> => {
  await init({ backend: "wasm", ...options });
  const { config, params, prompt } = t5Of(c, weights, data);
  const batch = batchOf(c, data);
  const step = jit(valueAndGrad(promptLoss(config), { argnums: 1 }));
  return () => {
    const [loss, grads] = step(params, prompt, batch);
    const result = { loss: loss.item(), gradNorm: Math.hypot(...grads.prompt.dataSync()) };
    dispose([loss, grads]);
    return result;
  };
};
