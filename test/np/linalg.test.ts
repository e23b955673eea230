import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { range } from "../../lib/core/aval.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import {
  anyPlain,
  at,
  broadcast,
  broadcastable,
  build,
  onReference,
  type Plain,
  places,
  property,
  refuses,
  same,
  tensor,
  vector,
} from "./oracle.js";

const Linalg = suite("np/linalg");
const check = onReference(Linalg);

/** Einstein summation by its definition: a loop over the values of all letters. */
const einsum = (inputs: readonly string[], output: string, xs: readonly Plain[]): Plain => {
  const size = new Map<string, number>();
  inputs.forEach((labels, k) => {
    [...labels].forEach((l, axis) => {
      size.set(l, xs[k].shape[axis]);
    });
  });
  const inner = [...size.keys()].filter((l) => !output.includes(l));
  const sizes = (letters: readonly string[]): number[] => letters.map((l) => size.get(l) as number);
  return build(sizes([...output]), (outer) => {
    let sum = 0;
    for (const place of places(sizes(inner))) {
      const value = (l: string): number => (output.includes(l) ? outer[output.indexOf(l)] : place[inner.indexOf(l)]);
      sum += inputs.reduce((product, labels, k) => product * at(xs[k], [...labels].map(value)), 1);
    }
    return sum;
  });
};

check("einsum of any operands is a loop over all letters", () => {
  const anySpec = fc.record({
    inputs: fc.array(
      fc.array(fc.constantFrom(..."abcd"), { maxLength: 3 }).map((l) => l.join("")),
      { minLength: 1, maxLength: 3 },
    ),
    sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
  });
  const anyCase = anySpec.chain(({ inputs, sizes }) =>
    fc.record({
      inputs: fc.constant(inputs),
      output: fc.shuffledSubarray([...new Set(inputs.join(""))]).map((l) => l.join("")),
      xs: fc.tuple(...inputs.map((labels) => anyPlain([...labels].map((l) => sizes["abcd".indexOf(l)])))),
    }),
  );
  property(
    anyCase,
    ({ inputs, output, xs }) => {
      const spec = `${inputs.join(",")}->${output}`;
      same(np.einsum(spec, ...xs.map((x) => tensor(x))), einsum(inputs, output, xs), spec);
    },
    300,
  );
});

check("einsum without an arrow keeps the letters that occur once, in alphabetical order", () => {
  const x = build([2, 3], ([i, j]) => 3 * i + j);
  const y = build([3, 2], ([i, j]) => i - j);
  same(np.einsum("ij,jk", tensor(x), tensor(y)), einsum(["ij", "jk"], "ik", [x, y]));
  same(np.einsum("ba", tensor(x)), einsum(["ba"], "ab", [x]));
  same(np.einsum(" ij , kj -> i k", tensor(x), tensor(x)), einsum(["ij", "kj"], "ik", [x, x]));
  same(np.einsum("ii", tensor(build([2, 2], ([i, j]) => 2 * i + j))), { shape: [], data: [3] });
});

check("the diagonal takes nothing from what is beside it", () => {
  const x = tensor({ shape: [2, 2], data: [1, Infinity, Number.NaN, 2] });
  same(np.einsum("ii->i", x), vector(1, 2));
  same(np.einsum("ii,i", x, tensor(vector(1, 10))), { shape: [], data: [21] });
});

check("einsum says what does not fit", () => {
  const x = np.zeros([2, 3]);
  refuses(() => np.einsum("ij,jk", x), "ShapeError", "np.einsum", '"ij,jk"', "number of operands");
  refuses(() => np.einsum("ijk", x), "ShapeError", "another rank", "f32[2,3]");
  refuses(() => np.einsum("ij,ij", x, np.zeros([3, 2])), "ShapeError", 'sizes of "i" differ', "2 and 3");
  refuses(() => np.einsum("ij->ik", x), "ShapeError", '"k" names no axis');
  refuses(() => np.einsum("ij->ii", x), "ShapeError", "twice in the result");
  refuses(() => np.einsum("i.", x), "ShapeError", "only letters");
});

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
  refuses(() => np.tensordot(x, y, 1), "ShapeError", "contracting sizes differ", "f32[8,512]", "f32[768,64]");
  refuses(() => np.tensordot(x, y, [[2], [0]]), "ShapeError", "np.tensordot", "axis 2 is out of range");
  refuses(() => np.tensordot(x, y, 3), "ShapeError", "np.tensordot", "out of range");
  refuses(() => np.matmul(x, 2), "ShapeError", "np.matmul", "scalar");
  refuses(() => np.matmul(np.zeros([2, 3, 4]), np.zeros([3, 4, 5])), "ShapeError", "np.matmul", "broadcast");
  refuses(() => np.matmul(np.array([[true]]), np.array([[true]])), "DTypeError", "bool");
});

