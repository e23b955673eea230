import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchOf, t5Of } from "../../bench/t5/fluxion.js";
import { drawData, type Size } from "../../bench/t5/model.js";
import { Aval } from "../../lib/core/aval.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { leavesOf } from "../../lib/core/pytree.js";
import { currentRuntime, setRuntime } from "../../lib/core/runtime.js";
import { DeviceArray, dispose, type Tensor } from "../../lib/core/tensor.js";
import { VERSION } from "../../lib/core/version.js";
import * as debug from "../../lib/debug/index.js";
import { prompt as promptMethod } from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import { adafactor } from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import { encode } from "../../lib/t5/model.js";
import { initState, makeTrainStep } from "../../lib/train/state.js";
import { cond } from "../../lib/transforms/cond.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { toOnnx } from "../../lib/transforms/to-onnx.js";
import { foriLoop, whileLoop } from "../../lib/transforms/while.js";
import { assertNear } from "../helpers/golden.js";
import { f32, hostOf, messageOf, noLeaks, runtimes } from "../helpers/runtime.js";

const ToOnnx = suite("transforms/to-onnx");

ort.env.wasm.numThreads = 1;
setRuntime(await (runtimes().find(({ label }) => label === "wasm") as ReturnType<typeof runtimes>[number]).open());

/** A tensor for onnxruntime-web. */
const fed = (x: Tensor): ort.Tensor => {
  const { dtype, data, shape } = hostOf(x);
  return new ort.Tensor(dtype as "float32", data as Float32Array, [...shape]);
};

/** Runs a model in plain onnxruntime-web on the leaves of `args`, in their order. */
const runOnWeb = async (bytes: Uint8Array, args: readonly unknown[]) => {
  const session = await ort.InferenceSession.create(bytes);
  const leaves = leavesOf(args) as Tensor[];
  assert.is(session.inputNames.length, leaves.length);
  const feeds = Object.fromEntries(leaves.map((x, i) => [session.inputNames[i], fed(x)]));
  const results = await session.run(feeds);
  const { inputNames, outputNames } = session;
  await session.release();
  return { inputNames, outputNames, results: outputNames.map((name) => results[name]) };
};

/** The model of `f` computes in onnxruntime-web what `f` computes jitted. */
const agrees = async <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  tolerance = { abs: 1e-6, rel: 1e-5 },
) => {
  const bytes = noLeaks(() => toOnnx(f, args));
  const ran = await runOnWeb(bytes, args);
  const compiled = jit(f);
  const wanted = compiled(...args);
  (leavesOf(wanted) as Tensor[]).forEach((y, i) => {
    const { type, dims, data } = ran.results[i];
    assert.equal([type, dims], [y.dtype, [...y.shape]], ran.outputNames[i]);
    assertNear(ran.outputNames[i], Array.from(data as Float32Array, Number), hostOf(y).data, tolerance);
  });
  dispose(wanted);
  compiled.dispose();
  return ran;
};

ToOnnx("a perceptron over its weights has inputs and outputs named after the key paths", async () => {
  const layer = (rows: number, columns: number) => ({
    w: random.normal(random.key(rows), [rows, columns]),
    b: random.normal(random.key(columns), [columns]),
  });
  const params = { layers: [layer(4, 8), layer(8, 3)] };
  const mlp = ({ layers }: typeof params, x: Tensor) => {
    const [first, second] = layers;
    const hidden = np.tanh(np.add(np.matmul(x, first.w), first.b));
    return { logits: np.add(np.matmul(hidden, second.w), second.b), hidden };
  };
  const { inputNames, outputNames } = await agrees(mlp, [params, f32([1, -2, 3, 4, 0, 1, 0.5, -1], [2, 4])]);
  const layers = [0, 1].flatMap((i) => [`args_0_layers_${i}_b`, `args_0_layers_${i}_w`]);
  assert.equal([...inputNames].sort(), [...layers, "args_1"].sort());
  assert.equal([...outputNames].sort(), ["result_hidden", "result_logits"]);
});

