/**
 * @file The same in jax-js, jitted, on its wasm device.
 *
 * Its operations take their arguments over: `x.ref` is what is used again.
 */
import { defaultDevice, init, type Array as JaxArray, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { bucketTable } from "../../lib/t5/positions.js";
import { drawData, type Size, shifted, weightsBy } from "./model.js";
import { type MakePeer, type Outcome, type Task, versionOf } from "./task.js";

type Arrays<K extends string = string> = Record<K, JaxArray>;

const f32 = (data: Float32Array, shape: readonly number[]): JaxArray =>
  np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });
const i32 = (data: Int32Array, shape: readonly number[]): JaxArray =>
  np.array(data as Int32Array<ArrayBuffer>, { shape: [...shape], dtype: np.int32 });
/** The arrays, to be used once more. */
const again = <K extends string>(arrays: Arrays<K>): Arrays<K> =>
  Object.fromEntries(Object.entries<JaxArray>(arrays).map(([name, x]) => [name, x.ref])) as Arrays<K>;

/** What a task reads besides the weights. */
const tablesOf = (c: Size) => {
  const { inputs, targets, prompt } = drawData(c);
  const length = c.input + c.prompt;
  const causal = Float32Array.from({ length: c.target ** 2 }, (_, i) =>
    i % c.target > Math.floor(i / c.target) ? -1e10 : 0,
  );
  return {
    inputs: i32(inputs, [c.batch, c.input]),
    targets: i32(targets, [c.batch * c.target]),
    read: i32(shifted(c, targets), [c.batch, c.target]),
    prompt: f32(prompt, [c.prompt, c.d]),
    encBuckets: i32(bucketTable(length, length, true, 32, 128), [length * length]),
    decBuckets: i32(bucketTable(c.target, c.target, false, 32, 128), [c.target ** 2]),
    causal: f32(causal, [c.target, c.target]),
  };
};
type Tables = ReturnType<typeof tablesOf>;

/** Encoder and decoder of weights `w` and tables `t`, which stay the caller's. */
const t5Of = (c: Size, w: Arrays, t: Tables) => {
  const rms = (x: JaxArray, scale: JaxArray): JaxArray => {
    const variance = np.mean(np.square(x.ref), -1, { keepdims: true });
    return x.mul(np.reciprocal(np.sqrt(variance.add(1e-6)))).mul(scale.ref);
  };
  const dense = (x: JaxArray, kernel: JaxArray): JaxArray => np.matmul(x, kernel.ref);
  const heads = (x: JaxArray): JaxArray => x.reshape([c.batch, -1, c.heads, c.dkv]).transpose([0, 2, 1, 3]);
  const attention = (name: string, x: JaxArray, kv: JaxArray, bias?: JaxArray): JaxArray => {
    const length = x.shape[1];
    const key = heads(dense(kv.ref, w[`${name}.k`])).transpose([0, 1, 3, 2]);
    const scores = np.matmul(heads(dense(x, w[`${name}.q`])), key);
    const probabilities = nn.softmax(bias === undefined ? scores : scores.add(bias), -1);
    const mixed = np.matmul(probabilities, heads(dense(kv, w[`${name}.v`]))).transpose([0, 2, 1, 3]);
    return dense(mixed.reshape([c.batch, length, c.heads * c.dkv]), w[`${name}.o`]);
  };
  const mlp = (name: string, x: JaxArray): JaxArray => {
    const gate = nn.gelu(dense(x.ref, w[`${name}.wi0`]), { approximate: true });
    return dense(gate.mul(dense(x, w[`${name}.wi1`])), w[`${name}.wo`]);
  };
  const take = (table: JaxArray, ids: JaxArray): JaxArray => np.take(table.ref, ids, 0);
  const bias = (stack: "enc" | "dec", n: number): JaxArray =>
    np.take(w[`${stack}.bias`].ref, t[`${stack}Buckets`].ref, 1).reshape([1, c.heads, n, n]);

  const encode = (prompt: JaxArray): JaxArray => {
    const repeated = np.broadcastTo(prompt.reshape([1, c.prompt, c.d]), [c.batch, c.prompt, c.d]);
    let x = np.concatenate([repeated, take(w.embedding, t.inputs.ref)], 1);
    const position = bias("enc", c.input + c.prompt);
    for (let i = 0; i < c.layers; i++) {
      const y = rms(x.ref, w[`enc.${i}.norm1`]);
      x = x.add(attention(`enc.${i}.self`, y.ref, y, position.ref));
      x = x.ref.add(mlp(`enc.${i}`, rms(x, w[`enc.${i}.norm3`])));
    }
    position.dispose();
    return rms(x, w["enc.norm"]);
  };
  const decode = (encoded: JaxArray, ids: JaxArray): JaxArray => {
    let y = take(w.embedding, ids);
    const position = bias("dec", c.target).add(t.causal.ref);
    for (let i = 0; i < c.layers; i++) {
      const z = rms(y.ref, w[`dec.${i}.norm1`]);
      y = y.add(attention(`dec.${i}.self`, z.ref, z, position.ref));
      y = y.ref.add(attention(`dec.${i}.cross`, rms(y, w[`dec.${i}.norm2`]), encoded.ref));
      y = y.ref.add(mlp(`dec.${i}`, rms(y, w[`dec.${i}.norm3`])));
    }
    position.dispose();
    encoded.dispose();
    return rms(y, w["dec.norm"]);
  };
  return { encode, decode, logits: (states: JaxArray) => dense(states, w.head) };
};

