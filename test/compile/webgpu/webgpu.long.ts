/** @file The asynchronous backend as a user meets it: pending values, programs under way, a training loop. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../../lib/compile/init.js";
import { isFluxionError } from "../../../lib/core/errors.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import {
  bind,
  blockUntilReady,
  dispose,
  grad,
  jit,
  lax,
  memory,
  np,
  optim,
  random,
  type Tensor,
  type TensorLike,
  valueAndGrad,
} from "../../../lib/index.js";
import { primitives } from "../../../lib/primitives/index.js";
import { numbers, treesClose } from "../../helpers/runtime.js";
import { webGpuRuntime } from "../../helpers/webgpu.js";

const Suite = suite("compile/webgpu");
const runtime = await webGpuRuntime();

/** A test where there is an adapter, else a skipped one. */
const test = (title: string, f: () => Promise<void>): void => {
  if (typeof runtime === "string") Suite.skip(title, f);
  else Suite(title, f);
};
if (typeof runtime === "string") console.log(`compile/webgpu: nothing runs, since ${runtime}`);

let before: ReturnType<typeof setRuntime>;
Suite.before(() => {
  before = typeof runtime === "string" ? undefined : setRuntime(runtime);
});
Suite.after(() => {
  if (typeof runtime !== "string") setRuntime(before);
});

const pending = (e: unknown): boolean =>
  isFluxionError(e, "PendingError") && e.message.includes("await blockUntilReady(x)");

test("a computed value is pending: what needs it at once is an error that says how to wait", async () => {
  const x = np.array([1, 2, 3]);
  assert.equal(numbers(x), [1, 2, 3], "what came from the host is known");
  const y = np.sum(np.multiply(x, x));
  assert.throws(() => y.dataSync(), pending);
  assert.throws(() => y.item(), pending);
  assert.is(String(y), "Tensor(<not read yet: await x.data()>, shape=[], dtype=float32)");
  const wasm = await runtimeFor("wasm");
  const gpu = setRuntime(wasm);
  assert.throws(() => np.add(y, 1), pending);
  setRuntime(gpu);
  assert.equal([...(await y.data())], [14]);
  assert.is(y.item(), 14, "once read, it is known");
});

test("blockUntilReady gives the same tree, and its tensors can then go to another backend", async () => {
  const tree = { a: np.exp(np.zeros([2])), b: [np.add(1, 1), 5] };
  assert.is(await blockUntilReady(tree), tree);
  assert.equal(numbers(tree.a), [1, 1]);
  const gpu = setRuntime(await runtimeFor("wasm"));
  assert.equal(numbers(np.add(tree.a, tree.b[0])), [3, 3]);
  setRuntime(gpu);
});

test("at most two programs are under way: a third without an await is an error", async () => {
  const f = jit((x: TensorLike) => np.multiply(x, 2));
  const one = f(1);
  const two = f(one);
  assert.throws(() => f(two), pending);
  await blockUntilReady(two);
  assert.equal([...(await f(two).data())], [8]);
  f.dispose();
});

test("what has no lowering is an error that names it and the remedy", async () => {
  assert.throws(
    () => bind(primitives.cholesky, [np.eye(2)], {}),
    (e: unknown) =>
      isFluxionError(e, "UnsupportedError") &&
      /cholesky/.test(e.message) &&
      /init\(\{ backend: "wasm" \}\)/.test(e.message),
  );
});

test("a scan runs and differentiates", async () => {
  const f = (w: TensorLike) => {
    const [last] = lax.scan(
      (carry: TensorLike, x: TensorLike) => {
        const next = np.tanh(np.add(np.multiply(w, carry), x));
        return [next, next] as const;
      },
      np.asarray(0.1),
      np.array([0.5, -0.25, 1]),
    );
    return np.sum(last);
  };
  const [onGpu] = await blockUntilReady([jit(grad(f))(0.7)]);
  const gpu = setRuntime(await runtimeFor("wasm"));
  treesClose(onGpu, grad(f)(0.7), "the derivative on wasm");
  setRuntime(gpu);
});

test("a branch computes both sides and selects", async () => {
  const branch = jit((x: TensorLike, y: TensorLike) => lax.cond(np.greater(x, 0), np.sin, np.cos, y));
  const y = np.array([0.5, -1, 2]);
  for (const [x, f] of [
    [1, Math.sin],
    [-1, Math.cos],
  ] as const) {
    const got = await branch(np.multiply(x, np.exp(1)), y).data();
    got.forEach((v, i) => {
      assert.ok(Math.abs(v - f([0.5, -1, 2][i])) < 1e-6);
    });
  }
  const { arrays } = memory();
  dispose(await blockUntilReady(branch(1, y)));
  assert.is(memory().arrays, arrays);
  branch.dispose();
});

test("a while loop needs a number on its way: an error that names what to use", async () => {
  const loop = jit((x: Tensor) =>
    lax.whileLoop(
      (v: Tensor) => np.less(v, 10),
      (v: Tensor) => np.multiply(v, 2),
      x,
    ),
  );
  assert.throws(
    () => loop(np.exp(1)),
    (e: unknown) => isFluxionError(e, "UnsupportedError") && /np\.where/.test(e.message) && /lax\.scan/.test(e.message),
  );
  loop.dispose();
});

/** Losses of thirty steps of Adam on a small perceptron; every step is awaited. */
const trained = async (): Promise<number[]> => {
  const loss = (p: { readonly w: Tensor; readonly v: Tensor }, x: Tensor, y: Tensor): Tensor =>
    np.mean(np.square(np.subtract(np.matmul(np.tanh(np.matmul(x, p.w)), p.v), y)));
  const tx = optim.adam({ learningRate: 0.1 });
  let params = { w: random.normal(random.key(1), [2, 8]), v: random.normal(random.key(2), [8, 1]) };
  const x = random.normal(random.key(3), [32, 2]);
  const y = np.sum(np.sin(x), { axis: 1, keepDims: true });
  let state = tx.init(params);
  using step = jit((p: typeof params, s: typeof state) => {
    const [value, grads] = valueAndGrad(loss)(p, x, y);
    const [updates, next] = tx.update(grads, s, p);
    return { params: optim.applyUpdates(p, updates), state: next, value };
  });
  const losses: number[] = [];
  for (let i = 0; i < 30; i++) {
    const out = step(params, state);
    losses.push((await blockUntilReady(out.value)).item());
    dispose([params, state, out.value]);
    ({ params, state } = out);
  }
  dispose([params, state, x, y]);
  return losses;
};

test("a training loop that awaits every step has the losses that it has on wasm", async () => {
  const onGpu = await trained();
  const gpu = setRuntime(await runtimeFor("wasm"));
  const onWasm = await trained();
  setRuntime(gpu);
  assert.ok(onGpu[29] < 0.5 * onGpu[0], `loss goes from ${onGpu[0]} to ${onGpu[29]}`);
  onGpu.forEach((value, i) => {
    assert.ok(Math.abs(value - onWasm[i]) <= 1e-4 * onWasm[i], `step ${i}: ${value} on webgpu, ${onWasm[i]} on wasm`);
  });
});

Suite.run();
