/** @file What runs where beside the native executor: single operations on the backend, programs in onnxruntime, and what is copied between. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { besideBackend } from "../../../lib/compile/beside.js";
import { init, resetStats, runtimeFor, stats } from "../../../lib/compile/init.js";
import { loadOrt, type Ort } from "../../../lib/compile/onnx/binding.js";
import { onnxExecutor } from "../../../lib/compile/onnx/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../../lib/compile/runtime.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as lax from "../../../lib/lax/index.js";
import * as np from "../../../lib/np/index.js";
import { checkpoint } from "../../../lib/transforms/checkpoint.js";
import { jit } from "../../../lib/transforms/jit.js";
import { numbers, on } from "../../helpers/runtime.js";

const Eager = suite("compile/onnx/eager");

let before: ReturnType<typeof setRuntime>;
Eager.before(() => {
  before = setRuntime(undefined);
});
Eager.after(() => {
  setRuntime(before);
});

const ort = (await loadOrt()) as Ort;

/** The runtime of `init({ backend: "wasm", executor: "onnx" })`, which notes runs of onnxruntime and operations of the backend. */
const watched = async () => {
  const ran: string[] = [];
  const native = onnxExecutor({
    open(...args) {
      const session = ort.open(...args);
      return {
        ...session,
        run: (...inputs) => {
          ran.push("onnx");
          return session.run(...inputs);
        },
      };
    },
  });
  const backend = await runtimeFor("wasm");
  const eager: ExecutorRuntime = {
    ...backend,
    evaluate: (prim, args, params) => {
      ran.push(prim.name);
      return backend.evaluate(prim, args, params);
    },
  };
  const runtime = besideBackend("onnx", runtimeOn(native, backend), eager);
  /** What has run since the last call. */
  return { runtime, ran: () => ran.splice(0) };
};

Eager("single operations and loops run on the backend, programs in onnxruntime", async () => {
  const { runtime, ran } = await watched();
  on(runtime, () => {
    const x = np.array([1, 2, 3]);
    const sum = np.add(x, x);
    assert.equal([numbers(sum), ran()], [[2, 4, 6], ["add"]]);

    const product = jit((a: Tensor, b: Tensor) => np.add(np.multiply(a, b), 1));
    const made = product(x, sum);
    assert.equal([numbers(made), ran()], [[3, 9, 19], ["onnx"]]);
    const onBackend = jit((a: Tensor, b: Tensor) => np.add(np.multiply(a, b), 2), { executor: "tfjs" });
    const other = onBackend(x, sum);
    assert.equal([numbers(other), ran()], [[4, 10, 20], ["jit"]]);

    const running = (a: Tensor): Tensor => lax.scan((c: Tensor, y: Tensor) => [np.add(c, y), c], np.array(0), a)[0];
    const loop = running(x);
    assert.equal(numbers(loop), [6]);
    const turns = ran();
    assert.ok(turns.includes("scan") && !turns.includes("onnx"), turns.join());
    const compiled = jit(running);
    const looped = compiled(x);
    assert.equal([numbers(looped), ran()], [[6], ["onnx"]]);

    // Outside of a program a checkpoint is what its operations are.
    const kept = checkpoint((a: Tensor) => np.sin(a))(x);
    assert.equal(ran(), ["sin"]);
    for (const f of [product, onBackend, compiled]) f.dispose();
    dispose([x, sum, made, other, loop, looped, kept]);
  });
});

Eager("an array is copied to the other side once, and only where it is needed", async () => {
  await init({ backend: "wasm", executor: "onnx" });
  const bytes = 4 * 256;
  /** Bytes that `f` moved there and back. */
  const moved = (f: () => unknown): readonly number[] => {
    resetStats();
    f();
    const { executor, bytesToDevice, bytesToHost } = stats();
    assert.is(executor, "onnx");
    return [bytesToDevice, bytesToHost];
  };
  const held: Tensor[] = [];
  const hold = (x: Tensor): Tensor => {
    held.push(x);
    return x;
  };
  const x = hold(np.array(new Float32Array(256).fill(1)));
  const double = jit((a: Tensor) => np.add(a, a));
  assert.equal(
    moved(() => hold(double(x))),
    [0, 0],
    "a program reads arrays where they are",
  );
  const [program] = held.slice(-1);
  assert.equal(
    moved(() => hold(np.add(x, x))),
    [bytes, bytes],
    "the backend has a memory of its own",
  );
  const [eager] = held.slice(-1);
  assert.equal(
    moved(() => hold(np.multiply(x, eager))),
    [0, 0],
    "what is there already stays",
  );
  assert.equal(
    moved(() => hold(double(eager))),
    [bytes, bytes],
    "a program needs it back",
  );
  assert.equal(
    moved(() => hold(double(eager))),
    [0, 0],
    "once",
  );
  assert.equal(
    moved(() => hold(np.add(program, eager))),
    [bytes, bytes],
  );
  assert.equal(numbers(held[held.length - 1]), new Array(256).fill(4));
  double.dispose();
  dispose(held);
});

Eager.run();
