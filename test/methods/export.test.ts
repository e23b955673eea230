/** @file Models that methods change as ONNX graphs: they give what the models give, in a runtime that knows nothing of fluxion. */
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { currentRuntime, setRuntime } from "../../lib/core/runtime.js";
import { np, scope, type Tensor, t5, toOnnx, tree } from "../../lib/index.js";
import { assertNear } from "../helpers/golden.js";
import { hostOf, noLeaks, runtimes } from "../helpers/runtime.js";
import { samples } from "./samples.js";

const Export = suite("methods/export");

ort.env.wasm.numThreads = 1;
Export.before(async () => {
  setRuntime(await (runtimes().find(({ label }) => label === "wasm") as ReturnType<typeof runtimes>[number]).open());
});

const ids = (rows: readonly (readonly number[])[]): Tensor =>
  np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });

/** Every way into the model; the other samples are combinations of these. */
const NAMES = ["prompt that sees itself", "prompt before the end", "two prompts and scales", "lora everywhere", "dora"];

for (const name of [...NAMES, "some weights"]) {
  Export(`${name}: the graph of its logits, with what was trained as an input`, async () => {
    assert.ok(currentRuntime("test"));
    const { bytes, feeds, want } = noLeaks(() =>
      scope(() => {
        const { config, params, samples: all } = samples();
        const { method, tuned } = all[name];
        const args = [
          tuned,
          ids([
            [5, 9, 3, 1],
            [7, 1, 0, 0],
          ]),
          ids([
            [8, 1],
            [3, 21],
          ]),
        ] as const;
        const logits = (p: object, inputs: Tensor, targets: Tensor): Tensor =>
          t5.logits(config, method.apply(config, params, p), { inputs, targets });
        const leaves = (tree.leaves(args) as Tensor[]).map(hostOf);
        return { bytes: toOnnx(logits, args), feeds: leaves, want: hostOf(logits(...args)) };
      }),
    );
    const session = await ort.InferenceSession.create(bytes);
    const tensors = feeds.map(
      ({ dtype, data, shape }) => new ort.Tensor(dtype as "float32", data as Float32Array, [...shape]),
    );
    const results = await session.run(Object.fromEntries(session.inputNames.map((input, i) => [input, tensors[i]])));
    const { dims, data } = results[session.outputNames[0]];
    assert.equal(dims, [...want.shape]);
    assertNear(name, data as Float32Array, want.data, { abs: 1e-4, rel: 1e-5 });
    await session.release();
  });
}

Export.run();