ToOnnx("a function that prints or calls back, in a loop too, is an error that says so", () => {
  const prints = (x: Tensor): Tensor => {
    debug.print("x is {}", x);
    return np.add(x, 1);
  };
  const callsBack = (x: Tensor): Tensor => {
    debug.callback(() => undefined, x);
    return np.add(x, 1);
  };
  const inLoop = (x: Tensor): Tensor => foriLoop(0, 3, (_, y) => prints(y), x);
  for (const f of [prints, callsBack, inLoop, jit(prints)]) {
    const message = messageOf(() => toOnnx(f, [new ShapeDtype([2])])) ?? "nothing";
    assert.match(message, /toOnnx.*: the program calls back into JavaScript/);
    assert.match(message, /debug\.print and debug\.callback/);
  }
  assert.is(
    messageOf(() => toOnnx((x: Tensor) => np.add(x, 1), [new ShapeDtype([2])])),
    undefined,
  );
});

ToOnnx("what a function closes over is part of the model, in every dtype", async () => {
  const w = f32([1, 2, 3, 4], [2, 2]);
  const n = np.array(Uint32Array.of(4294967295, 7));
  const f = (x: Tensor, bits: Tensor) => [np.matmul(x, w), np.bitwiseXor(bits, n), np.greater(x, 0)];
  const args = [f32([-1, 5], [1, 2]), np.array(Uint32Array.of(4294967290, 3))] as [Tensor, Tensor];
  const { inputNames } = await agrees(f, args);
  assert.equal(inputNames, ["args_0", "args_1"]);
});

ToOnnx("loops and branches are part of the model", async () => {
  const xs = f32(
    Array.from({ length: 600 }, (_, i) => Math.sin(i)),
    [300, 2],
  );
  const summed = (xs: Tensor) => scan((c: Tensor, x: Tensor) => [np.add(np.multiply(c, 0.5), x), c], np.zeros([2]), xs);
  const reversed = (xs: Tensor) =>
    scan((c: Tensor, x: Tensor) => [np.add(np.multiply(c, 0.5), x), np.exp(c)], np.zeros([2]), xs, { reverse: true });
  const short = (xs: Tensor) => summed(xs);
  await agrees(summed, [xs]);
  await agrees(reversed, [xs]);
  await agrees(short, [f32([1, 2, 3, 4], [2, 2])]);
  await agrees(short, [f32([], [0, 2])]);
  await agrees(
    grad((xs: Tensor) => np.sum(np.square(summed(xs)[1] as Tensor))),
    [xs],
  );
  const halved = (x: Tensor) =>
    whileLoop(
      (y: Tensor) => np.greater(np.sum(y), 1),
      (y: Tensor) => np.multiply(y, 0.5),
      x,
    );
  await agrees(halved, [f32([100, 3])]);
  await agrees(halved, [f32([0.1, 0.2])]);
  const signed = (x: Tensor) =>
    cond(
      np.greater(x, 0),
      (x: Tensor) => np.sqrt(x),
      (x: Tensor) => np.negative(x),
      x,
    );
  for (const x of [4, -4]) await agrees(signed, [np.scalar(x)]);
});

const tiny: Size = { d: 16, ff: 32, layers: 2, heads: 2, dkv: 8, vocab: 64, batch: 2, input: 6, target: 3, prompt: 4 };

ToOnnx("the encoder of T5 runs in onnxruntime-web", async () => {
  const { config, params, prompt } = t5Of(tiny, drawData(tiny));
  const { inputs } = batchOf(tiny, drawData(tiny));
  const encoder = (tokens: Tensor) => encode(config, params, tokens, { prefix: prompt.prompt });
  await agrees(encoder, [inputs], { abs: 1e-5, rel: 1e-4 });
});

