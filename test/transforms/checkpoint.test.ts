import { suite } from "uvu";
import * as assert from "uvu/assert";
import { optimize } from "../../lib/compile/passes/optimize.js";
import { scope } from "../../lib/core/composite.js";
import { checkJaxpr } from "../../lib/core/jaxpr.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import {
  type CheckpointPolicy,
  checkpoint,
  checkpointName,
  checkpointPolicies,
  remat,
} from "../../lib/transforms/checkpoint.js";
import { grad, valueAndGrad, vjp } from "../../lib/transforms/grad.js";
import { hessian, hvp } from "../../lib/transforms/jacobian.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { assertNear } from "../helpers/golden.js";
import { f64, i32, noLeaks, numbers, on, startedRuntimes, treesClose } from "../helpers/runtime.js";
import { encoderLoss, type Layer, layer, makeInput, makeLayers } from "./encoder.js";
import { failing, onOwnRuntime } from "./setup.js";

const Checkpoint = suite("transforms/checkpoint");
onOwnRuntime(Checkpoint);

const { nothingSaveable, everythingSaveable, dotsSaveable, dotsWithNoBatchDimsSaveable } = checkpointPolicies;
const { saveOnlyTheseNames, saveAnyNamesButThese, saveFromBothPolicies } = checkpointPolicies;

type Params = { readonly w: Tensor; readonly b: Tensor };
const block = ({ w, b }: Params, x: Tensor): Tensor => np.sin(np.add(np.matmul(np.tanh(np.matmul(x, w)), w), b));
const lossOf =
  (f: typeof block) =>
  (p: Params, x: Tensor): Tensor =>
    np.sum(np.square(f(p, f(p, x))));
const params = (): Params => ({ w: f64([0.3, -0.7, 1.2, -1.6], [2, 2]), b: f64([0.1, -0.2]) });
const input = () => f64([0.5, -0.25, 1.5, 0.75, -1, 0.2], [3, 2]);

const policies: Record<string, CheckpointPolicy> = {
  nothing: nothingSaveable,
  everything: everythingSaveable,
  dots: dotsSaveable,
};

for (const [name, policy] of Object.entries(policies)) {
  const plain = lossOf(block);
  const kept = lossOf(checkpoint(block, { policy }));

  Checkpoint(`${name} saved: value, gradient, and what other transformations make of them are the same`, () => {
    scope(() => {
      const [p, x] = [params(), input()];
      const batch = np.stack([x, np.multiply(x, 2)]);
      const forms: Record<string, (f: typeof plain) => unknown> = {
        value: (f) => f(p, x),
        valueAndGrad: (f) => valueAndGrad(f, { argnums: [0, 1] })(p, x),
        "jit of grad": (f) => jit(grad(f))(p, x),
        "grad of jit": (f) => grad(jit(f))(p, x),
        jvp: (f) => jvp(f, [p, x], [p, x]),
        "vmap of grad": (f) => vmap(grad(f), { inAxes: [null, 0] })(p, batch),
        "grad of vmap": (f) => grad((q: Params) => np.sum(vmap(f, { inAxes: [null, 0] })(q, batch)))(p),
        "forward over reverse": (f) => hvp(f, [p, x], [p, x]),
        "reverse over reverse": (f) => grad((q: Params) => np.sum(np.square(grad(f)(q, x).w)))(p),
        "hessian, compiled": (f) => jit(hessian(f))(p, x),
        "jit of vmap of grad of grad": (f) =>
          jit(vmap(grad((y: Tensor) => np.sum(np.sin(grad(f, { argnums: 1 })(p, y))))))(batch),
      };
      for (const [form, of] of Object.entries(forms)) treesClose(of(kept), of(plain), form);
    });
  });
}

Checkpoint("central differences agree, to second order", () => {
  scope(() => checkGrads(lossOf(checkpoint(block)), [params(), input()]));
});

Checkpoint("nothing stays behind, eagerly and compiled; the residuals of a vjp go with it", () => {
  noLeaks(() => {
    const [p, x] = [params(), input()];
    const loss = lossOf(checkpoint(block));
    using compiled = jit(valueAndGrad(loss));
    scope(() => void loss(p, x));
    dispose([grad(loss)(p, x), compiled(p, x)]);
    const [y, pull] = vjp(checkpoint(block), p, x);
    dispose([pull(y), pull(y), y]);
    pull.dispose();
    dispose([p, x]);
  });
});

/** How often each primitive stands in what is compiled for `f`. */
const compiledCount = (f: (...args: never[]) => unknown, prim: string, ...args: readonly unknown[]): number => {
  const closed = makeJaxpr(f as (...xs: unknown[]) => unknown)(...args);
  const { jaxpr } = optimize(closed.jaxpr);
  checkJaxpr(jaxpr);
  closed.dispose();
  return jaxpr.eqns.filter((e) => e.prim.name === prim).length;
};
const shapes = [{ w: new ShapeDtype([4, 4]), b: new ShapeDtype([4]) }, new ShapeDtype([3, 4])] as const;

