import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { leavesOf } from "../../lib/core/pytree.js";
import { dispose, type Nested, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { grad } from "../../lib/transforms/grad.js";
import { hessian, hvp, jacfwd, jacobian, jacrev } from "../../lib/transforms/jacobian.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { HESSIANS, JACOBIANS } from "../golden/functions.js";
import { assertNear } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import {
  centralDifference,
  f64,
  host,
  hostOf,
  i32,
  noLeaks,
  numbers,
  onDevice,
  treesClose,
} from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { failing, onOwnRuntime } from "./setup.js";

const Jacobian = suite("transforms/jacobian");
const files = goldenFiles(Jacobian, "transforms/jacobian.test.ts");
onOwnRuntime(Jacobian);

const flat = (x: Nested): number[] => (Array.isArray(x) ? (x as Nested[]).flatMap(flat) : [Number(x)]);
const tight = { abs: 1e-9, rel: 1e-9 };

interface Golden {
  readonly hessians: readonly {
    name: string;
    inputs: Record<string, Nested>;
    hessian: Record<string, Record<string, Nested>>;
  }[];
  readonly jacobians: readonly { name: string; x: Nested; jacobian: Nested }[];
}

withShared(Jacobian, "the golden Jacobians, by columns and by rows, eagerly and compiled", (root) =>
  scope(() => {
    for (const { name, x, jacobian: want } of files.open<Golden>(root, "autodiff.json").jacobians) {
      const at = np.array(x, { dtype: "float64" });
      const f = JACOBIANS[name];
      for (const J of [jacfwd(f), jacrev(f), jit(jacfwd(f)), jit(jacrev(f))]) {
        const got = J(at);
        assert.equal(got.shape, [...f(at).shape, ...at.shape]);
        assertNear(name, numbers(got), flat(want), tight);
      }
    }
  }),
);

withShared(Jacobian, "the golden Hessians, as trees of trees", (root) =>
  scope(() => {
    for (const { name, inputs, hessian: want } of files.open<Golden>(root, "autodiff.json").hessians) {
      const x = Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, np.array(v, { dtype: "float64" })]));
      const f = HESSIANS[name] as (p: typeof x) => Tensor;
      const orders = {
        hessian: hessian(f),
        "reverse over forward": jacrev(jacfwd(f)),
        "reverse over reverse": jacrev(jacrev(f)),
        "forward over forward": jacfwd(jacfwd(f)),
      };
      for (const [order, H] of Object.entries(orders)) {
        const got = H(x);
        for (const a of Object.keys(x)) {
          for (const b of Object.keys(x)) {
            assert.equal(got[a][b].shape, [...x[a].shape, ...x[b].shape]);
            assertNear(`${name}, ${order}, d${a} d${b}`, numbers(got[a][b]), flat(want[a][b]), tight);
          }
        }
      }
    }
  }),
);

/** Trees in, trees out, with sizes that differ everywhere; smooth. */
const f = ({ w, b }: { w: Tensor; b: readonly [Tensor] }, x: Tensor) => ({
  y: np.tanh(np.add(np.matmul(x, w), b[0])),
  parts: [np.sum(np.multiply(w, w)), np.sin(x)] as const,
});
const params = () => ({ w: f64([0.3, -0.7, 1.2, -1.6, 0.85, 2.1], [2, 3]), b: [f64([0.1, 0.2, -0.4])] as const });
const point = () => f64([0.5, -0.25, 1.5, 0.75, -1, 0.2, 0.9, -0.3], [4, 2]);

