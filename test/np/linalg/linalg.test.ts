/** @file What the table of rows does not say of linear algebra: refusals, singular matrices, signs, larger sizes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as lax from "../../../lib/lax/index.js";
import * as np from "../../../lib/np/index.js";
import * as scipy from "../../../lib/scipy/index.js";
import { grad } from "../../../lib/transforms/grad.js";
import { vmap } from "../../../lib/transforms/vmap.js";
import { onReference, refuses } from "../oracle.js";

const Linalg = suite("np/linalg");
const check = onReference(Linalg);
const { linalg } = np;

/** A dense matrix without any structure. */
const wild = (rows: number, columns: number): Tensor =>
  np.reshape(
    np.array(
      Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i + 3 * i)),
      {},
    ),
    [rows, columns],
  );
const far = (x: Tensor, y: Tensor): number => np.max(np.abs(np.subtract(x, y))).item();
const eye = (n: number): Tensor => np.eye(n, n, 0, "float64");
const near = (x: Tensor, y: Tensor, what: string, by = 1e-11): void => {
  assert.ok(far(x, y) < by, `${what}: off by ${far(x, y)}`);
};

check("factors of larger matrices multiply to the matrix and are orthogonal", () => {
  for (const [m, n] of [
    [40, 40],
    [50, 20],
    [20, 50],
  ]) {
    const a = wild(m, n);
    const k = Math.min(m, n);
    const [q, r] = linalg.qr(a);
    near(np.matmul(q, r), a, "Q R");
    near(np.matmul(linalg.matrixTranspose(q), q), eye(k), "Qᵀ Q");
    const [u, s, vt] = linalg.svd(a);
    near(np.matmul(linalg.matrixTranspose(u), u), eye(m), "Uᵀ U");
    near(np.matmul(vt, linalg.matrixTranspose(vt)), eye(n), "Vᵀ V");
    const [thinU, , thinVt] = linalg.svd(a, { fullMatrices: false });
    near(np.matmul(np.multiply(thinU, s), thinVt), a, "U s Vᵀ");
    const [p, l, upper] = scipy.linalg.lu(a);
    near(np.matmul(np.matmul(p, l), upper), a, "P L U");
  }
  const symmetric = np.add(wild(40, 40), linalg.matrixTranspose(wild(40, 40)));
  const [w, v] = linalg.eigh(symmetric);
  near(np.matmul(np.multiply(v, w), linalg.matrixTranspose(v)), symmetric, "V w Vᵀ");
  near(np.matmul(linalg.matrixTranspose(v), v), eye(40), "Vᵀ V");
  near(np.sort(w), w, "ascending");
});

check("repeated and vanishing values leave the vectors orthonormal", () => {
  for (const a of [np.zeros([4, 3], "float64"), np.ones([3, 5], "float64"), eye(4), np.outer(wild(1, 6), wild(1, 4))]) {
    const [u, s, vt] = linalg.svd(a);
    near(np.matmul(linalg.matrixTranspose(u), u), eye(a.shape[0]), "Uᵀ U");
    near(np.matmul(vt, linalg.matrixTranspose(vt)), eye(a.shape[1]), "Vᵀ V");
    near(np.sum(np.square(s)), np.sum(np.square(a)), "sum of squares");
  }
  const [w, v] = linalg.eigh(eye(3));
  near(w, np.ones([3], "float64"), "eigenvalues of the identity");
  near(np.matmul(linalg.matrixTranspose(v), v), eye(3), "its eigenvectors");
});

check("a singular system gives no finite numbers, as in JAX", () => {
  const singular = np.array([
    [1, 2],
    [2, 4],
  ]);
  assert.not.ok(np.all(np.isfinite(linalg.solve(singular, np.array([1, 1])))).item());
  assert.not.ok(np.any(np.isfinite(linalg.inv(singular))).item());
  assert.is(linalg.det(singular).item(), 0);
  const [sign, logdet] = linalg.slogdet(singular);
  assert.equal([sign.item(), logdet.item()], [0, -Infinity]);
});

