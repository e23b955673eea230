import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { dispose } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { runtimes } from "../helpers/runtime.js";

const Put = suite("np/devicePut");
const arrays = () => ({
  a: hostArray([3], "float32", new Float32Array([1, 2, 3])),
  b: [hostArray([], "int32", new Int32Array([4])), hostArray([2], "bool", new Uint8Array([1, 0]))],
});
const numbers = ({ a, b }: ReturnType<typeof np.devicePut<ReturnType<typeof arrays>>>): unknown =>
  [a, ...b].map((x) => [...x.concrete("test").host().data]);

for (const { label, open } of runtimes()) {
  Put(
    `on ${label} arrays that are kept stay as they are, and those that are given away are not held twice`,
    async () => {
      const runtime = await open();
      withRuntime(runtime, () => {
        const before = runtime.device.memory().bytes;
        const kept = arrays();
        const copies = np.devicePut(kept);
        kept.a.data[0] = 9;
        assert.equal(numbers(copies), [[1, 2, 3], [4], [1, 0]]);
        dispose(copies);

        const given = arrays();
        const tensors = np.devicePut(given, { donate: true });
        assert.equal(numbers(tensors), [[1, 2, 3], [4], [1, 0]]);
        given.a.data[0] = 9; // either the memory of the tensor, or gone
        assert.ok(given.a.data.length === 0 || tensors.a.concrete("test").host().data[0] === 9);
        dispose(tensors);
        assert.is(runtime.device.memory().bytes, before);
      });
    },
  );
}

Put.run();
