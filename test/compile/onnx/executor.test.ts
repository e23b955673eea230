import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchOf, t5Of } from "../../../bench/t5/fluxion.js";
import { drawData, type Size } from "../../../bench/t5/model.js";
import { EXECUTOR_NAMES, type ExecutorName } from "../../../lib/compile/executors.js";
import { init, memory, resetStats, runtimeOf, stats } from "../../../lib/compile/init.js";
import { loadOrt, type Ort } from "../../../lib/compile/onnx/binding.js";
import { onnxExecutor } from "../../../lib/compile/onnx/executor.js";
import { runtimeOn } from "../../../lib/compile/runtime.js";
import { isFluxionError } from "../../../lib/core/errors.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import { prompt as promptMethod } from "../../../lib/methods/index.js";
import * as np from "../../../lib/np/index.js";
import { adafactor } from "../../../lib/optim/index.js";
import * as random from "../../../lib/random/index.js";
import { initState, makeTrainStep } from "../../../lib/train/state.js";
import { jit } from "../../../lib/transforms/jit.js";
import { messageOf, numbers, on } from "../../helpers/runtime.js";

const Executor = suite("compile/onnx/executor");

let before: ReturnType<typeof setRuntime>;
Executor.before(() => {
  before = setRuntime(undefined);
});
Executor.after(() => {
  setRuntime(before);
});

const ort = (await loadOrt()) as Ort;

/** A runtime on the native executor alone, and how many sessions it holds. */
const counting = () => {
  let open = 0;
  const executor = onnxExecutor({
    open(...args) {
      const session = ort.open(...args);
      open++;
      return {
        ...session,
        dispose: () => {
          open--;
          session.dispose();
        },
      };
    },
  });
  return { runtime: runtimeOn(executor), open: () => open };
};

/** What starting says when it refuses. */
const refusal = async (options: Parameters<typeof init>[0]): Promise<string> => {
  try {
    await init(options);
  } catch (e) {
    assert.ok(isFluxionError(e, "BackendError"), String(e));
    return (e as Error).message;
  }
  return assert.unreachable("it started") as never;
};

const tiny: Size = { d: 16, ff: 32, layers: 2, heads: 2, dkv: 8, vocab: 64, batch: 2, input: 6, target: 3, prompt: 4 };

const batch = () => batchOf(tiny, drawData(tiny));

/** The training step of prompt tuning on a small T5, and what it starts from. */
const training = () => {
  const { config, params, prompt } = t5Of(tiny, drawData(tiny));
  const tx = adafactor({ learningRate: 0.3 });
  const method = promptMethod({ length: tiny.prompt });
  const step = makeTrainStep(config, method, tx, { dropoutRate: 0.1 });
  return { step, params, state: initState(tx, prompt, random.key(0)) };
};

Executor("a training step of T5 with dropout and Adafactor is compiled whole", async () => {
  await init({ executor: "onnx" });
  const { step, params, state } = training();
  const example = batch();
  const lowered = step.lower(params, state, example);
  assert.is(lowered.executor, "onnx");
  assert.equal(lowered.fallbacks, []);
  dispose([params, state, example]);
});

Executor(
  "training steps move their batch and loss only, look at its ids, keep memory, and hold one session",
  async () => {
    const { runtime, open } = counting();
    on(runtime, () => {
      const { step, params, state: first } = training();
      let state = first;
      let bytes = 0;
      for (let i = 0; i < 40; i++) {
        resetStats();
        const given = batch();
        const { state: next, loss } = step(params, state, given);
        assert.ok(Number.isFinite(loss.item()));
        dispose([loss, given]);
        state = next;
        // The first one is traced, which makes constants.
        const ids = 4 * (2 * 6 + 2 * 3);
        if (i > 0) assert.is(stats().bytesMoved, ids + ids + 4);
        if (i === 0) bytes = memory().bytes;
        assert.is(memory().bytes, bytes, `step ${i}`);
      }
      assert.is(open(), 1);
      step.dispose();
      assert.is(open(), 0);
      dispose([params, state]);
      assert.is(memory().arrays, 0);
    });
    runtime.dispose();
  },
);