Checkpoint(
  "the compiled program computes again what the policy does not save, and only what the gradient needs",
  () => {
    // Two blocks of two products and two nonlinear functions each. Forward 4 products, backward 4 (by w) + 4 (by the layer's input) - 1.
    const count = (policy: CheckpointPolicy | undefined, prim: string): number =>
      compiledCount(
        valueAndGrad(lossOf(policy === undefined ? block : checkpoint(block, { policy }))),
        prim,
        ...shapes,
      );
    assert.is(count(undefined, "dot_general"), 11);
    assert.is(count(everythingSaveable, "dot_general"), 11);
    assert.is(count(dotsSaveable, "dot_general"), 11);
    assert.is(count(nothingSaveable, "dot_general"), 15);
    assert.is(count(undefined, "tanh"), 2);
    assert.is(count(everythingSaveable, "tanh"), 2);
    assert.is(count(dotsSaveable, "tanh"), 4);
    // The last function of a block is a sine, whose derivative does not need its value.
    assert.is(count(nothingSaveable, "sin"), 2);
    assert.is(count(nothingSaveable, "cos"), count(undefined, "cos"));
  },
);

Checkpoint("what is computed again is not merged with the first time, but inside of itself", () => {
  const twice = checkpoint((x: Tensor) => np.multiply(np.exp(np.sin(x)), np.exp(np.sin(x))));
  assert.is(compiledCount(twice, "exp", new ShapeDtype([3])), 1);
  assert.is(
    compiledCount(
      valueAndGrad((x: Tensor) => np.sum(twice(x))),
      "exp",
      new ShapeDtype([3]),
    ),
    2,
  );
});

Checkpoint("products inside of a compiled function, and named values, are seen by a policy", () => {
  const inner = jit((x: Tensor) => checkpointName(np.exp(np.tanh(np.dot(x, x))), "e"));
  const f = (policy: CheckpointPolicy) => {
    const kept = checkpoint((x: Tensor) => np.sin(inner(x)), { policy });
    return (prim: string) =>
      compiledCount(
        valueAndGrad((x: Tensor) => kept(np.cos(x))),
        prim,
        new ShapeDtype([3]),
      );
  };
  // One product is of the transposition.
  const rows: readonly [CheckpointPolicy, dot: number, tanh: number, exp: number][] = [
    [nothingSaveable, 3, 2, 2],
    [dotsSaveable, 2, 2, 2],
    [dotsWithNoBatchDimsSaveable, 2, 2, 2],
    [saveOnlyTheseNames("e"), 3, 2, 1],
    [saveOnlyTheseNames("f"), 3, 2, 2],
    [saveAnyNamesButThese("f"), 3, 2, 1],
    [saveAnyNamesButThese("e"), 3, 2, 2],
    [saveFromBothPolicies(dotsSaveable, saveOnlyTheseNames("e")), 2, 2, 1],
    [everythingSaveable, 2, 1, 1],
  ];
  for (const [policy, ...want] of rows) {
    const count = f(policy);
    assert.equal([count("dot_general"), count("tanh"), count("exp")], want, policy.name);
  }
});

Checkpoint(
  "the primitive stands in the jaxpr with its policy; integers, frozen weights and constants pass through",
  () => {
    scope(() => {
      const table = f64([1, 2, 3]);
      const f = checkpoint(
        (x: Tensor, i: Tensor, frozen: Tensor) => np.sin(np.multiply(np.multiply(x, np.take(table, i)), frozen)),
        { policy: saveOnlyTheseNames("a", "b") },
      );
      const i = i32(1);
      const [x, frozen] = [f64(0.3), f64(5)];
      const text = String(makeJaxpr(grad(f))(x, i, frozen));
      assert.match(text, /checkpoint\[name=anonymous jaxpr=[\s\S]*policy=saveOnlyTheseNames\(a,b\) again=false\]/);
      assert.match(text, /name=transpose\(linear\(anonymous\)\)[\s\S]*again=true\]/);
      const got = grad(f)(x, i, frozen).item();
      assert.ok(Math.abs(got - 10 * Math.cos(3)) < 1e-14, `${got}`);
    });
  },
);

Checkpoint("closes over what is differentiated outside, and nests", () => {
  scope(() => {
    const f = (x: Tensor): Tensor => {
      const inside = checkpoint((y: Tensor) =>
        np.sin(np.multiply(remat((z: Tensor) => np.multiply(np.exp(z), x))(y), x)),
      );
      return inside(np.multiply(x, 2));
    };
    // sin(x² e^(2x))
    const want = (x: number): number => Math.cos(x * x * Math.exp(2 * x)) * Math.exp(2 * x) * (2 * x + 2 * x * x);
    for (const g of [grad(f), jit(grad(f)), grad(jit(f))]) {
      assert.ok(Math.abs(g(f64(0.4)).item() - want(0.4)) < 1e-13);
    }
    checkGrads(f, [f64(0.4)], { order: 3 });
  });
});