ToOnnx("a training step of T5 with dropout and Adafactor runs in onnxruntime-web", async () => {
  const size = { ...tiny, layers: 1 };
  const { config, params, prompt } = t5Of(size, drawData(size));
  const tx = adafactor({ learningRate: 0.3 });
  const step = makeTrainStep(config, promptMethod({ length: size.prompt }), tx, { dropoutRate: 0.1 });
  const state = initState(tx, prompt, random.key(0));
  const batch = batchOf(size, drawData(size));
  step.lower(params, state, batch); // its own trace keeps constants
  const { inputNames, outputNames } = await agrees(
    (...args: Parameters<typeof step>) => step(...args),
    [params, state, batch],
    { abs: 1e-5, rel: 1e-4 },
  );
  assert.ok(inputNames.includes("args_0_encoder_layers_0_attention_key_kernel"), String(inputNames));
  assert.ok(outputNames.includes("result_loss") && outputNames.includes("result_state_tuned_prompt"));
});

ToOnnx("paths that would have one name get names of their own", async () => {
  const f = (x: Record<string, Tensor>) => Object.values(x);
  const { inputNames } = await runOnWeb(toOnnx(f, [{ "a.b": new ShapeDtype([]), a_b: new ShapeDtype([]) }]), [
    { "a.b": np.scalar(1), a_b: np.scalar(2) },
  ]);
  assert.equal(inputNames, ["args_0_a_b", "args_0_a_b_2"]);
});

ToOnnx("operations that have no operators are listed in one error", () => {
  const f = (x: Tensor) => np.linalg.inv(np.add(x, np.sum(np.linalg.eigh(x)[0])));
  const said = messageOf(() => toOnnx(f, [new ShapeDtype([2, 2])])) ?? "nothing";
  assert.match(said, /^toOnnx of f: the program has operations that ONNX has none for\n +got +eigh, .*lu/);
});

ToOnnx("constants of 2 GiB are refused with a way out, before they are read", () => {
  const { device } = currentRuntime("test");
  const huge = new DeviceArray(new Aval([2 ** 29], "float32"), device, device.upload(hostOf(f32([0]))));
  const said = messageOf(() => toOnnx((x: Tensor) => np.add(x, huge), [new ShapeDtype([2 ** 29])])) ?? "nothing";
  assert.match(said, /expected +less than 2 GiB\n +got +2\.0 GiB\n +hint +give the weights as arguments/);
  huge.dispose();
});

ToOnnx("float64 is refused", () => {
  assert.throws(
    () => toOnnx((x: Tensor) => np.add(x, x), [new ShapeDtype([2], "float64")]),
    (e: unknown) => isFluxionError(e, "DTypeError"),
  );
});

ToOnnx("a model that need not be portable may have the runtime's own operators", () => {
  const f = (x: Tensor) => np.matmul(x, np.transpose(x));
  const has = (portable: boolean): boolean =>
    new TextDecoder("latin1").decode(toOnnx(f, [new ShapeDtype([2, 3])], { portable })).includes("com.microsoft");
  assert.equal([has(true), has(false)], [false, true]);
});

ToOnnx("the version that models carry is that of the package", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  assert.is(VERSION, version);
  const text = new TextDecoder("latin1").decode(
    toOnnx((x: Tensor) => x, [new ShapeDtype([1])], { metadata: { author: "me" } }),
  );
  for (const part of ["fluxion.version", version, '{"args_0":"args[0]"}', '{"result":"result"}', "author"]) {
    assert.ok(text.includes(part), part);
  }
});

ToOnnx("arguments and results can be given names", async () => {
  const f = (x: { a: Tensor }, y: Tensor) => ({ sum: np.add(x.a, y) });
  const bytes = toOnnx(f, [{ a: new ShapeDtype([1]) }, new ShapeDtype([1])], { argNames: ["x"], resultName: "out" });
  const { inputNames, outputNames } = await ort.InferenceSession.create(bytes);
  assert.equal([...inputNames, ...outputNames], ["x_a", "args_1", "out_sum"]);
});

ToOnnx("what a function closes over and does not need is left out", () => {
  const [used, unused] = [f32([1, 2], [2]), f32(new Array(1000).fill(1), [1000])];
  const f = (x: Tensor): Tensor => {
    np.exp(unused);
    return np.add(x, used);
  };
  assert.ok(toOnnx(f, [new ShapeDtype([2])]).length < 1000);
});

ToOnnx.run();
