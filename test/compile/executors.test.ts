/** @file One more executor is a row of the table: what follows from the rows, and what the compiler asks of tables of lowerings. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Lowerings } from "../../lib/compile/by-impl.js";
import type { Executor } from "../../lib/compile/executor.js";
import {
  BACKEND_NAMES,
  choicesOf,
  EXECUTOR_NAMES,
  EXECUTORS,
  type ExecutorTable,
  SYNCHRONOUS_BACKENDS,
} from "../../lib/compile/executors.js";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { starterOf } from "../../lib/compile/start.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { jit, np } from "../../lib/index.js";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { conforms } from "../conformance/checks.js";
import { rows } from "../conformance/rows.js";
import { numbers, on, runtimes } from "../helpers/runtime.js";

const Suite = suite("compile/executors");

/** An executor that notes what it is asked for. */
const fake = (name: string, asked: string[]): Executor => {
  const reference = referenceExecutor();
  return {
    ...reference,
    name,
    kernel: (prim, ...rest) => {
      asked.push(prim.name);
      return reference.kernel(prim, ...rest);
    },
  };
};

/** The table with two more rows, and what their executors were asked for. */
const extended = () => {
  const asked = { fake: [] as string[], runner: [] as string[] };
  const table = {
    ...EXECUTORS,
    fake: { runs: "everything", pending: false, heaps: ["paper"], start: async () => fake("fake", asked.fake) },
    runner: {
      runs: "programs",
      about: "a fake",
      beside: ["fake"],
      needs: "fake@1",
      node: false,
      start: async ({ threads }) => (threads === 0 ? undefined : fake("runner", asked.runner)),
    },
  } as const satisfies ExecutorTable;
  return { asked, table, ...starterOf(table) };
};

const refusalOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.catch((e: unknown) => e);
  assert.ok(isFluxionError(error, "BackendError"), String(error));
  return (error as Error).message;
};

for (const name of ["add", "reduce_sum"] as const) {
  Suite(`a fake executor with a row of its own passes the conformance rows of ${name}`, async () => {
    const { asked, runtimeFor } = extended();
    const runtime = await runtimeFor("fake");
    const [row] = rows.filter((r) => r.prim === name);
    conforms(primitives[name], row, [runtime]);
    assert.ok(asked.fake.includes(name));
    runtime.dispose();
  });
}

Suite("a row of programs runs them beside its backend, and single operations stay with the backend", async () => {
  const { asked, runtimeOf } = extended();
  const both = await runtimeOf({ backend: "fake", executor: "auto" });
  assert.is(await runtimeOf({ backend: "fake", executor: "runner" }), both, "started once");
  on(both, () => {
    const sum = jit((x: number) => np.add(np.exp(x), 1));
    assert.equal(numbers(sum(0)), [2]);
    assert.is(sum.lower(0).executor, "runner");
    assert.equal([asked.runner.includes("exp"), asked.fake.includes("exp")], [true, false]);
    assert.equal(numbers(np.exp(0)), [1]);
    assert.ok(asked.fake.includes("exp"));
  });
  const absent = { backend: "fake", executor: "runner", threads: 0 };
  assert.match(await refusalOf(runtimeOf(absent)), /not installed\n.*fake@1\n.*\n.*npm install fake@1, or .* "tfjs"/);
  assert.is((await runtimeOf({ ...absent, executor: "auto" })).name, "fake");
});

Suite("messages name the rows", async () => {
  const { runtimeFor, runtimeOf, table } = extended();
  const backends = /expected +wasm, cpu, webgpu, node-gpu, reference, fake\n +got +fak$/;
  assert.match(await refusalOf(runtimeFor("fak")), backends);
  assert.match(await refusalOf(runtimeOf({ backend: "fake", executor: "?" })), /auto, onnx, runner, tfjs\n +got +\?/);
  assert.match(await refusalOf(runtimeOf({ backend: "cpu", executor: "runner" })), /backends? fake\n +got +cpu/);
  assert.match(await refusalOf(runtimeFor("fake", "own")), /backend "wasm" or "fake" where a heap is chosen/);
  assert.match(await refusalOf(runtimeFor("fake", "paper mill")), /own, tfjs, paper\n/);
  assert.is((await runtimeFor("fake", "paper")).name, "fake");
  assert.equal(choicesOf(table), ["auto", "onnx", "runner", "tfjs"]);
});

Suite("options of init and of recipes, and the executors of the tests, are those of the table", () => {
  assert.equal(BACKEND_NAMES, ["wasm", "cpu", "webgpu", "node-gpu", "reference"]);
  assert.equal(SYNCHRONOUS_BACKENDS, ["wasm", "cpu", "node-gpu", "reference"]);
  assert.equal(EXECUTOR_NAMES, ["auto", "onnx", "tfjs"]);
  assert.equal(
    runtimes().map(({ label }) => label),
    ["reference", "wasm", "cpu", "onnx"],
  );
});

Suite("each heap's runtime of native programs is its own, and an executor is named by what it is", async () => {
  const { runtimeFor, runtimeOf } = starterOf(EXECUTORS);
  const [own, tfjs] = [await runtimeFor("wasm"), await runtimeFor("wasm", "tfjs")];
  assert.equal([own.name, tfjs.name, (await runtimeFor("cpu")).name], ["wasm", "tfjs-wasm", "tfjs-cpu"]);
  assert.is(await runtimeFor("wasm", "own"), own);
  const native = { backend: "wasm", executor: "onnx" };
  assert.is.not(await runtimeOf(native), await runtimeOf({ ...native, heap: "tfjs" }));
  for (const runtime of [own, tfjs]) {
    on(runtime, () => assert.equal(numbers(jit((x: number) => np.add(x, 1), { executor: "tfjs" })(1)), [2]));
  }
});

// The compiler is what is tested: each line below is an error where a table is not asked for every primitive.
type Table = Lowerings<string, Exclude<PrimitiveName, "add" | "sub" | "zeta">>;
({ add: "", sub: "" }) satisfies Table;
// @ts-expect-error a primitive is missing
({ add: "" }) satisfies Table;
// @ts-expect-error a primitive that goes by impl has no line
({ add: "", sub: "", zeta: "" }) satisfies Table;

Suite.run();
