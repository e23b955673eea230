import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Block, BlockDevice } from "../../../lib/compile/blocks/device.js";
import { runtimeFor } from "../../../lib/compile/init.js";
import { isFluxionError } from "../../../lib/core/errors.js";
import { heldBy, host } from "../../helpers/runtime.js";

const Suite = suite("compile/blocks/device");

const devices = async (): Promise<BlockDevice[]> =>
  Promise.all((["wasm", "cpu"] as const).map(async (name) => (await runtimeFor(name)).executor.device as BlockDevice));
const held = (device: BlockDevice): readonly number[] => [device.memory().arrays, device.memory().bytes];

Suite("data come back as they went in, in every dtype, also none at all", async () => {
  for (const device of await devices()) {
    const before = held(device);
    for (const x of [
      host("float32", [2, 2], [1.5, -0, NaN, Infinity]),
      host("int32", [3], [-(2 ** 31), 0, 2 ** 31 - 1]),
      host("uint32", [2], [2 ** 32 - 1, 1]),
      host("bool", [5], [1, 0, 1, 1, 0]),
      host("float32", [0, 3], []),
      host("float32", [], 2.5),
    ]) {
      const handle = device.upload(x);
      const { shape, dtype, data } = device.download(handle);
      assert.equal([shape, dtype], [x.shape, x.dtype]);
      assert.equal(new Uint8Array(data.buffer), new Uint8Array(x.data.buffer), `${device.name}, bits of ${dtype}`);
      device.free(handle);
    }
    assert.equal(held(device), before, device.name);
  }
});

Suite("an array is a copy: what is done to the source or to a download does not show", async () => {
  for (const device of await devices()) {
    const source = host("float32", [2], [1, 2]);
    const handle = device.upload(source);
    source.data[0] = 9;
    device.download(handle).data[1] = 9;
    assert.equal([...device.download(handle).data], [1, 2], device.name);
    device.free(handle);
  }
});

Suite(
  "bytes are counted once for all that share them, until the last is freed; freeing twice does nothing",
  async () => {
    for (const device of await devices()) {
      const [arrays, bytes] = held(device);
      const x = device.upload(host("float32", [6], 1));
      const y = device.share(x);
      const z = device.reshaped(x as Block, [2, 3]);
      assert.equal(held(device), [arrays + 3, bytes + 24]);
      assert.is(device.storage(x), device.storage(z));
      device.free(x);
      device.free(x);
      device.free(z);
      assert.equal(held(device), [arrays + 1, bytes + 24]);
      assert.equal([...device.download(y).data], [1, 1, 1, 1, 1, 1]);
      device.free(y);
      assert.equal(held(device), [arrays, bytes]);
    }
  },
);

Suite("the heap does not grow over a loop that frees what it makes", async () => {
  const [device] = await devices();
  const big = host("float32", [1 << 20], 1);
  device.free(device.upload(big));
  const before = heldBy(device);
  for (let i = 0; i < 100; i++) device.free(device.upload(big));
  assert.equal(heldBy(device), before);
});

Suite("refuses float64, and what no heap can hold, with errors that say so", async () => {
  const [device] = await devices();
  const before = held(device);
  assert.throws(
    () => device.upload(host("float64", [1], 1)),
    (e: unknown) => isFluxionError(e, "DTypeError") && e.message.includes("reference"),
  );
  assert.throws(
    () => device.make([1 << 30], "float32"),
    (e: unknown) => isFluxionError(e, "BackendError") && e.message.includes("no memory left"),
  );
  assert.equal(held(device), before);
});

Suite.run();