Executor("what has no operators runs on the host between two native parts, and lower says so", () => {
  const { runtime, open } = counting();
  on(runtime, () => {
    const f = jit((x: Tensor) => np.multiply(np.sum(np.linalg.inv(np.add(x, 1))), 2));
    const x = np.array([0, 1, 2, 3], { shape: [2, 2] });
    assert.ok(f.lower(x).fallbacks.includes("lu"), String(f.lower(x).fallbacks));
    const y = f(x);
    // [[1, 2], [3, 4]] has the inverse [[-2, 1], [1.5, -0.5]].
    assert.ok(Math.abs(y.item()) < 1e-5);
    assert.ok(open() >= 2);
    f.dispose();
    assert.is(open(), 0, "sessions go with the function");
    dispose([x, y]);
  });
  runtime.dispose();
});

Executor("a failure of the runtime names the operation, and frees what the call made", async () => {
  await init({ executor: "onnx" });
  const n = 2 ** 21;
  const f = jit((x: Tensor) => np.sum(np.exp(np.add(np.reshape(x, [n, 1]), np.reshape(x, [1, n])))));
  const x = np.ones([n]);
  const { arrays } = memory();
  const said = messageOf(() => f(x)) ?? "nothing";
  assert.match(said, /^jit: the native runtime failed\n/);
  assert.match(said, /got .*allocate memory/);
  assert.match(said, /at +add \(operator Add\)/);
  f.dispose();
  // The copy that the native executor was given stays with the tensor.
  assert.is(memory().arrays, arrays + 1);
  x.dispose();
});

Executor("the executor is chosen by init, by the environment, and for one program", async () => {
  const program = (options: { executor?: "onnx" | "tfjs" } = {}) => jit((x: Tensor) => np.add(x, 1), options);
  const saved = process.env.FLUXION_EXECUTOR;
  try {
    delete process.env.FLUXION_EXECUTOR;
    await init();
    assert.is(stats().executor, "onnx", "auto takes what is installed");
    const one = np.array([1, 2]);
    assert.is(program().lower(one).executor, "onnx");
    assert.is(program({ executor: "tfjs" }).lower(one).executor, "tfjs");
    for (const executor of ["onnx", "tfjs"] as const) assert.equal(numbers(program({ executor })(one)), [2, 3]);
    process.env.FLUXION_EXECUTOR = "tfjs";
    await init();
    assert.is(stats().executor, "wasm");
    assert.match(
      messageOf(() => program({ executor: "onnx" })(one)) ?? "nothing",
      /the executor is not available\n.*\n.*\n +hint +await init\(\{ executor: "onnx" \}\) says what it needs/,
    );
    assert.equal(numbers(program({ executor: "tfjs" })(one)), [2, 3]);
    await init({ executor: "onnx" });
    assert.is(stats().executor, "onnx", "the program goes before the environment");
    process.env.FLUXION_EXECUTOR = "cuda";
    for (const name of EXECUTOR_NAMES) assert.match(await refusal({}), name);
    one.dispose();
  } finally {
    if (saved === undefined) delete process.env.FLUXION_EXECUTOR;
    else process.env.FLUXION_EXECUTOR = saved;
  }
});

Executor("a name that is not known, or that does not go with the backend, is an error", async () => {
  assert.match(await refusal({ executor: "torch" as ExecutorName }), /expected +auto, onnx, tfjs\n +got +torch/);
  assert.match(await refusal({ executor: "onnx", backend: "reference" }), /got +reference/);
  const runtime = await runtimeOf({ backend: "reference" });
  assert.is(runtime.name, "reference", "auto goes with any backend");
});

Executor("an execution provider that is not there is an error that lists those that are", async () => {
  assert.match(await refusal({ executor: "onnx", providers: ["mars"] }), /expected +.*cpu.*\n +got +mars/);
});

Executor.run();
