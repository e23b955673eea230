import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { cond, switchCase } from "../../lib/transforms/cond.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import {
  bool,
  elementsNear,
  f32,
  f64,
  i32,
  messageOf,
  noLeaks,
  numbers,
  on,
  startedRuntimes,
  treesClose,
} from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Cond = suite("transforms/cond");
onOwnRuntime(Cond);
const runtimes = await startedRuntimes();

interface Operands {
  readonly x: Tensor;
  readonly w: Tensor;
}
/** Branches that use, ignore and multiply what they are given: each has other tangents and other residuals. */
const BRANCHES = [
  ({ x }: Operands): readonly [Tensor, Tensor] => [np.sin(np.multiply(x, x)), np.sum(x)],
  ({ x, w }: Operands): readonly [Tensor, Tensor] => [np.multiply(np.exp(w), np.cos(np.multiply(x, w))), np.sum(w)],
  (_: Operands): readonly [Tensor, Tensor] => [f64([1, 2]), f64(3)],
];
type Choice = (index: Tensor, at: number, operands: Operands) => readonly [Tensor, Tensor];
const chosen: Choice = (index, _at, operands) => switchCase(index, BRANCHES, operands);
const plain: Choice = (_index, at, operands) => BRANCHES[at](operands);

const forms = (choice: Choice, at: number): Record<string, (p: Operands, index: Tensor) => unknown> => {
  const lossAt =
    (index: Tensor) =>
    (p: Operands): Tensor => {
      const [y, s] = choice(index, at, p);
      return np.add(np.sum(np.multiply(y, y)), np.multiply(s, s));
    };
  const norm =
    (index: Tensor) =>
    (p: Operands): Tensor => {
      const g = grad(lossAt(index))(p);
      return np.add(np.sum(np.sin(g.x)), np.sum(np.multiply(g.w, p.x)));
    };
  return {
    value: (p, index) => choice(index, at, p),
    grad: (p, index) => grad(lossAt(index))(p),
    "grad of one operand": (p, index) => grad((w: Tensor) => lossAt(index)({ x: p.x, w }))(p.w),
    "grad under jit": (p, index) => {
      using g = jit((q: Operands, i: Tensor) => grad(lossAt(i))(q));
      return g(p, index);
    },
    jvp: (p, index) => jvp(lossAt(index), [p], [p]),
    "grad of grad": (p, index) => grad(norm(index))(p),
    "jvp of grad": (p, index) => jvp(grad(lossAt(index)), [p], [p]),
    "grad of jvp": (p, index) => grad((q: Operands) => jvp(lossAt(index), [q], [q])[1])(p),
    "third order": (p, index) => grad((q: Operands) => np.sum(np.cos(grad(norm(index))(q).x)))(p),
    "vmap over operands": (p, index) =>
      vmap((x: Tensor) => choice(index, at, { x, w: p.w }))(np.stack([p.x, np.negative(p.x)])),
    "vmap of grad over operands": (p, index) =>
      vmap((x: Tensor) => grad(lossAt(index))({ x, w: p.w }))(np.stack([p.x, np.negative(p.x)])),
  };
};

const names = Object.keys(forms(plain, 0));
for (const name of names) {
  Cond(`${name} of a choice is that of the function chosen`, () => {
    noLeaks(() => {
      const p = { x: f64([0.3, -0.7]), w: f64([0.5, 0.2]) };
      for (const at of [0, 1, 2]) {
        const index = i32(at);
        scope(() => {
          const got = forms(chosen, at)[name](p, index);
          const want = forms(plain, at)[name](p, index);
          treesClose(got, want, `${name}, branch ${at}`, { abs: 1e-12, rel: 1e-10 });
        });
        index.dispose();
      }
      dispose(p);
    }, name);
  });
}

Cond("vmap over the choice computes every branch and selects; also its gradient", () => {
  noLeaks(() => {
    const x = f64([0.3, -0.7, 0.5, 1.5]);
    const index = i32([0, 2, 1, 9]);
    const fs = [np.sin, np.exp, (y: Tensor) => np.multiply(y, y)];
    const f = (i: Tensor, y: Tensor): Tensor => switchCase(i, fs, y);
    scope(() => {
      const want = [Math.sin(0.3), 0.49, Math.exp(0.5), 2.25];
      elementsNear(vmap(f)(index, x), want, 1e-12);
      const dwant = [Math.cos(0.3), -1.4, Math.exp(0.5), 3];
      elementsNear(vmap(grad(f, { argnums: 1 }))(index, x), dwant, 1e-12);
      const jaxpr = makeJaxpr(vmap(f))(index, x);
      assert.not.ok(jaxpr.jaxpr.eqns.some((e) => e.prim.name === "cond"));
      assert.ok(jaxpr.jaxpr.eqns.some((e) => e.prim.name === "select"));
    });
    dispose([x, index]);
  });
});

