import { suite } from "uvu";
import * as assert from "uvu/assert";
import { optimize } from "../../../lib/compile/passes/optimize.js";
import { Program } from "../../../lib/compile/program.js";
import { scope } from "../../../lib/core/composite.js";
import { checkJaxpr, type Eqn, type Jaxpr } from "../../../lib/core/jaxpr.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { cond, switchCase } from "../../../lib/transforms/cond.js";
import { grad } from "../../../lib/transforms/grad.js";
import { jit } from "../../../lib/transforms/jit.js";
import { makeJaxpr, ShapeDtype } from "../../../lib/transforms/make-jaxpr.js";
import { scan } from "../../../lib/transforms/scan.js";
import { whileLoop } from "../../../lib/transforms/while.js";
import { f32, noLeaks, treesClose } from "../../helpers/runtime.js";
import { onOwnRuntime } from "../../transforms/setup.js";

const Passes = suite("compile/passes/loops");
const runtime = onOwnRuntime(Passes);

const shape = (...s: number[]): ShapeDtype => new ShapeDtype(s);
/** The optimized jaxpr of `f`, which checks, and its equations of control flow. */
const optimized = (f: (...xs: Tensor[]) => unknown, ...args: ShapeDtype[]): { jaxpr: Jaxpr; loops: readonly Eqn[] } => {
  const { jaxpr } = optimize(makeJaxpr(f)(...args).jaxpr);
  checkJaxpr(jaxpr);
  return { jaxpr, loops: jaxpr.eqns.filter((e) => e.prim.control !== undefined) };
};
const namesOf = (jaxpr: Jaxpr): string[] => jaxpr.eqns.map((e) => e.prim.name);
const bodyOf = (eqn: Eqn): Jaxpr => (eqn.params.jaxpr ?? eqn.params.body) as Jaxpr;

Passes("stacked outputs, carries and inputs that nothing needs are dropped, in nested loops too", () => {
  const f = (a: Tensor, b: Tensor, xs: Tensor): Tensor =>
    scan(
      ([p, q, r], x) => {
        const inner = scan((h, y) => [np.add(h, y), np.exp(y)], q, x);
        return [
          [np.add(p, np.sum(x)), inner[0], np.multiply(r, b)],
          [np.sin(p), inner[1]],
        ] as const;
      },
      [a, a, a] as const,
      xs,
    )[0][1];
  const { loops } = optimized(f, shape(), shape(), shape(4, 3));
  assert.is(loops.length, 1);
  assert.equal([loops[0].inputs.length, loops[0].outputs.length], [2, 1], "one carry and xs are left");
  assert.equal(namesOf(bodyOf(loops[0])), ["scan"]);
  const [inner] = bodyOf(loops[0]).eqns;
  assert.equal(namesOf(bodyOf(inner)), ["add"]);
});

Passes("a carry that another one reads is kept", () => {
  const f = (a: Tensor): Tensor =>
    scan(([p, q, r]) => [[np.add(p, q), np.sin(q), np.cos(r)], null] as const, [a, a, a] as const, null, {
      length: 3,
    })[0][0];
  const { loops } = optimized(f, shape());
  assert.is(loops[0].outputs.length, 2);
  assert.equal(namesOf(bodyOf(loops[0])), ["add", "sin"]);
});

Passes("what is the same in every turn is computed before the loop", () => {
  const f = (w: Tensor, x: Tensor): Tensor =>
    scan((h) => [np.matmul(np.transpose(np.sin(w)), np.tanh(h)), null], x, null, { length: 5 })[0];
  const { jaxpr, loops } = optimized(f, shape(3, 3), shape(3));
  assert.equal(namesOf(bodyOf(loops[0])), ["tanh", "dot_general"]);
  assert.equal(namesOf(jaxpr), ["sin", "transpose", "scan"]);
  const g = (w: Tensor, x: Tensor): Tensor =>
    whileLoop(
      (h) => np.less(np.sum(h), 10),
      (h) => np.add(h, np.exp(w)),
      x,
    );
  assert.equal(namesOf(optimized(g, shape(3), shape(3)).jaxpr), ["exp", "while"]);
});

