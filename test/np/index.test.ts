import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import { leavesOf } from "../../lib/core/pytree.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { allclose, heldBy, host, hostOf, on, startedRuntimes } from "../helpers/runtime.js";
import { allRows } from "./rows/row.js";

const Index = suite("np/index");

type Inputs = Readonly<Record<"x" | "y" | "u" | "batch" | "ids" | "column" | "mask", Tensor>>;

/** float32 between 0 and 1: `[2,3]`, `[3]`, `[1,3,1]` and `[2,2,3]`; int32 `[2]` and `[2,1]`; bool `[2,3]`. */
const inputs = (): Inputs => ({
  x: np.array([
    [0.12, 0.85, 0.31],
    [0.64, 0.31, 0.97],
  ]),
  y: np.array([0.75, 0.2, 0.5]),
  u: np.array([[[0.1], [0.7], [0.4]]]),
  batch: np.array(
    Float32Array.from({ length: 12 }, (_, i) => (i + 1) / 16),
    { shape: [2, 2, 3] },
  ),
  ids: np.array([2, 1], { dtype: "int32" }),
  column: np.array([[-5], [3]], { dtype: "int32" }),
  mask: np.array([
    [true, false, true],
    [false, false, true],
  ]),
});

const one =
  (f: (x: Tensor) => Tensor) =>
  ({ x }: Inputs): Tensor =>
    f(x);
const two =
  (f: (x: Tensor, y: Tensor) => Tensor) =>
  ({ x, y }: Inputs): Tensor =>
    f(x, y);
const whole =
  (f: (x: Tensor, y: Tensor) => Tensor) =>
  ({ ids, column }: Inputs): Tensor =>
    f(ids, column);

/** Calls of functions that no row has (see `rows/`), with arguments that make them take more than one operation where they can. */
const CALLS: Partial<Record<keyof typeof np, (i: Inputs) => unknown>> = {
  abs: one(np.abs),
  add: two(np.add),
  all: ({ mask }) => np.all(mask, { axis: 0, keepDims: true }),
  any: ({ x }) => np.any(x, { axis: 1, keepDims: true }),
  arange: () => np.arange(3, 9, 2),
  arccos: one(np.arccos),
  arccosh: ({ ids }) => np.arccosh(ids),
  arcsin: one(np.arcsin),
  arcsinh: one(np.arcsinh),
  arctan: one(np.arctan),
  arctan2: two(np.arctan2),
  arctanh: one(np.arctanh),
  argmax: ({ x }) => np.argmax(x, { keepDims: true }),
  argmin: ({ mask }) => np.argmin(mask, { axis: 1, keepDims: true }),
  array: () =>
    np.array([
      [1, 2],
      [3, 4],
    ]),
  asarray: () => np.asarray([1, 2], "int32"),
  astype: ({ x }) => np.astype(x, "bool"),
  bitwiseAnd: whole(np.bitwiseAnd),
  bitwiseNot: ({ ids }) => np.bitwiseNot(ids),
  bitwiseOr: whole(np.bitwiseOr),
  bitwiseXor: whole(np.bitwiseXor),
  broadcastTo: ({ y }) => np.broadcastTo(y, [2, 2, 3]),
  ceil: one(np.ceil),
  clip: ({ x, y }) => np.clip(x, 0.2, y),
  concatenate: ({ x, column }) => np.concatenate([x, column], 1),
  copy: one(np.copy),
  cos: one(np.cos),
  cosh: one(np.cosh),
  cummax: ({ x }) => np.cummax(x, { axis: 1 }),
  cummin: ({ x }) => np.cummin(x),
  devicePut: () => np.devicePut({ a: host("int32", [2], [1, 2]) }),
  divide: ({ column, x }) => np.divide(column, x),
  dot: two(np.dot),
  einsum: ({ x, y }) => np.einsum("ij,kj,j->ki", x, x, y),
  empty: () => np.empty([2], "int32"),
  emptyLike: one(np.emptyLike),
  equal: two(np.equal),
  erf: one(np.erf),
  erfInv: one(np.erfInv),
  exp: one(np.exp),
  exp2: one(np.exp2),
  expandDims: ({ x }) => np.expandDims(x, [0, -1]),
  expm1: one(np.expm1),
  eye: () => np.eye(2, 3, 1),
  flip: one(np.flip),
  floor: one(np.floor),
  floorDivide: whole(np.floorDivide),
  fmod: two(np.fmod),
  fromHost: () => np.fromHost(host("int32", [2], [1, 2])),
  full: ({ y }) => np.full([2, 3], y),
  fullLike: ({ x }) => np.fullLike(x, 2, "int32"),
  greater: two(np.greater),
  greaterEqual: two(np.greaterEqual),
  isfinite: one(np.isfinite),
  isinf: one(np.isinf),
  isnan: one(np.isnan),
  leftShift: whole(np.leftShift),
  less: two(np.less),
  lessEqual: two(np.lessEqual),
  linspace: () => np.linspace(0, 1, 4),
  log: one(np.log),
  log10: one(np.log10),
  log1p: one(np.log1p),
  log2: one(np.log2),
  logaddexp: two(np.logaddexp),
  logicalAnd: ({ x, mask }) => np.logicalAnd(x, mask),
  logicalNot: one(np.logicalNot),
  logicalOr: ({ column, mask }) => np.logicalOr(column, mask),
  logsumexp: ({ x }) => np.logsumexp(x, { axis: 1, keepDims: true }),
  matmul: ({ batch, u }) => np.matmul(batch, u),
  max: ({ mask }) => np.max(mask, { axis: 1, keepDims: true }),
  maximum: two(np.maximum),
  mean: ({ ids }) => np.mean(ids, { keepDims: true }),
  min: ({ x }) => np.min(x, { axis: 0, keepDims: true }),
  minimum: two(np.minimum),
  mod: whole(np.mod),
  moveaxis: ({ x }) => np.moveaxis(x, 0, 1),
  multiply: two(np.multiply),
  negative: one(np.negative),
  notEqual: two(np.notEqual),
  ones: () => np.ones([2]),
  onesLike: one(np.onesLike),
  outer: two(np.outer),
  pad: ({ x }) =>
    np.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      { constantValues: 0.5 },
    ),
  power: two(np.power),
  prod: ({ x }) => np.prod(x, { axis: 1, keepDims: true }),
  ravel: one(np.ravel),
  reciprocal: one(np.reciprocal),
  reshape: ({ x }) => np.reshape(x, [3, -1]),
  rightShift: whole(np.rightShift),
  roll: ({ x }) => np.roll(x, -1, 1),
  round: one(np.round),
  rsqrt: one(np.rsqrt),
  scalar: () => np.scalar(2.5),
  sign: one(np.sign),
  sin: one(np.sin),
  sinh: one(np.sinh),
  slice: ({ x }) => np.slice(x, [1, [null, null, -2]]),
  split: ({ x }) => np.split(x, [1, 2], 1),
  sqrt: one(np.sqrt),
  square: one(np.square),
  squeeze: ({ u }) => np.squeeze(u),
  stack: ({ x, mask }) => np.stack([x, mask], 1),
  std: ({ x }) => np.std(x, { axis: 0 }),
  subtract: two(np.subtract),
  sum: ({ mask }) => np.sum(mask, { axis: 0, keepDims: true }),
  swapaxes: ({ x }) => np.swapaxes(x, 0, -1),
  take: ({ x, ids }) => np.take(x, ids, 1),
  takeAlongAxis: ({ y, ids }) => np.takeAlongAxis(y, ids, 0),
  tan: one(np.tan),
  tanh: one(np.tanh),
  tensordot: ({ x }) => np.tensordot(x, x),
  tile: ({ x }) => np.tile(x, [2, 1, 2]),
  topK: ({ x }) => np.topK(x, 2),
  transpose: one(np.transpose),
  tril: one(np.tril),
  triu: ({ x }) => np.triu(x, 1),
  variance: ({ x }) => np.variance(x, { ddof: 1, keepDims: true }),
  where: ({ mask, y, x }) => np.where(mask, y, x),
  zeros: () => np.zeros([2, 0]),
  zerosLike: one(np.zerosLike),
};