Cond("checkGrads of a choice, to the second order", () => {
  for (const at of [0, 1, 2])
    checkGrads((x: Tensor, w: Tensor) => chosen(i32(at), at, { x, w }), [f64([0.3, -0.7]), f64([0.5, 0.2])]);
});

Cond("an index outside chooses the nearest branch", () => {
  noLeaks(() => {
    const fs = [(x: Tensor) => np.add(x, 1), (x: Tensor) => np.add(x, 2)];
    const x = f32(0);
    for (const [index, want] of [
      [-3, 1],
      [0, 1],
      [1, 2],
      [7, 2],
    ]) {
      const y = switchCase(index, fs, x);
      assert.is(y.item(), want);
      y.dispose();
    }
    x.dispose();
    assert.is(lax.switch, switchCase);
  });
});

for (const r of runtimes) {
  Cond(`${r.name}: the predicate decides when the program runs`, () => {
    on(r, () =>
      noLeaks(() => {
        using f = jit((p: Tensor, x: Tensor) =>
          cond(
            p,
            (y) => np.sqrt(y),
            (y) => np.negative(y),
            x,
          ),
        );
        const x = f32([4, 9]);
        const [yes, no] = [bool(1), bool(0)];
        const outs = [f(yes, x), f(no, x)];
        assert.equal(outs.map(numbers), [
          [2, 3],
          [-4, -9],
        ]);
        assert.is(f.stats().compiles, 1);
        const g = grad((y: Tensor) =>
          np.sum(
            cond(
              np.greater(np.sum(y), 10),
              (z: Tensor) => np.multiply(z, z),
              (z) => z,
              y,
            ),
          ),
        )(x);
        assert.equal(numbers(g), [8, 18]);
        dispose([x, yes, no, outs, g]);
      }, r.name),
    );
  });
}

Cond("numbers and plain booleans decide too; a weak result yields to a strong one", () => {
  noLeaks(() => {
    const x = f32([1, 2]);
    const sum = np.sum(x);
    const outs = [
      cond(
        true,
        (y) => y,
        (y) => np.negative(y),
        x,
      ),
      cond(
        0,
        (y) => y,
        (y) => np.negative(y),
        x,
      ),
      cond(
        sum,
        () => 0,
        () => np.zeros([]),
        x,
      ),
    ];
    assert.equal(outs.map(numbers), [[1, 2], [-1, -2], [0]]);
    assert.is(String(outs[2].aval), "f32[]");
    dispose([x, sum, outs]);
  });
});

Cond("branches that return different things are an error with the path and both", () => {
  const x = f32([1, 2]);
  const other = (f: (y: Tensor) => unknown): string =>
    messageOf(() => cond(true, (y: Tensor) => ({ a: y, b: [y] }), f as never, x)) ?? "none";
  assert.match(
    other((y) => ({ a: y, b: [np.sum(y)] })),
    /different types\n.*f32\[\], as the false branch[\s\S]*f32\[2\] from the true branch\n.*the result\.b\[0\]/,
  );
  assert.match(
    other((y) => ({ a: np.astype(y, "int32"), b: [y] })),
    /i32\[2\][\s\S]*f32\[2\][\s\S]*the result\.a[\s\S]*astype/,
  );
  assert.match(
    other((y) => ({ a: y })),
    /the result\.b: unexpected[\s\S]*same tree/,
  );
  assert.throws(
    () =>
      cond(
        x,
        (y) => y,
        (y) => y,
        x,
      ),
    failing("ShapeError", /predicate is not a scalar[\s\S]*f32\[2\][\s\S]*np\.where/),
  );
  assert.throws(() => switchCase(f32(1), [np.sin], x), failing("DTypeError", /index[\s\S]*f32\[\]/));
  assert.throws(() => switchCase(0, [], x), failing("ArgumentError", /no branch/));
  x.dispose();
});

Cond("branches that need residuals of one shape share the place where they are kept", () => {
  const f = (i: Tensor, x: Tensor): Tensor =>
    np.sum(switchCase(i, [(y: Tensor) => np.sin(np.sin(y)), (y) => np.exp(y), (y) => y], x));
  const jaxpr = makeJaxpr(grad(f, { argnums: 1 }))(new ShapeDtype([], "int32"), new ShapeDtype([3]));
  const [forward] = jaxpr.jaxpr.eqns.filter((e) => e.prim.name === "cond");
  assert.equal(
    forward.outputs.map((v) => String(v.aval)),
    ["f32[3]", "f32[3]", "f32[3]"],
  );
  jaxpr.dispose();
});

Cond.run();
