/** @file Tensors go to TensorFlow.js and come back: the elements, who reads which memory, and that it is freed once. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Block, BlockDevice } from "../../../lib/compile/blocks/device.js";
import { runtimeFor } from "../../../lib/compile/init.js";
import type { ExecutorRuntime } from "../../../lib/compile/runtime.js";
import { type RawWasm, rawOf } from "../../../lib/compile/tfjs/tfjs-heap.js";
import { isFluxionError } from "../../../lib/core/errors.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import type { DeviceArray } from "../../../lib/core/tensor.js";
import { grad, jit, np, scope, type Tensor } from "../../../lib/index.js";
import { fromTfjs, toTfjs } from "../../../lib/tfjs/index.js";
import { numbers, on } from "../../helpers/runtime.js";

const Suite = suite("compile/tfjs/exchange");
/** With the types of TensorFlow.js. */
const lend = toTfjs<tf.Tensor>;
const shared = await runtimeFor("wasm", "tfjs");
const cpu = await runtimeFor("cpu");
const own = await runtimeFor("wasm");
const device = shared.executor.device as BlockDevice;
const raw = rawOf(device.backend) as RawWasm;
// Kernels of TensorFlow.js are asked for where its tensors lie.
await tf.setBackend("cpu");
const complex = tf.complex([1], [2]);
await tf.setBackend("wasm");

/** What both sides hold. */
const held = () => {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  const { arrays, bytes } = device.memory();
  return { numTensors, numBytes, numDataBuffers, arrays, bytes };
};

/** Runs `f` on the shared heap; afterwards both sides hold what they held, and what was allocated was freed, each once. */
const balanced = async (f: () => void | Promise<void>): Promise<void> => {
  const before = held();
  const { _malloc, _free } = raw.wasm;
  const live = new Set<number>();
  const faults: string[] = [];
  raw.wasm._malloc = (bytes) => {
    const address = _malloc(bytes);
    live.add(address);
    return address;
  };
  raw.wasm._free = (address) => {
    if (!live.delete(address)) faults.push(`${address} was freed, which was not live`);
    _free(address);
  };
  const runtime = setRuntime(shared);
  try {
    await f();
  } finally {
    setRuntime(runtime);
    Object.assign(raw.wasm, { _malloc, _free });
  }
  assert.equal(held(), before);
  assert.equal([...faults, ...live], []);
};

const addressIn = (x: tf.Tensor): number => raw.dataIdMap.get(x.dataId).memoryOffset;

const ROWS = [
  { name: "float32", values: [1, -2.5, 3, 4, 5, 6], shape: [2, 3] },
  { name: "int32", values: [1, -2, 2 ** 31 - 1], shape: [3] },
  { name: "bool", values: [1, 0, 1], shape: [3, 1] },
  { name: "float32", values: [7], shape: [] },
  { name: "int32", values: [], shape: [0, 2] },
] as const;

for (const [label, runtime] of [
  ["TensorFlow.js's heap", shared],
  ["the own heap", own],
  ["cpu", cpu],
] as [string, ExecutorRuntime][]) {
  Suite(`elements, shapes and dtypes arrive on both sides, on ${label}`, () =>
    on(runtime, () => {
      for (const { name, values, shape } of ROWS) {
        const x = scope(() => np.array(values, name).reshape([...shape]));
        const there = lend(x);
        assert.equal([there.shape, there.dtype, [...there.dataSync()]], [[...shape], name, [...values]]);
        const back = fromTfjs(there);
        assert.equal([`${back.aval}`, numbers(back)], [`${x.aval}`, [...values]]);
        const theirs = tf.tensor([...values], [...shape], name);
        const ours = fromTfjs(theirs);
        assert.equal([`${ours.aval}`, numbers(ours)], [`${x.aval}`, [...values]]);
        for (const t of [x, there, back, theirs, ours]) t.dispose();
      }
    }),
  );
}

Suite("one memory is read on TensorFlow.js's heap, and nothing crosses", () =>
  balanced(() => {
    const x = np.array([1, 2, 3]);
    shared.traffic.toHost = shared.traffic.toDevice = 0;
    const there = lend(x);
    const back = fromTfjs(there);
    const theirs = tf.square(there);
    const ours = fromTfjs(theirs);
    const sum = np.add(back, ours);
    assert.equal([shared.traffic.toHost, shared.traffic.toDevice], [0, 0]);
    const at = (y: Tensor): number => device.address((y as DeviceArray).handleOn(shared.device, "test") as Block);
    assert.equal([addressIn(there), at(back)], [at(x), at(x)]);
    assert.is(addressIn(theirs), at(ours));
    assert.equal(numbers(sum), [2, 6, 12]);
    for (const t of [sum, ours, theirs, back, there, x]) t.dispose();
  }),
);