Jacobian(
  "the tree of the result holds the tree of the argument, of shape out + in, and central differences agree",
  () => {
    noLeaks(() => {
      const [p, x] = [params(), point()];
      const results = [jacfwd(f)(p, x), jacrev(f)(p, x), jacobian(f)(p, x)];
      const [J] = results;
      assert.equal(
        [J.y.w.shape, J.y.b[0].shape, J.parts[0].w.shape, J.parts[0].b[0].shape, J.parts[1].w.shape],
        [[4, 3, 2, 3], [4, 3, 3], [2, 3], [3], [4, 2, 2, 3]],
      );
      for (const other of results.slice(1)) treesClose(other, J, "jacrev = jacfwd");
      // One column of y by w at a time.
      for (let k = 0; k < 6; k++) {
        const [unit] = [
          host(
            "float64",
            [2, 3],
            Array.from({ length: 6 }, (_, i) => Number(i === k)),
          ),
        ];
        const [column] = centralDifference(
          ([w]) => scope(() => [hostOf(f({ ...p, w: onDevice(w) }, x).y)].map((h) => ({ ...h, data: h.data.slice() }))),
          [hostOf(p.w)],
          [unit],
        );
        const got = numbers(J.y.w).filter((_, i) => i % 6 === k);
        assertNear(`column ${k}`, got, Array.from(column.data), { abs: 1e-10, rel: 1e-8 });
      }
      assert.ok(numbers(J.parts[0].b[0]).every((v) => v === 0));
      dispose([p, x, results]);
    });
  },
);

Jacobian("argnums: a list gives a tuple at each leaf, in its order; a number gives the tree", () => {
  noLeaks(() => {
    const [p, x] = [params(), point()];
    for (const jac of [jacfwd, jacrev]) {
      const both = jac(f, { argnums: [1, 0] })(p, x);
      assert.equal(
        [both.y[0].shape, both.y[1].w.shape],
        [
          [4, 3, 4, 2],
          [4, 3, 2, 3],
        ],
      );
      const one = jac(f, { argnums: 1 })(p, x);
      treesClose(one.y, both.y[0], "the same");
      dispose([both, one]);
    }
    assert.throws(() => jacfwd(f, { argnums: 2 as 0 })(p, x), failing("ArgumentError", /^jacfwd of f: argnums/));
    dispose([p, x]);
  });
});

Jacobian("hasAux hands on the rest, which may hold integers", () => {
  noLeaks(() => {
    using x = f64([1, 2]);
    const g = (a: Tensor) => [np.multiply(a, a), { n: np.astype(a, "int32"), a }] as const;
    for (const jac of [jacfwd, jacrev]) {
      const [J, aux] = jac(g, { hasAux: true })(x);
      assert.equal(
        [J.toArray(), numbers(aux.n), numbers(aux.a)],
        [
          [
            [2, 0],
            [0, 4],
          ],
          [1, 2],
          [1, 2],
        ],
      );
      dispose([J, aux]);
    }
    const cube = (a: Tensor) => [np.sum(np.power(a, 3)), np.add(a, 1)] as const;
    const [H, aux] = hessian(cube, { hasAux: true })(x);
    assert.equal(
      [H.toArray(), numbers(aux)],
      [
        [
          [6, 0],
          [0, 12],
        ],
        [2, 3],
      ],
    );
    dispose([H, aux]);
  });
});

Jacobian(
  "integers among the arguments or results are errors that name the path; jacrev gives null for them if it may",
  () => {
    noLeaks(() => {
      using x = f64([1, 2]);
      using n = i32([1, 2]);
      const sized = (p: { x: Tensor; n: Tensor }): Tensor => np.multiply(p.x, np.astype(p.n, "float64"));
      assert.throws(
        () => jacfwd(sized)({ x, n }),
        failing("DTypeError", /^jacfwd of sized[\s\S]*i32\[2\][\s\S]*args\[0\]\.n/),
      );
      assert.throws(() => jacrev(sized)({ x, n }), failing("DTypeError", /^jacrev of sized[\s\S]*args\[0\]\.n/));
      const J = jacrev(sized, { allowInt: true })({ x, n });
      assert.equal(
        [J.x.toArray(), J.n],
        [
          [
            [1, 0],
            [0, 2],
          ],
          null,
        ],
      );
      J.x.dispose();
      const count = (a: Tensor) => ({ n: np.astype(a, "int32") });
      for (const jac of [jacfwd, jacrev]) {
        assert.throws(() => jac(count)(x), failing("DTypeError", /i32\[2\][\s\S]*the result\.n[\s\S]*hasAux/));
      }
    });
  },
);