/** They give no tensors; `test/np/plain.test.ts` has them. */
const OF_PLAIN_VALUES = new Set([
  "broadcastShapes",
  "canCast",
  "finfo",
  "iinfo",
  "isdtype",
  "isscalar",
  "ndim",
  "promoteTypes",
  "resultType",
  "shape",
  "size",
]);

Index("every function has a row or a call", async () => {
  const called = new Set([...Object.keys(CALLS), ...(await allRows()).map(({ name }) => name.replace(/^np\./, ""))]);
  const functions = Object.entries(np).filter(([name, f]) => typeof f === "function" && !OF_PLAIN_VALUES.has(name));
  // Another name of a function needs none of its own.
  const covered = new Set(functions.filter(([name]) => called.has(name)).map(([, f]) => f));
  assert.equal(
    functions.filter(([, f]) => !covered.has(f)).map(([name]) => name),
    [],
  );
});

const runtimes = await startedRuntimes();
/** The results on the reference executor. */
const expected = new Map<string, HostArray[]>();

for (const runtime of runtimes) {
  Index(`${runtime.name}: every function leaves its result and nothing else`, () => {
    on(runtime, ({ device }) => {
      const given = inputs();
      // What an operation computes on another device than the arrays were made on stays there too, from its first use on.
      for (const x of leavesOf(given)) np.equal(x as Tensor, x as Tensor).dispose();
      for (const [name, call] of Object.entries(CALLS)) {
        const before = heldBy(device);
        const result = call(given);
        const own = new Set(leavesOf(result).filter((y) => !leavesOf(given).includes(y)));
        assert.is(device.memory().arrays - before.arrays, own.size, `${name}: arrays left`);
        dispose([...own]);
        assert.equal(heldBy(device), before, `${name}: memory after its result is gone`);
      }
      dispose(given);
    });
  });

  Index(`${runtime.name}: results, eager and compiled, are those of the reference executor`, () => {
    on(runtime, () => {
      for (const [name, call] of Object.entries(CALLS)) {
        const eager = scope(() => leavesOf(call(inputs())).map((y) => hostOf(y as Tensor)));
        if (!expected.has(name)) expected.set(name, eager);
        const want = expected.get(name) as HostArray[];
        using compiled = jit(call);
        const got = scope(() => leavesOf(compiled(inputs())).map((y) => hostOf(y as Tensor)));
        assert.is(eager.length, want.length);
        want.forEach((y, i) => {
          allclose(eager[i], y, `${name}, eager`);
          allclose(got[i], y, `${name}, compiled`);
        });
      }
    });
  });
}

Index.run();