/** All orders of a list. */
const orders = <T>(list: readonly T[]): T[][] =>
  list.length < 2 ? [[...list]] : list.flatMap((x, i) => orders(list.toSpliced(i, 1)).map((rest) => [x, ...rest]));

Suite("memory is freed once, after its last reader, in whatever order the readers go", () =>
  balanced(() => {
    for (const order of orders([0, 1, 2, 3])) {
      const x = np.array([1, 2, 3, 4]);
      const lent = lend(x);
      const readers: readonly (Tensor | tf.Tensor)[] = [x, lent, fromTfjs(lent), tf.reshape(lent, [2, 2])];
      order.forEach((k, i) => {
        readers[k].dispose();
        for (const left of order.slice(i + 1)) assert.equal([...readers[left].dataSync()], [1, 2, 3, 4]);
      });
      const theirs = tf.tensor1d([5, 6, 7, 8]);
      const borrowed = fromTfjs(theirs);
      const others: readonly (Tensor | tf.Tensor)[] = [theirs, borrowed, lend(borrowed), fromTfjs(theirs)];
      order.forEach((k, i) => {
        others[k].dispose();
        for (const left of order.slice(i + 1)) assert.equal([...others[left].dataSync()], [5, 6, 7, 8]);
      });
    }
  }),
);

Suite("scope and tf.tidy free what they made", () =>
  balanced(() => {
    const kept = scope(() => tf.tidy(() => tf.keep(tf.add(lend(np.array([1, 2]).add(1)), 1))));
    const total = scope(() => np.sum(fromTfjs(kept)));
    assert.is(total.item(), 7);
    total.dispose();
    kept.dispose();
  }),
);

Suite("data that TensorFlow.js moves to another backend stay with the other reader", () =>
  balanced(async () => {
    const x = np.array([1, 2, 3]);
    const there = lend(x);
    const theirs = tf.tensor1d([4, 5, 6]);
    const ours = fromTfjs(theirs);
    await tf.setBackend("cpu");
    const sum = tf.add(there, theirs);
    assert.equal([...sum.dataSync()], [5, 7, 9]);
    assert.equal(
      [numbers(x), numbers(ours)],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    );
    await tf.setBackend("wasm");
    for (const t of [sum, there, theirs, ours, x]) t.dispose();
  }),
);

Suite("what is forgotten here is collected, and TensorFlow.js's reader keeps the memory", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const before = held();
  const there = on(shared, () => {
    const forget = (): tf.Tensor => lend(np.array([1, 2, 3]));
    return forget();
  });
  for (let i = 0; i < 50 && device.memory().arrays > before.arrays + 1; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
  }
  assert.is(device.memory().arrays, before.arrays + 1, "TensorFlow.js's reader alone");
  assert.equal([...there.dataSync()], [1, 2, 3]);
  there.dispose();
  assert.equal(held(), before);
});

Suite("programs and gradients take what came from TensorFlow.js", () =>
  on(shared, () => {
    const theirs = tf.tensor1d([1, 2, 3]);
    const x = fromTfjs(theirs);
    const cubes = jit((y: Tensor) => np.sum(np.power(y, 3)));
    assert.equal(numbers(grad(cubes)(x)), [3, 12, 27]);
    x.dispose();
    theirs.dispose();
  }),
);

Suite("what cannot be exchanged is an error that says why", () =>
  on(shared, () => {
    const refused = (f: () => unknown, tag: Parameters<typeof isFluxionError>[1], ...parts: RegExp[]): void => {
      try {
        f();
      } catch (e) {
        assert.ok(isFluxionError(e, tag), String(e));
        for (const part of parts) assert.match((e as Error).message, part);
        return;
      }
      assert.unreachable(`nothing was thrown; expected ${tag}`);
    };
    const words = np.array([1], "uint32");
    refused(() => lend(words), "DTypeError", /toTfjs/, /got +uint32/, /astype/);
    refused(() => fromTfjs(tf.tensor(["a"]) as never), "DTypeError", /got +string/);
    refused(() => fromTfjs(complex), "DTypeError", /got +complex64/);
    refused(() => lend([1] as never), "ArgumentError", /not a tensor/);
    refused(() => fromTfjs(words as never), "ArgumentError", /a tensor of this library/);
    const through = (x: Tensor): Tensor => fromTfjs(lend(x));
    for (const f of [grad(through), jit(through)]) refused(() => f(1), "TracerError", /derivatives do not pass/);
    const gone = tf.scalar(1);
    gone.dispose();
    refused(() => fromTfjs(gone), "UseAfterDisposeError", /has been disposed/);
    words.dispose();
    refused(() => lend(words), "DTypeError");
  }),
);

Suite.run();
