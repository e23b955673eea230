/** Methods on tensors: each is a thin call of its free function, on tracers too. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../lib/core/composite.js";
import { Tensor as Tensors } from "../lib/core/tensor.js";
import { grad, init, jit, makeJaxpr, np, random, type Tensor, vmap } from "../lib/index.js";

const Methods = suite("tensor methods");
Methods.before(() => init({ backend: "reference" }));

const x = (): Tensor =>
  np.array([
    [1.5, -2, 3],
    [0.25, 5, -6],
  ]);
type Program = (x: Tensor) => Tensor;
/** Ten programs, in methods and in free functions. */
const PROGRAMS: Record<string, readonly [fluent: Program, free: Program]> = {
  "sum of squares": [(x) => x.mul(x).sum(), (x) => np.sum(np.multiply(x, x))],
  softmax: [
    (x) => {
      const e = x.sub(x.max({ axis: 1, keepDims: true })).exp();
      return e.div(e.sum({ axis: 1, keepDims: true }));
    },
    (x) => {
      const e = np.exp(np.subtract(x, np.max(x, { axis: 1, keepDims: true })));
      return np.divide(e, np.sum(e, { axis: 1, keepDims: true }));
    },
  ],
  standardized: [
    (x) => x.sub(x.mean({ axis: 0 })).div(x.var({ axis: 0 }).add(1e-5).sqrt()),
    (x) => np.divide(np.subtract(x, np.mean(x, { axis: 0 })), np.sqrt(np.add(np.variance(x, { axis: 0 }), 1e-5))),
  ],
  "gram matrix": [(x) => x.matmul(x.T), (x) => np.matmul(x, np.transpose(x))],
  "a row set": [(x) => x.at(0).set(1), (x) => np.at(x, 0).set(1)],
  "a column added to": [(x) => x.at(":", 1).add(2).get("::-1"), (x) => np.get(np.at(x, ":", 1).add(2), "::-1")],
  reshaped: [
    (x) => x.reshape(3, 2).transpose(1, 0).ravel().neg(),
    (x) => np.negative(np.ravel(np.transpose(np.reshape(x, [3, 2]), [1, 0]))),
  ],
  "counted and cast": [
    (x) => x.greater(0).sum({ axis: 1 }).astype("float32").mul(2),
    (x) => np.multiply(np.astype(np.sum(np.greater(x, 0), { axis: 1 }), "float32"), 2),
  ],
  "sorted and summed up": [(x) => x.sort().cumsum({ axis: 1 }), (x) => np.cumsum(np.sort(x), { axis: 1 })],
  "clipped powers": [
    (x) => x.clip(-1, 2).pow(2).sub(x.abs().min()).std(),
    (x) => np.std(np.subtract(np.power(np.clip(x, -1, 2), 2), np.min(np.abs(x)))),
  ],
};

for (const [name, [fluent, free]] of Object.entries(PROGRAMS)) {
  Methods(`${name}: methods and free functions give one value, one derivative and one jaxpr`, () => {
    scope(() => {
      assert.equal(fluent(x()).tolist(), free(x()).tolist());
      assert.equal(vmap(fluent)(np.stack([x(), x()])).tolist(), vmap(free)(np.stack([x(), x()])).tolist());
      assert.equal(jit(fluent)(x()).tolist(), jit(free)(x()).tolist());
      assert.is(String(makeJaxpr(fluent)(x())), String(makeJaxpr(free)(x())));
      const slope = (f: Program) => grad((t: Tensor) => np.sum(np.astype(f(t), "float32")))(x()).tolist();
      assert.equal(slope(fluent), slope(free));
      return null;
    });
  });
}

Methods("shapes are given as a list or as arguments", () => {
  scope(() => {
    for (const y of [x().reshape(3, 2), x().reshape([3, 2]), x().reshape(3, -1)]) assert.equal(y.shape, [3, 2]);
    for (const y of [x().reshape(-1), x().flatten(), x().reshape(6)]) assert.equal(y.shape, [6]);
    const t = np.zeros([2, 3, 4]);
    for (const y of [t.transpose(2, 0, 1), t.transpose([2, 0, 1])]) assert.equal(y.shape, [4, 2, 3]);
    for (const y of [t.transpose(), t.T]) assert.equal(y.shape, [4, 3, 2]);
    assert.equal(t.mT.shape, [2, 4, 3]);
    return null;
  });
});

Methods("the methods are not enumerable, and a tensor is still one leaf", () => {
  using t = np.array([1, 2]);
  const keys: string[] = [];
  for (const key in t) keys.push(key);
  assert.not.ok(keys.includes("add"));
  assert.equal(grad((p: { w: Tensor }) => p.w.square().sum())({ w: t }).w.tolist(), [2, 4]);
});

Methods("a tensor is not taken for a list, and the message names what gives one", () => {
  const rows = (t: Tensor): unknown => {
    const [first] = t as unknown as readonly unknown[];
    return first;
  };
  const key = random.split(random.key(0));
  for (const f of [() => rows(key), () => jit((t: Tensor) => rows(t) as Tensor)(x())]) {
    assert.throws(f, /cannot be taken apart[\s\S]*np\.unstack\(x\)[\s\S]*random\.subkeys/);
  }
});

Methods("package.json names the module, so that bundlers keep it", () => {
  const { sideEffects } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    sideEffects: string[];
  };
  assert.equal(sideEffects, ["./lib/tensor-methods.ts", "./dist/tensor-methods.js"]);
});

Methods("what lists have is refused with what tensors have, also while they are traced", () => {
  const list = (t: Tensor): unknown[] => t as unknown as unknown[];
  assert.throws(() => list(x())[0], /brackets do not read a tensor[\s\S]*x\.get\(0\)[\s\S]*got +f32\[2,3\]/);
  assert.throws(() => list(x())[-1], /x\.get\(-1\)/);
  assert.throws(() => {
    list(x())[1] = 9;
  }, /a tensor does not change[\s\S]*x\.at\(1\)\.set\(value\)/);
  assert.throws(() => list(x()).length, /a tensor has no length[\s\S]*x\.shape\[0\][\s\S]*x\.size/);
  assert.throws(() => (x().at as unknown as unknown[])[0], /x\.at is a function here[\s\S]*x\.at\(0\)\.set/);
  assert.throws(() => jit((t: Tensor) => list(t)[0] as Tensor)(x()), /got +f32\[2,3\] given as args\[0\] in jit/);
  // Nothing that walks over an object finds them.
  assert.equal(Object.keys(Tensors.prototype), []);
  assert.not(Object.keys(x()).includes("length"));
});

Methods.run();
