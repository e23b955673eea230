import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BACKEND_NAMES, type BackendName } from "../../lib/compile/executors.js";
import { init, memory, resetStats, runtimeFor, stats } from "../../lib/compile/init.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { currentRuntime, setRuntime } from "../../lib/core/runtime.js";
import * as np from "../../lib/np/index.js";

const Suite = suite("compile/init");

let before: ReturnType<typeof setRuntime>;
Suite.before(() => {
  before = setRuntime(undefined);
});
Suite.after(() => {
  setRuntime(before);
});

Suite("an operation before init is an error that says so", () => {
  assert.throws(
    () => np.add(1, 2),
    (e: unknown) => isFluxionError(e, "BackendError") && e.message.includes("init"),
  );
});

Suite("the default is WebAssembly; the same backend again changes nothing", async () => {
  await init({ executor: "tfjs" });
  const first = currentRuntime("test");
  assert.is(stats().executor, "wasm");
  await init({ backend: "wasm", executor: "tfjs" });
  assert.is(currentRuntime("test"), first);
  assert.is(await runtimeFor("wasm"), first);
});

Suite("after a switch, a tensor moves to the new backend when it is used, once", async () => {
  await init({ backend: "wasm", executor: "tfjs" });
  const x = np.array([1, 2, 3]);
  await init({ backend: "reference" });
  resetStats();
  const y = np.multiply(x, x);
  const z = np.add(x, x);
  assert.is(stats().bytesToDevice, 12);
  assert.equal([...y.dataSync(), ...z.dataSync()], [1, 4, 9, 2, 4, 6]);
  for (const t of [x, y, z]) t.dispose();
});

Suite("memory tells live arrays, their bytes and the heap; stats tell what crossed", async () => {
  await init({ backend: "wasm", executor: "tfjs" });
  const start = memory();
  resetStats();
  const x = np.array(new Float32Array(256));
  assert.is(memory().arrays, start.arrays + 1);
  assert.is(memory().bytes, start.bytes + 1024);
  assert.ok((memory().heapBytes ?? 0) > 1024);
  assert.equal(stats(), { executor: "wasm", bytesMoved: 1024, bytesToDevice: 1024, bytesToHost: 0 });
  const y = np.exp(x);
  assert.is(stats().bytesMoved, 1024, "computing moves nothing");
  y.dataSync();
  assert.is(stats().bytesToHost, 1024);
  x.dispose();
  y.dispose();
  assert.equal([memory().arrays, memory().bytes], [start.arrays, start.bytes]);
});

for (const backend of ["wasm", "cpu", "reference"] as const) {
  Suite(`${backend}: memory tells the most bytes that were live since the statistics were reset`, async () => {
    await init({ backend, executor: "tfjs" });
    const x = np.array(new Float32Array(256));
    resetStats();
    const { bytes } = memory();
    assert.is(memory().peakBytes, bytes);
    const two = [np.exp(x), np.exp(x)];
    for (const y of two) y.dispose();
    np.exp(x).dispose();
    assert.is(memory().bytes, bytes);
    assert.is(memory().peakBytes, bytes + 2048);
    resetStats();
    assert.is(memory().peakBytes, bytes);
    x.dispose();
  });
}

/** The message of the BackendError that starting gives. */
const refusal = async (backend: string): Promise<string> => {
  try {
    await init({ backend: backend as BackendName });
  } catch (e) {
    assert.ok(isFluxionError(e, "BackendError"), String(e));
    return (e as Error).message;
  }
  return assert.unreachable(`${backend} started`) as never;
};

Suite("a backend that is not installed is an error that says what to install", async () => {
  assert.match(await refusal("node-gpu"), /hint +npm install @tensorflow\/tfjs-node-gpu@4\.22/);
});

Suite("an unknown name is an error that lists the known ones", async () => {
  const said = await refusal("tensorflow");
  for (const name of BACKEND_NAMES) assert.match(said, name);
});

Suite("FLUXION_BACKEND names the backend where the program does not", async () => {
  const saved = process.env.FLUXION_BACKEND;
  try {
    process.env.FLUXION_BACKEND = "reference";
    await init({ executor: "tfjs" });
    assert.is(stats().executor, "reference");
    await init({ backend: "cpu", executor: "tfjs" });
    assert.is(stats().executor, "tfjs-cpu");
  } finally {
    if (saved === undefined) delete process.env.FLUXION_BACKEND;
    else process.env.FLUXION_BACKEND = saved;
  }
});

Suite("a second copy of the package in the process is refused", async () => {
  await init({ executor: "tfjs" });
  const registry = globalThis as { [key: symbol]: unknown };
  const key = Symbol.for("fluxion.instance");
  const mine = registry[key];
  registry[key] = {};
  try {
    await init({ executor: "tfjs" });
    assert.unreachable();
  } catch (e) {
    assert.ok(isFluxionError(e, "BackendError") && e.message.includes("another copy"), String(e));
  } finally {
    registry[key] = mine;
  }
});

Suite.run();