check("cholesky takes the mean of both triangles, or one of them", () => {
  const a = np.array([
    [4, 0],
    [2, 3],
  ]);
  const root = linalg.cholesky(a);
  assert.equal(root.toArray(), [
    [2, 0],
    [0.5, Math.fround(Math.sqrt(2.75))],
  ]);
  assert.equal(linalg.cholesky(a, { symmetrizeInput: false }).toArray(), [
    [2, 0],
    [1, Math.fround(Math.sqrt(2))],
  ]);
  // So the gradient is symmetric, or in the lower triangle.
  const loss = (symmetrizeInput: boolean) => (x: Tensor) => np.sum(linalg.cholesky(x, { symmetrizeInput }));
  const whole = grad(loss(true))(a);
  near(whole, linalg.matrixTranspose(whole), "symmetric gradient", 1e-6);
  assert.is((grad(loss(false))(a).toArray() as number[][])[0][1], 0);
});

check("the derivative of a root of squares at zero is NaN, as in JAX", () => {
  const zero = np.zeros([2]);
  assert.ok(Number.isNaN(np.sum(grad((x: Tensor) => linalg.norm(x))(zero)).item()));
  assert.equal(grad((x: Tensor) => linalg.norm(x, { ord: 1 }))(zero).toArray(), [1, 1]);
});

check("the largest size of zeros is shared among them and the start, as in JAX", () => {
  const slopes = (ord: number) => grad((x: Tensor) => linalg.norm(x, { ord }))(np.zeros([3])).toArray();
  assert.equal(slopes(Infinity), new Array(3).fill(Math.fround(1 / 6)));
  assert.equal(slopes(-Infinity), new Array(3).fill(Math.fround(1 / 3)));
});

check("the norm of no elements is 0, but there is no smallest", () => {
  for (const shape of [
    [0, 3],
    [3, 0],
    [0, 0],
  ]) {
    for (const ord of [undefined, "fro", "nuc", 1, 2, Infinity] as const) {
      assert.is(linalg.norm(np.zeros(shape), ord === undefined ? {} : { ord }).item(), 0, `${ord} of [${shape}]`);
    }
    refuses(() => linalg.norm(np.zeros(shape), { ord: -2 }), "ShapeError", "no smallest");
  }
  for (const ord of [0, 0.5, 1, 2, 3, Infinity]) assert.is(linalg.norm(np.zeros([0]), { ord }).item(), 0, `${ord}`);
  assert.equal(linalg.vectorNorm(np.zeros([3, 0]), { ord: Infinity, axis: 1 }).toArray(), [0, 0, 0]);
  assert.is(linalg.norm(np.zeros([0]), { ord: -1 }).item(), Infinity);
  assert.is(linalg.norm(np.zeros([0, 3]), { ord: -1 }).item(), 0);
  refuses(() => linalg.norm(np.zeros([0]), { ord: -Infinity }), "ShapeError", "no smallest");
  refuses(() => linalg.norm(np.zeros([0, 3]), { ord: -Infinity }), "ShapeError", "no smallest");
});

check("scipy's factors read one triangle, as in JAX", () => {
  const a = np.array([
    [2, 1],
    [0, 2],
  ]);
  const upper = [
    [Math.fround(Math.SQRT2), Math.fround(Math.SQRT1_2)],
    [0, Math.fround(Math.sqrt(1.5))],
  ];
  assert.equal(scipy.linalg.cholesky(a).toArray(), upper);
  assert.equal(scipy.linalg.choFactor(a)[0].toArray(), upper);
  const lower = [
    [Math.fround(Math.SQRT2), 0],
    [0, Math.fround(Math.SQRT2)],
  ];
  assert.equal(scipy.linalg.cholesky(a, { lower: true }).toArray(), lower);
  assert.equal(scipy.linalg.choFactor(a, { lower: true })[0].toArray(), lower);
});

check("the derivative of det is the transposed adjugate, also of singular matrices", () => {
  // Of rank 3; integers by sympy.
  const a = np.array(
    [
      [1, 2, 3, 4],
      [2, 4, 6, 9],
      [0, 1, 5, 2],
      [1, 3, 8, 6],
    ],
    "float64",
  );
  const cofactors = np.array(
    [
      [-7, 5, -1, 0],
      [0, 0, 0, 0],
      [-7, 5, -1, 0],
      [7, -5, 1, 0],
    ],
    "float64",
  );
  near(grad(linalg.det)(a), cofactors, "rank 3");
  near(grad(linalg.det)(np.ones([4, 4])), np.zeros([4, 4]), "rank 1", 1e-6);
  const regular = wild(5, 5);
  const inverse = linalg.matrixTranspose(linalg.inv(regular));
  near(grad(linalg.det)(regular), np.multiply(linalg.det(regular), inverse), "regular");
  assert.is(linalg.det(np.zeros([0, 0])).item(), 1);
});