check("dot, outer and tensordot are NumPy's", () => {
  const x = build([2, 3], ([i, j]) => i + 2 * j);
  const y = build([4, 3, 2], ([i, j, k]) => i - j * k);
  const z = build([3, 2], ([i, j]) => i * j - 1);
  same(np.dot(tensor(x), tensor(y)), einsum(["ab", "cbd"], "acd", [x, y]));
  same(np.dot(tensor(x), 3), { shape: x.shape, data: x.data.map((v) => 3 * v) });
  same(np.dot(tensor(vector(1, 2)), tensor(vector(3, 4))), { shape: [], data: [11] });
  same(
    np.outer(tensor(x), tensor(vector(1, 10))),
    build([6, 2], ([i, j]) => x.data[i] * [1, 10][j]),
  );
  same(np.tensordot(tensor(x), tensor(x)), einsum(["ab", "ab"], "", [x, x]));
  same(np.tensordot(tensor(x), tensor(z), 1), einsum(["ab", "bc"], "ac", [x, z]));
  same(np.tensordot(tensor(x), tensor(z), 0), einsum(["ab", "cd"], "abcd", [x, z]));
  same(
    np.tensordot(tensor(y), tensor(x), [
      [1, -1],
      [-1, 0],
    ]),
    einsum(["abc", "cb"], "a", [y, x]),
  );
});

check("norm is the Euclidean one, over any axes", () => {
  const x = build([2, 3], ([i, j]) => 3 * i + j - 2);
  const squares: Plain = { shape: x.shape, data: x.data.map((v) => v * v) };
  const roots = (p: Plain): Plain => ({ shape: p.shape, data: p.data.map(Math.sqrt) });
  same(np.norm(tensor(x)), roots(einsum(["ij"], "", [squares])));
  same(np.norm(tensor(x), { axis: -1 }), roots(einsum(["ij"], "i", [squares])));
  same(np.norm(tensor(x), { axis: [0, 1], keepDims: true }), {
    ...roots(einsum(["ij"], "", [squares])),
    shape: [1, 1],
  });
  assert.is(np.norm(np.array([3, 4], { dtype: "int32" })).dtype, "float32");
  refuses(() => np.norm(tensor(x), { axis: 2 }), "ShapeError", "np.norm", "axis 2 is out of range");
});

check("products have the derivatives of central differences", () => {
  const wave = (shape: readonly number[], phase: number): Tensor =>
    tensor(build(shape, (p) => Math.sin(p.reduce((sum, i, axis) => sum + (axis + 2) * i, phase))));
  const [x, y, v] = [wave([2, 1, 2, 3], 0), wave([2, 3, 2], 1), wave([3], 2)];
  checkGrads((a: Tensor, b: Tensor) => np.matmul(a, b), [x, y]);
  checkGrads((a: Tensor, b: Tensor) => np.matmul(a, b), [v, y]);
  checkGrads((a: Tensor, b: Tensor) => np.matmul(a, b), [x, v]);
  checkGrads((a: Tensor, b: Tensor) => np.dot(a, b), [wave([2, 3], 0), y]);
  checkGrads((a: Tensor, b: Tensor) => np.outer(a, b), [v, v]);
  checkGrads(
    (a: Tensor, b: Tensor) =>
      np.tensordot(a, b, [
        [0, 2],
        [0, 1],
      ]),
    [wave([2, 2, 3], 0), y],
  );
  checkGrads((a: Tensor, b: Tensor) => np.einsum("iij,jki,j->k", a, b, v), [wave([2, 2, 3], 0), wave([3, 2, 2], 1)]);
  checkGrads((a: Tensor) => np.norm(a, { axis: 0 }), [wave([2, 3], 1)]);
});

Linalg.run();
