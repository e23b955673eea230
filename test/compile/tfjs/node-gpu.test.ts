import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KERNELS } from "../../../lib/compile/blocks/backend.js";
import { runtimeOn } from "../../../lib/compile/runtime.js";
import { tfjsExecutor } from "../../../lib/compile/tfjs/executor.js";
import { startError } from "../../../lib/compile/tfjs/load.js";
import * as np from "../../../lib/np/index.js";
import { readKernelList, VERSION } from "../../helpers/node-gpu-package.js";
import { opaqueBackend } from "../../helpers/opaque.js";
import { f32, numbers, on } from "../../helpers/runtime.js";

const Suite = suite("compile/tfjs/node-gpu");

Suite("every kernel that lowerings call is registered by tfjs-node-gpu", () => {
  const { header, kernels } = readKernelList();
  assert.is(header.version, VERSION);
  for (const name of KERNELS) assert.ok(kernels.includes(name), `${name} is not registered by ${header.package}`);
});

Suite("a package without its native library is an error that says so, and how to get it", () => {
  // What tfjs-node-gpu 4.22.0 throws when it was installed with its scripts ignored.
  const thrown = new Error(
    "The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/lib/napi-v8/tfjs_binding.node. ",
  );
  const { message } = startError("node-gpu", thrown);
  assert.match(message, "is installed, but not the native library");
  assert.match(message, "npm rebuild @tensorflow/tfjs-node-gpu --build-addon-from-source");
});

Suite("kernels get a reshaped tensor under its own shape", async () => {
  const runtime = runtimeOn(tfjsExecutor(await opaqueBackend()));
  on(runtime, () => {
    using x = f32([1, 2, 3, 4, 5, 6], [2, 3]);
    using column = np.reshape(x, [6, 1]);
    using row = np.reshape(x, [1, 6]);
    using product = np.matmul(column, row);
    using sums = np.add(column, row);
    assert.equal(product.shape, [6, 6]);
    assert.equal(numbers(product).slice(0, 12), [1, 2, 3, 4, 5, 6, 2, 4, 6, 8, 10, 12]);
    assert.equal(numbers(sums).slice(0, 12), [2, 3, 4, 5, 6, 7, 3, 4, 5, 6, 7, 8]);
  });
  runtime.dispose();
});

Suite.run();
