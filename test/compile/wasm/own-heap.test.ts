import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ExecutorRuntime, runtimeOn } from "../../../lib/compile/runtime.js";
import { heapExecutor } from "../../../lib/compile/wasm/executor.js";
import { ownBackend } from "../../../lib/compile/wasm/own-backend.js";
import { ownHeap } from "../../../lib/compile/wasm/own-heap.js";
import { scope } from "../../../lib/core/composite.js";
import { isFluxionError } from "../../../lib/core/errors.js";
import { dispose } from "../../../lib/core/public.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { grad } from "../../../lib/transforms/grad.js";
import { jit } from "../../../lib/transforms/jit.js";
import { heldBy, numbers, on } from "../../helpers/runtime.js";

const Suite = suite("compile/wasm/own-heap");

const MIB = 2 ** 20;
const SEED = 7;

/** Reproducible numbers in [0, 1). */
const uniform = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/** What the heap has handed out, in plain numbers: a mark at both ends of each stretch, and no two that overlap. */
const assertApart = (live: ReadonlyMap<number, number>, memory: WebAssembly.Memory): void => {
  let end = 64;
  for (const [address, bytes] of [...live].sort(([a], [b]) => a - b)) {
    assert.ok(address >= end && address % 64 === 0, `${address} lies in the stretch that ends at ${end}`);
    end = address + Math.max(1, bytes);
  }
  assert.ok(end <= memory.buffer.byteLength);
};

Suite(`10,000 random calls agree with a list of stretches (seed ${SEED})`, () => {
  const heap = ownHeap(64 * MIB);
  const random = uniform(SEED);
  const live = new Map<number, number>();
  const marks = new Map<number, number>();
  const bytesAt = (address: number, bytes: number): Uint8Array => new Uint8Array(heap.memory.buffer, address, bytes);
  let refused = 0;
  for (let i = 0; i < 10_000; i++) {
    if (random() < 0.55 || live.size === 0) {
      const bytes = Math.floor(2 ** (22 * random()));
      const address = heap.malloc(bytes);
      if (address === 0) {
        refused++;
        continue;
      }
      assert.not(live.has(address));
      live.set(address, bytes);
      marks.set(address, i & 255);
      bytesAt(address, bytes).fill(i & 255);
    } else {
      const address = [...live.keys()][Math.floor(random() * live.size)];
      const bytes = live.get(address) as number;
      const data = bytesAt(address, bytes);
      assert.equal([data[0], data[bytes - 1]], [marks.get(address), marks.get(address)], `step ${i}`);
      live.delete(address);
      heap.free(address);
    }
    if (i % 100 === 0) assertApart(live, heap.memory);
  }
  assert.ok(refused > 0 && live.size > 10, `${refused} refused, ${live.size} live: both paths were taken`);
  for (const address of live.keys()) heap.free(address);
  assert.is(heap.memory.buffer.byteLength, 64 * MIB);
  const most = 62 * MIB; // The least size of a class.
  assert.is(heap.malloc(most), 64, "all that was freed is one block again");
});

Suite("what was freed serves the same request again, whatever its size", () => {
  const heap = ownHeap();
  const random = uniform(SEED);
  for (let i = 0; i < 200; i++) {
    const bytes = Math.floor(2 ** (25 * random()));
    const [first, wall] = [heap.malloc(bytes), heap.malloc(1)];
    const before = heap.memory.buffer.byteLength;
    heap.free(first);
    const again = heap.malloc(bytes);
    assert.ok(again !== 0);
    assert.is(heap.memory.buffer.byteLength, before, `${bytes} bytes`);
    heap.free(again);
    heap.free(wall);
  }
});

Suite("memory that was not given, or was given back, is not taken", () => {
  const heap = ownHeap();
  const address = heap.malloc(8);
  heap.free(address);
  for (const wrong of [address, 0, 12])
    assert.throws(
      () => heap.free(wrong),
      (e: unknown) => isFluxionError(e, "InvariantError"),
    );
});

const runtimeWith = (mostBytes: number): ExecutorRuntime => runtimeOn(heapExecutor(ownBackend(mostBytes)));

Suite("no memory left is a BackendError, and everything goes on afterwards, eagerly and in programs", () => {
  const runtime = runtimeWith(24 * MIB);
  on(
    runtime,
    () => {
      const outer = jit((v: Tensor) => np.sum(np.matmul(np.reshape(v, [-1, 1]), np.reshape(v, [1, -1]))));
      const small = np.ones([64]);
      outer(small).dispose();
      const large = np.ones([4096]);
      const before = heldBy(runtime.device).bytes;
      for (let i = 0; i < 3; i++) {
        for (const tooMuch of [() => outer(large), () => np.ones([2 ** 28]), () => np.zeros([2 ** 30])])
          assert.throws(tooMuch, (e: unknown) => isFluxionError(e, "BackendError") && /no memory left/.test(e.message));
        assert.is(heldBy(runtime.device).bytes, before);
        const y = outer(small);
        assert.equal(numbers(y), [4096]);
        y.dispose();
      }
      dispose([small, large]);
    },
    true,
  );
});

Suite("1,000 steps of training do not grow it", () => {
  const runtime = runtimeWith(64 * MIB);
  on(
    runtime,
    () => {
      const loss = (w: Tensor, x: Tensor): Tensor => np.mean(np.square(np.subtract(np.tanh(np.matmul(x, w)), 0.5)));
      const step = jit((w: Tensor, x: Tensor) => np.subtract(w, np.multiply(0.1, grad(loss)(w, x))), { donate: [0] });
      const x = np.ones([32, 16]);
      let w = np.zeros([16, 8]);
      const turn = (): void => {
        w = step(w, x);
        scope(() => loss(w, x).item());
      };
      for (let i = 0; i < 10; i++) turn();
      const before = heldBy(runtime.device);
      for (let i = 0; i < 1000; i++) turn();
      assert.equal(heldBy(runtime.device), before);
      dispose([w, x]);
    },
    true,
  );
});

Suite.run();