const lossOf = (c: Size, prompt: JaxArray, w: Arrays, t: Tables): JaxArray => {
  const t5 = t5Of(c, w, t);
  const logits = t5.logits(t5.decode(t5.encode(prompt), t.read.ref)).reshape([-1, c.vocab]);
  const likelihoods = nn.logSoftmax(logits, -1).mul(nn.oneHot(t.targets.ref, c.vocab));
  return likelihoods.sum().mul(-1 / (c.batch * c.target));
};

/** Every step decodes the whole prefix, in one program of fixed shape; `at` is 1 at the position that counts. */
const decodeRun = (c: Size, w: Arrays, t: Tables): (() => Promise<Outcome>) => {
  const encode = jit((prompt: JaxArray, w: Arrays, t: Tables) => t5Of(c, w, t).encode(prompt));
  const next = jit((encoded: JaxArray, ids: JaxArray, at: JaxArray, w: Arrays, t: Tables) => {
    const t5 = t5Of(c, w, t);
    const states = np.sum(t5.decode(encoded, ids).mul(at), 1);
    return np.argmax(t5.logits(states), -1);
  });
  return async () => {
    const encoded = encode(t.prompt.ref, again(w), again(t));
    const read = new Int32Array(c.batch * c.target);
    const ids = new Int32Array(c.batch * c.target);
    for (let n = 0; n < c.target; n++) {
      const at = f32(
        Float32Array.from({ length: c.target }, (_, i) => (i === n ? 1 : 0)),
        [1, c.target, 1],
      );
      const chosen = await next(encoded.ref, i32(read.slice(), [c.batch, c.target]), at, again(w), again(t)).data();
      for (let row = 0; row < c.batch; row++) {
        ids[row * c.target + n] = chosen[row];
        if (n + 1 < c.target) read[row * c.target + n + 1] = chosen[row];
      }
    }
    encoded.dispose();
    return { ids };
  };
};

const runOf = (c: Size, task: Task, w: Arrays, t: Tables): (() => Promise<Outcome>) => {
  if (task.bench === "decode") return decodeRun(c, w, t);
  const loss = (prompt: JaxArray, w: Arrays, t: Tables): JaxArray => lossOf(c, prompt, w, t);
  if (task.bench === "forward") {
    const forward = jit(loss);
    return async () => ({ loss: (await forward(t.prompt.ref, again(w), again(t)).data())[0] });
  }
  const step = jit((prompt: JaxArray, w: Arrays, t: Tables) => valueAndGrad((p: JaxArray) => loss(p, w, t))(prompt));
  return async () => {
    const [value, grad] = step(t.prompt.ref, again(w), again(t));
    return { loss: (await value.data())[0], gradNorm: Math.hypot(...(await grad.data())) };
  };
};

export const jaxJs: MakePeer = async (c, task) => {
  await init();
  defaultDevice("wasm");
  const weights = weightsBy(c, ({ shape, data }) => f32(data, shape));
  return { version: versionOf("@jax-js/jax"), run: runOf(c, task, weights, tablesOf(c)) };
};
