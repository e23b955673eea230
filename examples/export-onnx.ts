/**
 * Trains a small classifier, exports its prediction and its training step as ONNX files, and runs the files with plain onnxruntime-web.
 *
 * `node --conditions=fluxion-source --import tsx examples/export-onnx.ts`
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { init, jit, nn, np, random, type Tensor, tree, valueAndGrad } from "fluxion";
import { exportOnnx } from "fluxion/io";
import * as ort from "onnxruntime-web";

await init();

// Points of the plane, labelled by whether they lie inside of a circle.
const [forPoints, first, second] = random.subkeys(random.key(0), 3);
const points = random.uniform(forPoints, [512, 2], { minval: -1, maxval: 1 });
const labels = np.astype(np.less(np.sum(np.square(points), { axis: 1 }), 0.6), "float32");

let params = {
  hidden: { w: random.normal(first, [2, 16]), b: np.zeros([16]) },
  out: { w: random.normal(second, [16]), b: np.scalar(0) },
};
type Params = typeof params;

const logits = ({ hidden, out }: Params, x: Tensor): Tensor =>
  np.add(np.matmul(np.tanh(np.add(np.matmul(x, hidden.w), hidden.b)), out.w), out.b);

/** Mean cross-entropy of labels 0 and 1: log(1 + e^z) - y z. */
const loss = (params: Params, x: Tensor, y: Tensor): Tensor => {
  const z = logits(params, x);
  return np.mean(np.subtract(nn.softplus(z), np.multiply(y, z)));
};

const trainStep = (params: Params, x: Tensor, y: Tensor) => {
  const [value, grads] = valueAndGrad(loss)(params, x, y);
  return { params: tree.map((p: Tensor, g: Tensor) => np.subtract(p, g), params, grads), loss: value };
};

const step = jit(trainStep, { donate: [0] });
for (let i = 0; i < 300; i++) {
  const result = step(params, points, labels);
  result.loss.dispose();
  params = result.params;
}
const here = loss(params, points, labels).item();

// The prediction closes over its weights, so they are in the file; the training step takes them.
const folder = mkdtempSync(join(tmpdir(), "fluxion-onnx-"));
const written = async <A extends readonly unknown[]>(name: string, f: (...args: A) => unknown, args: A) => {
  const path = join(folder, name);
  await exportOnnx(f, args, path);
  return path;
};
const predictor = await written("predict.onnx", (x: Tensor) => nn.sigmoid(logits(params, x)), [points]);
const trainer = await written("train.onnx", trainStep, [params, points, labels]);

// From here on only the files and onnxruntime-web are used, as in a browser.
ort.env.wasm.numThreads = 1;
const feed = (x: Tensor): ort.Tensor => new ort.Tensor("float32", x.dataSync() as Float32Array, [...x.shape]);

const predict = await ort.InferenceSession.create(readFileSync(predictor));
const { result } = await predict.run({ args_0: feed(points) });
const right = labels.dataSync().filter((y, i) => ((result.data[i] as number) > 0.5 ? 1 : 0) === y);
console.log(`accuracy of the file: ${((100 * right.length) / labels.size).toFixed(1)} % (expected at least 95 %)`);

const train = await ort.InferenceSession.create(readFileSync(trainer));
const { w, b } = params.hidden;
const weights = { args_0_hidden_w: w, args_0_hidden_b: b, args_0_out_w: params.out.w, args_0_out_b: params.out.b };
const inputs = Object.entries({ ...weights, args_1: points, args_2: labels }).map(([name, x]) => [name, feed(x)]);
const { result_loss } = await train.run(Object.fromEntries(inputs));
const difference = Math.abs((result_loss.data[0] as number) - here);
console.log(`difference of the losses: ${difference.toExponential(0)} (expected at most 1e-6)`);
rmSync(folder, { recursive: true });
