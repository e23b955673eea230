import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadOrt, type Ort } from "../../../lib/compile/onnx/binding.js";
import { onnxExecutor } from "../../../lib/compile/onnx/executor.js";
import { Pool } from "../../../lib/compile/onnx/pool.js";
import { runtimeOn } from "../../../lib/compile/runtime.js";
import { DeviceArray, dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { jit } from "../../../lib/transforms/jit.js";
import { numbers, on } from "../../helpers/runtime.js";

const Pooled = suite("compile/onnx/pool");

const ort = (await loadOrt()) as Ort;

/** The buffer in which a tensor lies. */
const bufferOf = (x: Tensor): unknown => {
  assert.ok(x instanceof DeviceArray);
  return x.device.storage(x.handleOn(x.device, "test"));
};

Pooled("a buffer that was given back is the next one of about its size, and no other is taken back", () => {
  const pool = new Pool();
  const [small, large] = [pool.take(2000), pool.take(100_000)];
  pool.give(large);
  pool.give(small);
  pool.give(new ArrayBuffer(1500));
  assert.is(pool.take(1500), small);
  assert.is(pool.take(90_000), large);
  assert.is.not(pool.take(2000), small);
  pool.give(large);
  assert.is.not(pool.take(1500), large, "far too large");
});

Pooled("a donated state lies in two buffers in turn, whatever the number of steps", () => {
  const runtime = runtimeOn(onnxExecutor(ort));
  on(runtime, () => {
    const step = jit((x: Tensor) => np.add(np.multiply(x, 0.5), 1), { donate: [0] });
    let x = np.zeros([4096]);
    const buffers = new Set<unknown>();
    for (let i = 0; i < 20; i++) {
      x = step(x);
      buffers.add(bufferOf(x));
      assert.is(runtime.device.memory().bytes, 4 * 4096, `step ${i}`);
    }
    assert.is(buffers.size, 2);
    assert.is(numbers(x)[4095], 2 - 2 ** -19);
    step.dispose();
    dispose(x);
    assert.is(runtime.device.memory().arrays, 0);
  });
});

Pooled("what is still read is not used again: a result stays while others of its size are made", () => {
  const runtime = runtimeOn(onnxExecutor(ort));
  on(runtime, () => {
    const f = jit((x: Tensor) => np.add(x, 1));
    const x = np.zeros([1024]);
    const first = f(x);
    const row = np.reshape(first, [32, 32]);
    first.dispose();
    for (let i = 0; i < 5; i++) dispose(f(np.full([1024], i)));
    assert.is(numbers(row)[1023], 1);
    assert.is(numbers(x)[0], 0);
    f.dispose();
  });
});

Pooled.run();
