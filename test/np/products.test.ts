import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { range } from "../../lib/core/aval.js";
import * as np from "../../lib/np/index.js";
import { numbers } from "../helpers/runtime.js";
import {
  anyPlain,
  at,
  broadcast,
  broadcastable,
  build,
  einsumLoop,
  onReference,
  type Plain,
  property,
  refuses,
  same,
  tensor,
  vector,
} from "./oracle.js";

const Products = suite("np/products");
const check = onReference(Products);

/** NumPy's matmul: vectors become matrices for the product, leading axes broadcast. */
const matmul = (x: Plain, y: Plain): Plain => {
  const a: Plain = x.shape.length === 1 ? { ...x, shape: [1, ...x.shape] } : x;
  const b: Plain = y.shape.length === 1 ? { ...y, shape: [...y.shape, 1] } : y;
  const inner = a.shape[a.shape.length - 1];
  const rows = a.shape[a.shape.length - 2];
  const columns = b.shape[b.shape.length - 1];
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)) as number[];
  const z = build([...batch, rows, columns], (p) => {
    const lead = p.slice(0, -2);
    const [i, j] = p.slice(-2);
    const pick = (m: Plain, r: number, c: number): number => at(m, [...lead, r, c]);
    return range(inner).reduce((sum, k) => sum + pick(a, i, k) * pick(b, k, j), 0);
  });
  const shape = [...batch, ...(x.shape.length === 1 ? [] : [rows]), ...(y.shape.length === 1 ? [] : [columns])];
  return { shape, data: z.data };
};

check("matmul multiplies matrices with broadcast leading axes, and vectors", () => {
  const sizes = fc.record({
    n: fc.nat({ max: 3 }),
    k: fc.integer({ min: 0, max: 3 }),
    m: fc.nat({ max: 3 }),
    batch: broadcastable(2),
  });
  const operands = sizes.chain(({ n, k, m, batch }) =>
    fc.tuple(
      fc.oneof(anyPlain([k]), anyPlain([...batch[0], n, k])),
      fc.oneof(anyPlain([k]), anyPlain([...batch[1], k, m])),
    ),
  );
  property(operands, ([x, y]) => {
    same(np.matmul(tensor(x), tensor(y)), matmul(x, y), `${x.shape} @ ${y.shape}`);
  });
  same(np.matmul(np.array([[1, 2]], { dtype: "int32" }), np.array([0.5, 1.5])), vector(3.5), "", "float32");
});

check("products name both shapes when they do not fit", () => {
  const [x, y] = [np.zeros([8, 512]), np.zeros([768, 64])];
  refuses(() => np.matmul(x, y), "ShapeError", "np.matmul", "contracting sizes differ", "f32[8,512]", "f32[768,64]");
  refuses(() => np.dot(x, y), "ShapeError", "np.dot", "f32[8,512]", "f32[768,64]");
  refuses(() => np.inner(x, y), "ShapeError", "np.inner", "lhs[-1] = rhs[-1]", "f32[8,512]");
  refuses(() => np.tensordot(x, y, 1), "ShapeError", "contracting sizes differ", "f32[8,512]", "f32[768,64]");
  refuses(() => np.tensordot(x, y, [[2], [0]]), "ShapeError", "np.tensordot", "axis 2 is out of range");
  refuses(() => np.tensordot(x, y, 3), "ShapeError", "np.tensordot", "out of range");
  refuses(() => np.matmul(x, 2), "ShapeError", "np.matmul", "scalar");
  refuses(() => np.matmul(np.zeros([2, 3, 4]), np.zeros([3, 4, 5])), "ShapeError", "np.matmul", "broadcast");
});

check("the product of bools says whether a pair is true, as NumPy's", () => {
  const x = np.array([
    [true, true, false],
    [false, false, true],
  ]);
  const y = np.array([[true], [true], [false]]);
  for (const [got, shape, want] of [
    [np.matmul(x, y), [2, 1], [1, 0]],
    [np.dot(x, y), [2, 1], [1, 0]],
    [np.einsum("ij,jk->ik", x, y), [2, 1], [1, 0]],
    [np.vdot(y, y), [], [1]],
    [np.inner(np.array(true), y), [3, 1], [1, 1, 0]],
  ] as const) {
    assert.is(got.dtype, "bool");
    assert.equal(got.shape, shape);
    assert.equal(numbers(got), want);
  }
});

check("dot, outer and tensordot are NumPy's", () => {
  const x = build([2, 3], ([i, j]) => i + 2 * j);
  const y = build([4, 3, 2], ([i, j, k]) => i - j * k);
  const z = build([3, 2], ([i, j]) => i * j - 1);
  same(np.dot(tensor(x), tensor(y)), einsumLoop(["ab", "cbd"], "acd", [x, y]));
  same(np.dot(tensor(x), 3), { shape: x.shape, data: x.data.map((v) => 3 * v) });
  same(np.dot(tensor(vector(1, 2)), tensor(vector(3, 4))), { shape: [], data: [11] });
  same(
    np.outer(tensor(x), tensor(vector(1, 10))),
    build([6, 2], ([i, j]) => x.data[i] * [1, 10][j]),
  );
  same(np.tensordot(tensor(x), tensor(x)), einsumLoop(["ab", "ab"], "", [x, x]));
  same(np.tensordot(tensor(x), tensor(z), 1), einsumLoop(["ab", "bc"], "ac", [x, z]));
  same(np.tensordot(tensor(x), tensor(z), 0), einsumLoop(["ab", "cd"], "abcd", [x, z]));
  same(
    np.tensordot(tensor(y), tensor(x), [
      [1, -1],
      [-1, 0],
    ]),
    einsumLoop(["abc", "cb"], "a", [y, x]),
  );
});

Products.run();