Checkpoint(
  "called eagerly it is the function itself, which may look at values; a bad argument or result is named",
  () => {
    scope(() => {
      const f = checkpoint((x: Tensor) => (x.item() > 0 ? np.sin(x) : x));
      assert.is(f(f64(-1)).item(), -1);
      assert.throws(() => grad(f)(f64(-1)), failing("TracerError", /checkpoint of an anonymous function/));
      assert.throws(
        () => checkpoint((x: { a: Date }) => x as never)({ a: new Date(0) }),
        failing("TreeError", /args\[0\]\.a/),
      );
      const [a, b] = checkpoint((x: Tensor) => [x, x] as const)(f64(2));
      a.dispose();
      assert.is(b.item(), 2);
    });
  },
);

Checkpoint(
  "an 8-layer encoder's backward pass peaks at a fraction of the bytes, in the order of what the policies save",
  async () => {
    const [, wasm] = await startedRuntimes();
    on(wasm, () => {
      const [layers, x] = [makeLayers(), makeInput()];
      const peakOf = (f: typeof layer, compiled: boolean): { peak: number; grads: number[] } => {
        const g = valueAndGrad(encoderLoss(f));
        const step = compiled ? jit(g) : g;
        dispose(step(layers, x));
        const before = wasm.device.memory().bytes;
        wasm.device.resetPeak();
        const result = step(layers, x);
        const peak = wasm.device.memory().peakBytes - before;
        const grads = [result[0], ...Object.values(result[1][0])].flatMap(numbers);
        dispose(result);
        if (compiled) (step as unknown as Disposable)[Symbol.dispose]();
        return { peak, grads };
      };
      // The most MB that each may hold, compiled and eagerly: measured, and rounded up by less than 5 %.
      const forms: readonly [name: string, f: typeof layer, compiled: number, eager: number][] = [
        ["everything", checkpoint(layer, { policy: everythingSaveable }), 11.2, 16.5],
        ["dots", checkpoint(layer, { policy: dotsSaveable }), 6.1, 13.0],
        ["dots without batch", checkpoint(layer, { policy: dotsWithNoBatchDimsSaveable }), 4.0, 11.0],
        ["names", checkpoint(layer, { policy: saveOnlyTheseNames("attention", "mlp") }), 2.3, 9.3],
        ["nothing", checkpoint(layer), 2.2, 9.1],
      ];
      for (const compiled of [true, false]) {
        const plain = peakOf(layer, compiled);
        let before = plain.peak;
        assert.ok(plain.peak > (compiled ? 10e6 : 60e6), `without: ${plain.peak} bytes`);
        for (const [name, f, ...most] of forms) {
          const { peak, grads } = peakOf(f, compiled);
          assert.ok(peak <= most[compiled ? 0 : 1] * 1e6, `${name}: ${peak} bytes`);
          assert.ok(peak <= before, `${name}: ${peak} bytes, more than ${before}`);
          assertNear(`${name}, gradients`, grads, plain.grads, { abs: 1e-6, rel: 1e-4 });
          before = peak;
        }
      }
      dispose([layers, x]);
    });
  },
);

Checkpoint(
  "in the body of a scan over layers the gradient is the same, and the stacks of residuals are gone",
  async () => {
    const [, wasm] = await startedRuntimes();
    on(wasm, () => {
      const [layers, x] = [makeLayers(), makeInput()];
      const stack = (k: keyof Layer): Tensor => np.stack(layers.map((l) => l[k]));
      const stacked = scope(
        (): Layer => ({ qkv: stack("qkv"), out: stack("out"), up: stack("up"), down: stack("down") }),
      );
      const scanned =
        (block: typeof layer) =>
        (p: Layer, y: Tensor): Tensor =>
          np.mean(np.square(scan((c: Tensor, q: Layer) => [block(q, c), null] as const, y, p)[0]));
      const peakOf = (block: typeof layer): { peak: number; grads: number[] } => {
        using step = jit(valueAndGrad(scanned(block)));
        dispose(step(stacked, x));
        const before = wasm.device.memory().bytes;
        wasm.device.resetPeak();
        const result = step(stacked, x);
        const peak = wasm.device.memory().peakBytes - before;
        const grads = [result[0], ...Object.values(result[1])].flatMap(numbers);
        dispose(result);
        return { peak, grads };
      };
      const unrolled = valueAndGrad(encoderLoss(layer))(layers, x);
      const plain = peakOf(layer);
      for (const [policy, share] of [
        [nothingSaveable, 0.22],
        [saveOnlyTheseNames("attention", "mlp"), 0.24],
        [dotsSaveable, 0.6],
      ] as const) {
        const { peak, grads } = peakOf(checkpoint(layer, { policy }));
        assert.ok(peak <= share * plain.peak, `${policy.name}: ${peak} of ${plain.peak} bytes`);
        assertNear("gradients", grads, plain.grads, { abs: 1e-6, rel: 1e-4 });
      }
      const down = unrolled[1].flatMap((g) => numbers(g.down));
      // The value comes first, then the leaves in the order of their keys.
      assertNear("unrolled", plain.grads.slice(1, 1 + down.length), down, { abs: 1e-6, rel: 1e-4 });
      dispose([layers, x, stacked, unrolled]);
    });
  },
);

Checkpoint.run();
