import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../../lib/compile/init.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { checkpoint } from "../../../lib/transforms/checkpoint.js";
import { grad } from "../../../lib/transforms/grad.js";
import { jit } from "../../../lib/transforms/jit.js";

const Checkpoint = suite("compile/onnx/checkpoint");

const kilobytes = (name: string): number =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))?.[1]);

/** The most memory, in MB beyond what was there, that the gradient of eight layers takes. */
const peakOf = (wrap: (f: (x: Tensor, w: Tensor) => Tensor) => (x: Tensor, w: Tensor) => Tensor): number => {
  const layer = wrap((x, w) =>
    np.add(x, np.matmul(np.tanh(np.exp(np.negative(np.square(np.matmul(x, w))))), np.transpose(w))),
  );
  const f = jit(
    grad((x: Tensor, w: Tensor) => np.sum(Array.from({ length: 8 }).reduce<Tensor>((y) => layer(y, w), x))),
  );
  const [x, w] = [np.ones([2048, 512]), np.full([512, 2048], 1e-3)];
  writeFileSync("/proc/self/clear_refs", "5");
  const before = kilobytes("VmRSS");
  const y = f(x, w);
  const peak = (kilobytes("VmHWM") - before) / 1024;
  f.dispose();
  dispose([x, w, y]);
  return peak;
};

Checkpoint("a checkpoint saves memory natively too: the runtime does not merge the two computations", async () => {
  if (!existsSync("/proc/self/clear_refs")) return console.log("  skipped: no /proc/self/clear_refs");
  await init({ executor: "onnx", arena: false });
  const saved = peakOf(checkpoint);
  const plain = peakOf((f) => f);
  console.log(`  ${saved.toFixed(0)} MB with, ${plain.toFixed(0)} MB without`);
  assert.ok(saved < 0.7 * plain, `${saved} MB with the checkpoint, ${plain} MB without`);
});

Checkpoint.run();