Passes("a while drops the carries that neither the predicate nor a result needs; a choice its unread operands", () => {
  const f = (x: Tensor, y: Tensor): Tensor =>
    whileLoop(
      ([i]) => np.less(i, 3),
      ([i, a, b]) => [np.add(i, 1), np.multiply(a, 2), np.sin(b)] as const,
      [np.zeros([]), x, y] as const,
    )[1];
  const { loops } = optimized(f, shape(2), shape(4));
  assert.is(loops[0].outputs.length, 2);
  const g = (p: Tensor, x: Tensor, y: Tensor): Tensor =>
    cond(
      np.greater(p, 0),
      () => [np.sin(x), np.cos(y)] as const,
      () => [x, y] as const,
    )[0] as Tensor;
  const choice = optimized(g, shape(), shape(2), shape(3)).loops[0];
  assert.equal([choice.inputs.length, choice.outputs.length], [2, 1]);
});

Passes("equal loops are run once", () => {
  const f = (x: Tensor): Tensor => {
    const once = jit((y: Tensor) => scan((c) => [np.sin(c), null], y, null, { length: 3 })[0]);
    return np.add(once(x), once(x));
  };
  assert.is(optimized(f, shape(2)).loops.length, 1);
});

for (const length of [1, 2, 5, 6]) {
  for (const unroll of [1, 2, 3, 5, 9]) {
    Passes(
      `${length} turns, ${unroll} in a row, give what one at a time gives, in both directions and derivatives`,
      () => {
        noLeaks(() => {
          const xs = f32(
            Array.from({ length: 2 * length }, (_, i) => Math.sin(i + 1)),
            [length, 2],
          );
          const w = f32([0.5, -0.3]);
          for (const reverse of [false, true]) {
            const f =
              (n: number) =>
              (v: Tensor, rows: Tensor): Tensor => {
                const [c, ys] = scan(
                  (h, x) => [np.tanh(np.add(np.multiply(h, v), x)), np.multiply(h, x)],
                  np.ones([2]),
                  rows,
                  { reverse, unroll: n },
                );
                return np.add(np.sum(np.multiply(ys, ys)), np.sum(c));
              };
            scope(() => {
              using plain = jit(grad(f(1), { argnums: [0, 1] }));
              using out = jit(grad(f(unroll), { argnums: [0, 1] }));
              treesClose(out(w, xs), plain(w, xs), `reverse ${reverse}`);
            });
          }
          dispose([w, xs]);
        });
      },
    );
  }
}

Passes("unrolled turns are written out: whole where they all are, else in chunks and a rest", () => {
  const f =
    (unroll: number) =>
    (xs: Tensor): unknown =>
      scan((h, x) => [np.sin(np.add(h, x)), h], np.zeros([]), xs, { unroll });
  const whole = optimized(f(4), shape(4));
  assert.is(whole.loops.length, 0);
  assert.is(namesOf(whole.jaxpr).filter((n) => n === "sin").length, 4);
  const chunks = optimized(f(3), shape(8));
  assert.is(chunks.loops[0].params.length, 2);
  assert.is(namesOf(bodyOf(chunks.loops[0])).filter((n) => n === "sin").length, 3);
  assert.is(namesOf(chunks.jaxpr).filter((n) => n === "sin").length, 2);
});

Passes("constants of bodies are held by the program around and go with it", () => {
  noLeaks(() => {
    const x = f32([1, 2, 3]);
    const table = (k: number): Tensor => np.array([k, 2, 3]);
    const f = (y: Tensor): unknown => [
      scan((c, v) => [np.add(c, np.multiply(v, table(1))), null], np.zeros([3]), y)[0],
      switchCase(
        np.astype(np.sum(y), "int32"),
        [(v: Tensor) => np.add(v, table(2)), (v) => np.multiply(v, table(5)), (v) => np.add(v, table(7))],
        y,
      ),
    ];
    const { jaxpr, consts } = makeJaxpr(f)(x);
    dispose(consts);
    assert.ok(jaxpr.constVars.length > 0);
    const closed = makeJaxpr(
      (y: Tensor) =>
        scan(
          (c, v) => [np.add(c, np.multiply(v, np.cos(np.astype(np.arange(3), "float32")))), null],
          np.zeros([3]),
          y,
        )[0],
    )(x);
    const program = new Program(runtime.executor, closed.jaxpr);
    const { device } = runtime.executor;
    const handle = x.handleOn(runtime.device, "test");
    const outs = program.run([handle]);
    const want = [0, 1, 2].map((i) => 6 * Math.cos(i));
    Array.from(device.download(outs[0]).data).forEach((v, i) => {
      assert.ok(Math.abs(v - want[i]) < 1e-5);
    });
    for (const h of outs) device.free(h);
    program.dispose();
    x.dispose();
  });
});

Passes.run();
