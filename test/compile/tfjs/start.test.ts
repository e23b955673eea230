import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startBackend } from "../../../lib/compile/tfjs/start.js";
import { isFluxionError } from "../../../lib/core/errors.js";

const Suite = suite("compile/tfjs/start");

// tfjs keeps the name of the current backend in a global, so that two starts at once could each get the other's object.
Suite("backends that are started at the same time, one of them in vain, are each their own", async () => {
  const [wasm, failed, cpu] = await Promise.allSettled([
    startBackend("wasm"),
    startBackend("node-gpu"),
    startBackend("cpu"),
  ]);
  assert.ok(failed.status === "rejected" && isFluxionError(failed.reason, "BackendError"));
  assert.ok(wasm.status === "fulfilled" && cpu.status === "fulfilled");
  const backend = cpu.value;
  assert.ok(wasm.value.heap !== undefined && backend.heap === undefined);
  const pair = {
    a: backend.make([2], "float32", Float32Array.of(1, 2)),
    b: backend.make([], "float32", Float32Array.of(3)),
  };
  const sum = backend.kernel("Add")(pair);
  assert.equal([...backend.view(sum)], [4, 5]);
  for (const info of [pair.a, pair.b, sum]) backend.release(info);
});

Suite("starting leaves no handlers on the process", async () => {
  const count = (): number => process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
  const before = count();
  await startBackend("wasm");
  assert.is(count(), before);
});

Suite("a kernel that the backend lacks is an error that names both", async () => {
  for (const name of ["cpu", "wasm"] as const) {
    const backend = await startBackend(name);
    assert.throws(
      () => backend.kernel("NoSuchKernel" as never),
      (e: unknown) => isFluxionError(e, "BackendError") && new RegExp(`NoSuchKernel.*${name}`).test(e.message),
    );
  }
});

Suite.run();
