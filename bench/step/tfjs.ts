/** @file The same step as a TensorFlow.js user writes it today: `tf.grad` over its operations, on the wasm backend. */

import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { bucketTable } from "../../lib/t5/positions.js";
import type { Data, Size, Weight } from "./model.js";

/** Sets up the step; the returned function runs it once and gives the loss and the norm of the gradient. */
export const makeTfjsStep = async (
  c: Size,
  weights: Record<string, Weight>,
  data: Data,
): Promise<() => { loss: number; gradNorm: number }> => {
  const wasm = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(wasm)}/`);
  await tf.setBackend("wasm");
  await tf.ready();

  const w: Record<string, tf.Tensor> = {};
  for (const [name, { shape, data: values }] of Object.entries(weights)) w[name] = tf.tensor(values, [...shape]);
  const length = c.input + c.prompt;
  const inputs = tf.tensor2d(data.inputs, [c.batch, c.input], "int32");
  const shifted = Int32Array.from(data.targets, (_, i) => (i % c.target === 0 ? 0 : data.targets[i - 1]));
  const decoderInputs = tf.tensor2d(shifted, [c.batch, c.target], "int32");
  const hot = tf.cast(tf.oneHot(tf.tensor1d(data.targets, "int32"), c.vocab), "float32");
  const causal = tf.tensor2d(
    Float32Array.from({ length: c.target ** 2 }, (_, i) => (i % c.target > Math.floor(i / c.target) ? -1e10 : 0)),
    [c.target, c.target],
  );

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
  const attention = (name: string, x: tf.Tensor, kv: tf.Tensor, bias?: tf.Tensor): tf.Tensor => {
    const scores = tf.matMul(heads(dense(x, w[`${name}.q`])), heads(dense(kv, w[`${name}.k`])), false, true);
    const probabilities = tf.softmax(bias === undefined ? scores : tf.add(scores, bias));
    const mixed = tf.transpose(tf.matMul(probabilities, heads(dense(kv, w[`${name}.v`]))), [0, 2, 1, 3]);
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

  const loss = (prompt: tf.Tensor): tf.Scalar => {
    const repeated = tf.tile(tf.expandDims(prompt, 0), [c.batch, 1, 1]);
    let x = tf.concat([repeated, tf.gather(w.embedding, inputs)], 1) as tf.Tensor;
    const encoderBias = bias("enc", length, true);
    for (let i = 0; i < c.layers; i++) {
      const y = rms(x, w[`enc.${i}.norm1`]);
      x = tf.add(x, attention(`enc.${i}.self`, y, y, encoderBias));
      x = tf.add(x, mlp(`enc.${i}`, rms(x, w[`enc.${i}.norm3`])));
    }
    const encoded = rms(x, w["enc.norm"]);
    let y = tf.gather(w.embedding, decoderInputs) as tf.Tensor;
    const decoderBias = tf.add(bias("dec", c.target, false), causal);
    for (let i = 0; i < c.layers; i++) {
      const z = rms(y, w[`dec.${i}.norm1`]);
      y = tf.add(y, attention(`dec.${i}.self`, z, z, decoderBias));
      y = tf.add(y, attention(`dec.${i}.cross`, rms(y, w[`dec.${i}.norm2`]), encoded));
      y = tf.add(y, mlp(`dec.${i}`, rms(y, w[`dec.${i}.norm3`])));
    }
    const logits = tf.reshape(dense(rms(y, w["dec.norm"]), w.head), [-1, c.vocab]);
    return tf.neg(tf.mean(tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1)));
  };

  const lossAndGrad = tf.valueAndGrad(loss);
  const prompt = tf.tensor2d(data.prompt, [c.prompt, c.d]);
  return () => {
    const { value, grad } = lossAndGrad(prompt);
    const result = { loss: value.dataSync()[0], gradNorm: Math.hypot(...grad.dataSync()) };
    tf.dispose([value, grad]);
    return result;
  };
};
