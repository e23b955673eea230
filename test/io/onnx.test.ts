import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import { exportOnnxTE } from "../../lib/io/onnx.js";
import * as np from "../../lib/np/index.js";
import { ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { toOnnx } from "../../lib/transforms/to-onnx.js";
import { onReference, messageOf as thrownBy } from "../helpers/runtime.js";
import { messageOf, run, temporaryFolder } from "./folder.js";

const Onnx = suite("io/onnx");
const folder = temporaryFolder(Onnx);
const f = (x: Tensor) => np.tanh(x);
const args: [ShapeDtype] = [new ShapeDtype([3])];

Onnx("the file has the bytes of the model", async () => {
  const path = join(folder, "model.onnx");
  await run(onReference(() => exportOnnxTE(f, args, path)));
  assert.equal(
    new Uint8Array(readFileSync(path)),
    onReference(() => toOnnx(f, args)),
  );
});

Onnx("a folder that is not there is an error that names the file", async () => {
  const written = await onReference(() => exportOnnxTE(f, args, join(folder, "nowhere", "model.onnx")))();
  assert.match(messageOf(written, "CheckpointError"), /^exportOnnx: .*nowhere/s);
});

Onnx("what cannot be written leaves no file", () => {
  const path = join(folder, "none.onnx");
  const inverse = (x: Tensor) => np.linalg.inv(x);
  const said = thrownBy(() => onReference(() => exportOnnxTE(inverse, [new ShapeDtype([2, 2])], path)));
  assert.match(said ?? "nothing", "lu");
  assert.not(existsSync(path));
});

Onnx.run();
