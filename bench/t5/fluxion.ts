/** @file The benchmarks of T5 in fluxion: the library's own T5; one jitted `valueAndGrad`, one jitted loss, or its decoder. */

import type { ExecutorName } from "../../lib/compile/executors.js";
import { init } from "../../lib/compile/init.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { dispose } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { globalNorm } from "../../lib/optim/clip.js";
import type { T5Config } from "../../lib/t5/config.js";
import { generate } from "../../lib/t5/generate.js";
import { promptLoss } from "../../lib/t5/loss.js";
import { decode, type Encoded, encode, logitsOf, type Params, type PromptParams } from "../../lib/t5/model.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { type Data, drawData, type Size, weightsBy } from "./model.js";
import { type MakePeer, type Outcome, type Task, versionOf } from "./task.js";

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

const paramsOf = (c: Size): Params => {
  const weights = weightsBy(c, ({ shape, data }) => np.array(data, { shape }));
  const get = (name: string): Tensor => weights[name];
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
export const t5Of = (c: Size, data: Data) => ({
  config: configOf(c),
  params: paramsOf(c),
  prompt: { prompt: np.array(data.prompt, { shape: [c.prompt, c.d] }) },
});

type Model = ReturnType<typeof t5Of>;

const stepOf = ({ config, params, prompt }: Model, batch: ReturnType<typeof batchOf>): (() => Outcome) => {
  const step = jit(valueAndGrad(promptLoss(config), { argnums: 1 }));
  return () => {
    const [loss, grads] = step(params, prompt, batch);
    const outcome = { loss: loss.item(), gradNorm: Math.hypot(...grads.prompt.dataSync()) };
    dispose([loss, grads]);
    return outcome;
  };
};

/** All gradients are outputs of the program, as an optimizer has them; their norm is computed in it. */
const weightsOf = ({ config, params, prompt }: Model, batch: ReturnType<typeof batchOf>): (() => Outcome) => {
  const lossAndGrads = valueAndGrad(promptLoss(config));
  const step = jit((weights: Params, soft: PromptParams, rows: typeof batch) => {
    const [loss, grads] = lossAndGrads(weights, soft, rows);
    return [loss, grads, globalNorm(grads)] as const;
  });
  return () => {
    const [loss, grads, norm] = step(params, prompt, batch);
    const outcome = { loss: loss.item(), gradNorm: norm.item() };
    dispose([loss, grads, norm]);
    return outcome;
  };
};

const forwardOf = ({ config, params, prompt }: Model, batch: ReturnType<typeof batchOf>): (() => Outcome) => {
  const forward = jit(promptLoss(config));
  return () => {
    const loss = forward(params, prompt, batch);
    const outcome = { loss: loss.item() };
    dispose(loss);
    return outcome;
  };
};

const cachedOf = ({ config, params, prompt }: Model, inputs: Tensor, tokens: number): (() => Outcome) => {
  // Nothing ends a row: every peer writes as many tokens.
  const write = generate({ ...config, eosId: -1 }, { maxLength: tokens });
  return () => ({ ids: write(params, inputs, { prefix: prompt.prompt }).flatMap(([{ tokens }]) => tokens) });
};

/** Every step decodes the whole prefix again, in one program of fixed shape. */
const uncachedOf = ({ config, params, prompt }: Model, inputs: Tensor, length: number): (() => Outcome) => {
  const [rows] = inputs.shape;
  const read = jit((weights: Params, { prompt: prefix }: PromptParams, ids: Tensor) =>
    encode(config, weights, ids, { prefix }),
  );
  const next = jit((weights: Params, encoded: Encoded, before: Tensor, position: Tensor): Tensor => {
    const states = np.take(decode(config, weights, encoded, before), position, 1);
    return np.argmax(logitsOf(config, weights, np.expandDims(states, 1)), { axis: -1 });
  });
  return () => {
    const encoded = read(params, prompt, inputs);
    /** What the decoder reads, and one place more: the start token, then what was written. */
    const ids = new Int32Array(rows * (length + 1));
    for (let i = 0; i < length; i++) {
      const before = np.array(
        ids.filter((_, at) => at % (length + 1) < length),
        { shape: [rows, length] },
      );
      const position = np.scalar(i, "int32");
      const chosen = next(params, encoded, before, position);
      chosen.dataSync().forEach((id: number, row: number) => {
        ids[row * (length + 1) + i + 1] = id;
      });
      dispose([before, position, chosen]);
    }
    dispose(encoded);
    return { ids: ids.filter((_, at) => at % (length + 1) > 0) };
  };
};

const runOf = (task: Task, model: Model, batch: ReturnType<typeof batchOf>): (() => Outcome) => {
  if (task.bench === "decode") return (task.cache ? cachedOf : uncachedOf)(model, batch.inputs, task.tokens);
  return { step: stepOf, weights: weightsOf, forward: forwardOf }[task.bench](model, batch);
};

/** One program on two executors. */
export const fluxion =
  (executor: Exclude<ExecutorName, "auto">): MakePeer =>
  async (c, task, threads) => {
    await init({ backend: "wasm", executor, ...(executor === "onnx" ? { threads } : {}) });
    const data = drawData(c);
    const version = versionOf(executor === "onnx" ? "onnxruntime-node" : "@tensorflow/tfjs-core");
    return { version, run: runOf(task, t5Of(c, data), batchOf(c, data)) };
  };
