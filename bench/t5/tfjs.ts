/** @file The same as a TensorFlow.js user writes it today: `tf.grad` over its operations, a loop for decoding; on the wasm backend. */

import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { bucketTable } from "../../lib/t5/positions.js";
import { type Data, drawData, type Size, shifted, weightsBy } from "./model.js";
import { type MakePeer, type Outcome, type Task, versionOf } from "./task.js";

/** Keys and values, `[batch, heads, length, dkv]` each. */
type KeyValue = readonly [tf.Tensor, tf.Tensor];

const start = async (): Promise<void> => {
  const wasm = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(wasm)}/`);
  await tf.setBackend("wasm");
  await tf.ready();
};

/** Encoder and decoder of a size. */
const t5Of = (c: Size) => {
  const w = weightsBy(c, ({ shape, data }): tf.Tensor => tf.tensor(data, [...shape]));
  const rms = (x: tf.Tensor, scale: tf.Tensor): tf.Tensor =>
    tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6))), scale);
  const dense = (x: tf.Tensor, kernel: tf.Tensor): tf.Tensor => {
    const rows = tf.reshape(x, [-1, kernel.shape[0]]);
    return tf.reshape(tf.matMul(rows as tf.Tensor2D, kernel as tf.Tensor2D), [
      ...x.shape.slice(0, -1),
      kernel.shape[1] as number,
    ]);
  };
  const heads = (x: tf.Tensor): tf.Tensor =>
    tf.transpose(tf.reshape(x, [c.batch, x.shape[1] as number, c.heads, c.dkv]), [0, 2, 1, 3]);
  const keyValue = (name: string, x: tf.Tensor): KeyValue => [
    heads(dense(x, w[`${name}.k`])),
    heads(dense(x, w[`${name}.v`])),
  ];
  const attention = (name: string, x: tf.Tensor, [key, value]: KeyValue, bias?: tf.Tensor): tf.Tensor => {
    const scores = tf.matMul(heads(dense(x, w[`${name}.q`])), key, false, true);
    const probabilities = tf.softmax(bias === undefined ? scores : tf.add(scores, bias));
    const mixed = tf.transpose(tf.matMul(probabilities, value), [0, 2, 1, 3]);
    return dense(tf.reshape(mixed, [c.batch, x.shape[1] as number, c.heads * c.dkv]), w[`${name}.o`]);
  };
  const gelu = (x: tf.Tensor): tf.Tensor => {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  };
  const mlp = (name: string, x: tf.Tensor): tf.Tensor =>
    dense(tf.mul(gelu(dense(x, w[`${name}.wi0`])), dense(x, w[`${name}.wi1`])), w[`${name}.wo`]);
  const bias = (stack: string, n: number, bidirectional: boolean): tf.Tensor => {
    const ids = tf.tensor1d(bucketTable(n, n, bidirectional, 32, 128), "int32");
    return tf.reshape(tf.gather(w[`${stack}.bias`], ids, 1), [1, c.heads, n, n]);
  };
  const causal = (n: number): tf.Tensor =>
    tf.tensor2d(
      Float32Array.from({ length: n ** 2 }, (_, i) => (i % n > Math.floor(i / n) ? -1e10 : 0)),
      [n, n],
    );

  const encode = (prompt: tf.Tensor, inputs: tf.Tensor): tf.Tensor => {
    const repeated = tf.tile(tf.expandDims(prompt, 0), [c.batch, 1, 1]);
    let x = tf.concat([repeated, tf.gather(w.embedding, inputs)], 1) as tf.Tensor;
    const position = bias("enc", c.input + c.prompt, true);
    for (let i = 0; i < c.layers; i++) {
      const y = rms(x, w[`enc.${i}.norm1`]);
      x = tf.add(x, attention(`enc.${i}.self`, y, keyValue(`enc.${i}.self`, y), position));
      x = tf.add(x, mlp(`enc.${i}`, rms(x, w[`enc.${i}.norm3`])));
    }
    return rms(x, w["enc.norm"]);
  };
  /** What the decoder reads of the encoder, layer by layer. */
  const memoryOf = (encoded: tf.Tensor): KeyValue[] =>
    Array.from({ length: c.layers }, (_, i) => keyValue(`dec.${i}.cross`, encoded));
  /** All positions a decoder of `n` tokens may see. */
  const decoderBias = (n: number): tf.Tensor => tf.add(bias("dec", n, false), causal(n));
  /** States of the tokens `ids`; `seen` gives a layer the keys and values of the tokens before them as well. */
  const decode = (
    memory: readonly KeyValue[],
    ids: tf.Tensor,
    position: tf.Tensor,
    seen: (now: KeyValue, layer: number) => KeyValue = (now) => now,
  ): tf.Tensor => {
    let y = tf.gather(w.embedding, ids) as tf.Tensor;
    for (let i = 0; i < c.layers; i++) {
      const z = rms(y, w[`dec.${i}.norm1`]);
      y = tf.add(y, attention(`dec.${i}.self`, z, seen(keyValue(`dec.${i}.self`, z), i), position));
      y = tf.add(y, attention(`dec.${i}.cross`, rms(y, w[`dec.${i}.norm2`]), memory[i]));
      y = tf.add(y, mlp(`dec.${i}`, rms(y, w[`dec.${i}.norm3`])));
    }
    return rms(y, w["dec.norm"]);
  };
  return { encode, memoryOf, decoderBias, decode, logits: (states: tf.Tensor) => dense(states, w.head) };
};
type T5 = ReturnType<typeof t5Of>;

const lossOf = (c: Size, t5: T5, data: Data): ((prompt: tf.Tensor) => tf.Scalar) => {
  const inputs = tf.tensor2d(data.inputs, [c.batch, c.input], "int32");
  const decoderInputs = tf.tensor2d(shifted(c, data.targets), [c.batch, c.target], "int32");
  const hot = tf.cast(tf.oneHot(tf.tensor1d(data.targets, "int32"), c.vocab), "float32");
  return (prompt) => {
    const states = t5.decode(t5.memoryOf(t5.encode(prompt, inputs)), decoderInputs, t5.decoderBias(c.target));
    const logits = tf.reshape(t5.logits(states), [-1, c.vocab]);
    return tf.neg(tf.mean(tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1)));
  };
};

/** Rows of `[batch, n, d]` at the last position. */
const lastOf = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, (x.shape[1] as number) - 1, 0], [-1, 1, -1]);

/** Without a cache the decoder reads the whole prefix, which grows. */
const chooseAgain = (t5: T5, memory: readonly KeyValue[]) => ({
  next: (ids: tf.Tensor): tf.Tensor =>
    tf.tidy(() => tf.argMax(t5.logits(lastOf(t5.decode(memory, ids, t5.decoderBias(ids.shape[1] as number)))), -1)),
  dispose: () => undefined,
});

/** With a cache it reads the last token; keys and values are put behind those before. */
const chooseWithCache = (c: Size, t5: T5, memory: readonly KeyValue[]) => {
  let cache: KeyValue[] = [];
  const all = t5.decoderBias(c.target);
  const next = (ids: tf.Tensor): tf.Tensor => {
    const n = ids.shape[1] as number;
    const before = cache;
    cache = [];
    const chosen = tf.tidy(() => {
      const position = tf.slice(all, [0, 0, n - 1, 0], [1, c.heads, 1, n]);
      const states = t5.decode(memory, lastColumn(ids), position, ([key, value], i) => {
        const now =
          before[i] === undefined
            ? [key, value]
            : [tf.concat([before[i][0], key], 2), tf.concat([before[i][1], value], 2)];
        cache.push([tf.keep(now[0]), tf.keep(now[1])]);
        return cache[i];
      });
      return tf.argMax(t5.logits(states), -1);
    });
    tf.dispose(before as unknown as tf.Tensor[][]);
    return chosen;
  };
  return { next, dispose: () => tf.dispose([all, cache as unknown as tf.Tensor[][]] as tf.TensorContainer) };
};
const lastColumn = (ids: tf.Tensor): tf.Tensor => tf.slice(ids, [0, (ids.shape[1] as number) - 1], [-1, 1]);

const decodeRun = (c: Size, t5: T5, data: Data, cache: boolean): (() => Outcome) => {
  const inputs = tf.tensor2d(data.inputs, [c.batch, c.input], "int32");
  const prompt = tf.tensor2d(data.prompt, [c.prompt, c.d]);
  return () => {
    const memory = tf.tidy(() => t5.memoryOf(t5.encode(prompt, inputs)) as unknown as tf.TensorContainer);
    const layers = memory as unknown as KeyValue[];
    const decoder = cache ? chooseWithCache(c, t5, layers) : chooseAgain(t5, layers);
    let ids: tf.Tensor = tf.zeros([c.batch, 1], "int32");
    for (let i = 0; i < c.target; i++) {
      const chosen = decoder.next(ids);
      const longer = tf.concat([ids, chosen], 1);
      tf.dispose([ids, chosen]);
      ids = longer;
    }
    const written = tf.slice(ids, [0, 1], [-1, -1]);
    const outcome = { ids: written.dataSync() };
    tf.dispose([ids, written, memory]);
    decoder.dispose();
    return outcome;
  };
};

const runOf = (c: Size, task: Task, t5: T5, data: Data): (() => Outcome) => {
  if (task.bench === "decode") return decodeRun(c, t5, data, task.cache);
  const loss = lossOf(c, t5, data);
  const prompt = tf.tensor2d(data.prompt, [c.prompt, c.d]);
  if (task.bench === "forward") return () => ({ loss: tf.tidy(() => loss(prompt).dataSync()[0]) });
  const lossAndGrad = tf.valueAndGrad(loss);
  return () => {
    const { value, grad } = lossAndGrad(prompt);
    const outcome = { loss: value.dataSync()[0], gradNorm: Math.hypot(...grad.dataSync()) };
    tf.dispose([value, grad]);
    return outcome;
  };
};

export const tfjs: MakePeer = async (c, task) => {
  await start();
  return { version: versionOf("@tensorflow/tfjs"), run: runOf(c, task, t5Of(c), drawData(c)) };
};