check("vmap over matrices is the batched call", () => {
  const xs = np.add(np.multiply(0.1, np.reshape(wild(6, 3), [2, 3, 3])), np.multiply(2, eye(3)));
  const b = wild(3, 2);
  near(vmap(linalg.inv)(xs), linalg.inv(xs), "inv");
  near(vmap((a: Tensor) => linalg.solve(a, b))(xs), linalg.solve(xs, b), "solve");
  near(
    vmap((x: Tensor) => linalg.solve(np.slice(xs, [0]), x), { inAxes: 1 } as object)(b),
    linalg.matrixTranspose(linalg.solve(np.slice(xs, [0]), b)),
    "solve for columns",
  );
});

check("exchanges of rows make the permutation", () => {
  const a = wild(5, 5);
  const [factors, pivots, permutation] = lax.linalg.lu(a);
  assert.equal(lax.linalg.luPivotsToPermutation(pivots, 5).toArray(), permutation.toArray());
  const lower = np.add(np.tril(factors, -1), eye(5));
  near(np.matmul(lower, np.triu(factors)), np.take(a, permutation, 0), "L U");
});

check("expm of large and of commuting matrices", () => {
  const turn = np.array([
    [0, -Math.PI],
    [Math.PI, 0],
  ]);
  near(scipy.linalg.expm(turn), np.multiply(-1, np.eye(2)), "half a turn", 1e-5);
  const stiff = np.multiply(-30, eye(2));
  near(scipy.linalg.expm(stiff), np.multiply(Math.exp(-30), eye(2)), "decay", 1e-20);
  assert.ok(Number.isNaN(np.sum(scipy.linalg.expm(np.full([1, 1], 40), { maxSquarings: 1 })).item()));
});

check("what does not fit is refused under the name of the function", () => {
  const x = np.zeros([2, 3]);
  for (const [name, f] of Object.entries({
    cholesky: linalg.cholesky,
    inv: linalg.inv,
    det: linalg.det,
    eigh: linalg.eigh,
  })) {
    refuses(() => f(x), "ShapeError", `np.linalg.${name}`, "not square", "f32[2,3]");
    refuses(() => f(np.zeros([3])), "ShapeError", `np.linalg.${name}`, "f32[3]");
  }
  refuses(() => linalg.solve(np.eye(2), np.zeros([3])), "ShapeError", "np.linalg.solve", "f32[2,2]", "f32[3]");
  refuses(() => linalg.norm(x, { ord: "fro", axis: 0 }), "ArgumentError", "np.linalg.norm", "fro");
  refuses(() => linalg.norm(x, { ord: 3 }), "ArgumentError", "np.linalg.norm", "matrices");
  refuses(() => linalg.norm(np.zeros([2, 2, 2]), { ord: 1 }), "ShapeError", "np.linalg.norm", "one axis or two");
  refuses(() => linalg.norm(x, { axis: [1, 1] }), "ShapeError", "np.linalg.norm", "twice");
  refuses(() => linalg.matrixPower(np.eye(2), 0.5), "ArgumentError", "np.linalg.matrixPower", "integer");
  refuses(() => linalg.multiDot([x]), "ShapeError", "np.linalg.multiDot", "chain");
  refuses(() => linalg.qr(x, "raw" as never), "ArgumentError", "np.linalg.qr", "raw");
  refuses(() => linalg.lstsq(x, np.zeros([3])), "ShapeError", "np.linalg.lstsq");
  refuses(() => np.cross(np.zeros([4]), np.zeros([3])), "ShapeError", "np.cross", "2 or 3");
  refuses(() => np.vdot(x, np.zeros([5])), "ShapeError", "np.vdot");
  refuses(() => np.matvec(np.zeros([2]), np.zeros([2])), "ShapeError", "np.matvec");
  refuses(
    () => grad((y: Tensor) => np.sum(linalg.qr(y, "complete")[0]))(np.ones([3, 2])),
    "UnsupportedError",
    "no derivative",
  );
  refuses(
    () => grad((y: Tensor) => np.sum(linalg.svd(y)[0]))(np.ones([3, 2])),
    "UnsupportedError",
    "fullMatrices: false",
  );
});

Linalg.run();