Jacobian("scalars, empty tensors, results that do not depend on the argument", () => {
  noLeaks(() => {
    using x = f64(3);
    using empty = f64([]);
    using slope = jacfwd((a: Tensor) => np.multiply(a, a))(x);
    assert.is(slope.item(), 6);
    for (const jac of [jacfwd, jacrev]) {
      const none = jac((a: Tensor) => [np.sum(a), a] as const)(empty);
      assert.equal(
        none.map((t) => t.shape),
        [[0], [0, 0]],
      );
      const zero = jac((_a: Tensor) => empty)(x);
      assert.equal(zero.shape, [0]);
      const constant = jac((_a: Tensor) => [1, 2])(x);
      assert.equal(constant.map(numbers), [[0], [0]]);
      dispose([none, zero, constant]);
    }
  });
});

Jacobian("the third derivative, in any order of modes, under vmap and jit", () => {
  scope(() => {
    const g = (x: Tensor): Tensor => np.multiply(np.sum(np.sin(x)), np.prod(x));
    const x = f64([0.3, -0.7, 1.2]);
    const third = jacfwd(jacrev(jacrev(g)))(x);
    assert.equal(third.shape, [3, 3, 3]);
    for (const other of [
      jacrev(jacfwd(jacrev(g))),
      jacfwd(hessian(g)),
      jacrev(hessian(g)),
      jit(jacfwd(jit(hessian(g)))),
    ]) {
      treesClose(other(x), third, "third derivative");
    }
    const rows = np.stack([x, np.multiply(x, 2)]);
    treesClose(np.slice(vmap(jacfwd(hessian(g)))(rows), [0]), third, "vmap");
    const [d] = centralDifference(
      ([at]) => scope(() => [hostOf(hessian(g)(onDevice(at)))]),
      [hostOf(x)],
      [host("float64", [3], [1, 0, 0])],
    );
    assertNear(
      "by differences",
      numbers(third).filter((_, i) => i % 3 === 0),
      Array.from(d.data),
      { abs: 1e-9, rel: 1e-8 },
    );
    checkGrads(g, [x], { order: 3 });
  });
});

Jacobian("hvp is the Hessian times the vector, in trees, with mixed derivatives between arguments", () => {
  scope(() => {
    const loss = (p: { w: Tensor; b: readonly [Tensor] }, x: Tensor): Tensor => np.mean(np.square(f(p, x).y));
    const [p, x, v] = [params(), point(), params()];
    const H = hessian(loss)(p, x);
    const Hv = hvp(loss, [p, x], [v, null]);
    const product = (a: { w: Tensor; b: readonly [Tensor] }): Tensor =>
      np.add(np.tensordot(a.w, v.w, 2), np.tensordot(a.b[0], v.b[0], 1));
    treesClose(Hv, { w: product(H.w), b: [product(H.b[0])] }, "H v");
    const mixed = hvp(loss, [p, x], [null, x], { argnums: 0 });
    const J = jacfwd((q: Tensor) => grad(loss)(p, q))(x);
    treesClose(mixed.w, np.tensordot(J.w, x, 2), "mixed");
    const both = hvp(loss, [p, x], [v, x], { argnums: [0, 1] });
    treesClose(both[0].w, np.add(Hv.w, mixed.w), "both");
    treesClose(jit((q: typeof p) => hvp(loss, [q, x], [v, null]))(p), Hv, "jit");
    treesClose(leavesOf(jvp(grad(loss), [p, x], [v, null])[1]), leavesOf(Hv), "by its definition");
  });
});

Jacobian("the function runs once: the unit vectors are a batch of tangents, not of values", () => {
  let calls = 0;
  const counted = (x: Tensor): Tensor => {
    calls++;
    return np.multiply(np.exp(x), x);
  };
  const text = String(makeJaxpr(jacfwd(counted))(f64([1, 2, 3])));
  assert.is(calls, 1);
  assert.match(text, /f64\[3\] = exp /);
  assert.not.match(text, /f64\[3,3\] = exp /);
});

Jacobian.run();
