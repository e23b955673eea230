import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
import { checkJaxpr } from "../../lib/core/jaxpr.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { bind1 } from "../../lib/core/trace.js";
import { reshape } from "../../lib/lax/index.js";
import * as np from "../../lib/np/index.js";
import { sliceP } from "../../lib/primitives/movement.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { grad, linearize, vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { linearTranspose } from "../../lib/transforms/linear-transpose.js";
import { makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import {
  bool,
  f32,
  f64,
  heldBy,
  i32,
  noLeaks,
  numbers,
  on,
  onReference,
  startedRuntimes,
  treesClose,
} from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Scan = suite("transforms/scan");
const runtime = onOwnRuntime(Scan);
const runtimes = await startedRuntimes();

const row = (x: Tensor, i: number): Tensor => {
  const shape = x.shape.slice(1);
  const rest = shape.map(() => 0);
  const one = bind1(sliceP, [x], {
    start: [i, ...rest],
    limit: [i + 1, ...shape],
    strides: x.shape.map(() => 1),
  });
  return reshape(one, shape);
};

interface Weights {
  readonly w: Tensor;
  readonly b: Tensor;
}
type Turn = (h: Tensor, x: Tensor) => readonly [Tensor, Tensor];
const turnOf =
  ({ w, b }: Weights): Turn =>
  (h, x) => {
    const next = np.tanh(np.add(np.add(np.matmul(w, h), x), b));
    return [next, np.sum(np.multiply(next, x))];
  };
type Loop = (turn: Turn, h: Tensor, xs: Tensor, reverse: boolean) => readonly [Tensor, Tensor];
const scanned: Loop = (turn, h, xs, reverse) => scan(turn, h, xs, { reverse });
const unrolled: Loop = (turn, h, xs, reverse) => {
  const n = xs.shape[0];
  const ys: Tensor[] = [];
  let carry = h;
  for (let k = 0; k < n; k++) {
    const i = reverse ? n - 1 - k : k;
    [carry, ys[i]] = turn(carry, row(xs, i)) as [Tensor, Tensor];
  }
  return [carry, np.stack(ys)];
};

const weights = (): Weights => ({ w: f64([0.5, 0.1, -0.2, 0.3], [2, 2]), b: f64([0.1, -0.3]) });
const sequence = (): Tensor => f64([1, 2, 0.3, 0.4, -0.5, 0.6], [3, 2]);
const start = (): Tensor => f64([0.2, -0.1]);

/** A program for one call. */
const jitted =
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) =>
  (...args) => {
    using program = jit(f);
    return program(...args);
  };

/** The transformations of a recurrent network that both forms must agree on. */
const forms = (loop: Loop, reverse: boolean): Record<string, (p: Weights, h: Tensor, xs: Tensor) => unknown> => {
  const loss = (p: Weights, h: Tensor, xs: Tensor): Tensor => {
    const [last, ys] = loop(turnOf(p), h, xs, reverse);
    return np.add(np.sum(np.multiply(last, last)), np.sum(np.sin(ys)));
  };
  const g = grad(loss, { argnums: [0, 1, 2] });
  const norm = (p: Weights, h: Tensor, xs: Tensor): Tensor => {
    const [dp, dh, dxs] = g(p, h, xs);
    return np.add(np.sum(np.sin(dp.w)), np.add(np.sum(np.multiply(dh, dh)), np.sum(np.multiply(dxs, xs))));
  };
  const gg = grad(norm, { argnums: [0, 1, 2] });
  return {
    value: (p, h, xs) => loop(turnOf(p), h, xs, reverse),
    grad: g,
    "grad of the weights alone": grad(loss),
    "grad of the sequence alone": grad(loss, { argnums: 2 }),
    "grad under jit": jitted(g),
    jvp: (p, h, xs) => jvp(loss, [p, h, xs], [p, h, xs]),
    "jvp along the sequence": (p, h, xs) => jvp((x: Tensor) => loss(p, h, x), [xs], [xs]),
    "jvp of grad": (p, h, xs) => jvp(g, [p, h, xs], [p, h, xs]),
    "grad of jvp": (p, h, xs) => grad((q: Weights) => jvp((r: Weights) => loss(r, h, xs), [q], [q])[1])(p),
    "grad of grad": gg,
    "grad of grad under jit": jitted(gg),
    "third order": (p, h, xs) => grad((q: Weights) => np.sum(np.cos(gg(q, h, xs)[0].w)))(p),
    "vmap of grad over sequences": (p, h, xs) =>
      vmap(g, { inAxes: [null, null, 1] })(p, h, np.stack([xs, np.multiply(xs, 0.5)], 1)),
    "vmap of grad over starts": (p, h, xs) =>
      vmap(g, { inAxes: [null, 0, null] })(p, np.stack([h, np.multiply(h, 0.5)]), xs),
    "grad of vmap over weights": (p, h, xs) =>
      grad((w: Tensor) => np.sum(vmap((v: Tensor) => loss({ w: v, b: p.b }, h, xs))(w)))(
        np.stack([p.w, np.negative(p.w)]),
      ),
    linearize: (p, h, xs) => {
      const [y, push] = linearize(loss, p, h, xs);
      const dy = push(p, h, xs);
      push.dispose();
      return [y, dy];
    },
  };
};

for (const reverse of [false, true]) {
  const [a, b] = [forms(scanned, reverse), forms(unrolled, reverse)];
  for (const name of Object.keys(a)) {
    Scan(`${name} of a scan${reverse ? " in reverse" : ""} is that of the unrolled loop`, () => {
      noLeaks(() => {
        const args = [weights(), start(), sequence()] as const;
        const got = scope(() => a[name](...args));
        const want = scope(() => b[name](...args));
        treesClose(got, want, name, { abs: 1e-12, rel: 1e-10 });
        dispose([args, got, want]);
      }, name);
    });
  }
}

Scan("derivatives up to the third order agree with differences", () => {
  const f = (w: Tensor, h: Tensor, xs: Tensor): unknown => scan(turnOf({ w, b: start() }), h, xs);
  checkGrads(f, [weights().w, start(), sequence()], { order: 2 });
  checkGrads(f, [weights().w, start(), sequence()], { order: 3, modes: ["reverse"], tolerance: 1e-5 });
});

Scan("a carry that gets its tangent only from a later carry has one from the first turn on", () => {
  // Three carries in a ring: each turn hands the first to the second and the second to the third.
  const f = (x: Tensor): Tensor => {
    const [[a, b, c]] = scan(
      ([p, q, r], k) => [[np.multiply(p, k), np.add(p, q), np.multiply(q, r)], null] as const,
      [x, f64([1]), f64([2])] as const,
      f64([[2], [3], [4]].flat(), [3, 1]),
    );
    return np.sum(np.add(np.multiply(a, b), c));
  };
  checkGrads(f, [f64([0.7])]);
});

for (const r of runtimes) {
  Scan(`${r.name}: a scan computes and differentiates as the reference does, without leaks`, () => {
    const compute = (): number[][] => {
      const args = [
        { w: f32([0.5, 0.1, -0.2, 0.3], [2, 2]), b: f32([0.1, -0.3]) },
        f32([0.2, -0.1]),
        f32([1, 2, 0.3, 0.4, -0.5, 0.6], [3, 2]),
      ] as const;
      return Object.entries(forms(scanned, false)).map(([name, f]) => {
        if (name === "third order") return [];
        const out = scope(() => f(...args));
        const list = [out]
          .flat(4)
          .flatMap((x) =>
            (x as { dataSync?: unknown }).dataSync
              ? numbers(x)
              : Object.values(x as object).flatMap((y) => ((y as { dataSync?: unknown }).dataSync ? numbers(y) : [])),
          );
        dispose(out);
        if (name === "linearize") dispose(args);
        return list;
      });
    };
    const want = onReference(compute);
    on(r, () => noLeaks(compute, r.name)).forEach((list, i) => {
      list.forEach((v, j) => {
        assert.ok(Math.abs(v - want[i][j]) <= 2e-5 * (1 + Math.abs(want[i][j])), `${i} ${j}: ${v}, ${want[i][j]}`);
      });
    });
  });

  Scan(`${r.name}: rows of every dtype come in and go out`, () => {
    on(r, () =>
      noLeaks(() => {
        const xs = {
          f: f32([1, 2, 3, 4], [2, 2]),
          i: i32([5, -6]),
          b: bool([true, false, true, true], [2, 2]),
          e: f32([], [2, 0]),
        };
        const [n, ys] = scan((c, x) => [np.add(c, 1), { ...x, n: c }], np.zeros([], "int32"), xs);
        assert.is(n.item(), 2);
        assert.equal(
          [numbers(ys.f), numbers(ys.i), numbers(ys.b), numbers(ys.n), ys.e.shape],
          [
            [1, 2, 3, 4],
            [5, -6],
            [1, 0, 1, 1],
            [0, 1],
            [2, 0],
          ],
        );
        assert.equal([ys.f.dtype, ys.i.dtype, ys.b.dtype], ["float32", "int32", "bool"]);
        dispose([xs, n, ys]);
      }, r.name),
    );
  });
}

Scan("on a device without rows of its own, kernels cut and join them", () => {
  const executor = referenceExecutor();
  const device = new Proxy(executor.device, {
    get: (own, key) => {
      const value = Reflect.get(own, key);
      return key === "rows" ? undefined : typeof value === "function" ? value.bind(own) : value;
    },
  });
  const other = runtimeOn({ ...executor, device });
  on(other, () =>
    noLeaks(() => {
      const xs = f32([1, 2, 3]);
      for (const reverse of [false, true]) {
        const out = scan((c, x) => [np.add(c, x), np.multiply(c, x)], 1, xs, { reverse });
        assert.equal(out.map(numbers), reverse ? [[7], [6, 8, 3]] : [[7], [1, 4, 12]]);
        dispose(out);
      }
      const nothing = f32([], [0, 2]);
      const none = scan((c, x) => [c, x], 1, nothing);
      assert.equal(none[1].shape, [0, 2]);
      dispose([xs, none, nothing]);
    }),
  );
});

Scan("without rows there is nothing to do: the carry comes back and ys are empty", () => {
  noLeaks(() => {
    const [c, xs] = [f32([1, 2]), f32([], [0, 3])];
    const f = (init: Tensor, rows: Tensor): readonly [Tensor, Tensor] =>
      scan((h, x) => [np.add(h, np.sum(x)), np.multiply(x, 2)], init, rows);
    const [last, ys] = f(c, xs);
    assert.equal(
      [numbers(last), ys.shape],
      [
        [1, 2],
        [0, 3],
      ],
    );
    const [value, pull] = vjp(f, c, xs);
    const cts = pull([c, xs]);
    assert.equal(
      [numbers(cts[0]), cts[1].shape],
      [
        [1, 2],
        [0, 3],
      ],
    );
    pull.dispose();
    dispose([c, xs, last, ys, cts, value]);
  });
});

Scan("null xs with a length counts turns", () => {
  noLeaks(() => {
    const [last, ys] = scan((c, _x: null) => [np.multiply(c, 2), c], 1, null, { length: 4 });
    assert.equal([last.item(), numbers(ys)], [16, [1, 2, 4, 8]]);
    dispose([last, ys]);
    const three = f32([3]);
    const [same, none] = scan((c) => [c, null], three, null, { length: 2 });
    assert.equal([numbers(same), none], [[3], null]);
    dispose([same, three]);
  });
});

Scan("a number as carry takes the dtype that the function gives it", () => {
  noLeaks(() => {
    const xs = i32([1, 2, 3]);
    const [n] = scan((_c, x) => [x, null], 0, xs);
    assert.is(String(n.aval), "i32[]");
    const [s] = scan((c, x) => [np.add(c, np.astype(x, "float32")), null], 0, xs);
    assert.is(String(s.aval), "f32[]");
    const [w] = scan((c) => [np.multiply(c, 2), null], 1, xs);
    assert.is(String(w.aval), "f32*[]");
    const [k] = scan((_c, _x) => [0, null], s, xs);
    assert.is(String(k.aval), "f32[]");
    dispose([xs, n, s, w, k]);
  });
});

Scan("a carry that changes is an error with its path and both avals", () => {
  const x = f32([1, 2]);
  const init = { a: f32([1, 2]), rest: [f32(0)] };
  assert.throws(
    () => scan((c, y) => [{ a: c.a, rest: [np.stack([y, y])] }, null], init, x),
    failing("ShapeError", /changes the type of the carry\n.*f32\[\][\s\S]*f32\[2\]\n.*carry\.rest\[0\]/),
  );
  assert.throws(
    () => scan((c, _y) => [{ ...c, a: np.astype(c.a, "int32") }, null], init, x),
    failing("DTypeError", /f32\[2\][\s\S]*i32\[2\]\n.*carry\.a/),
  );
  assert.throws(
    () => scan((c, _y) => [{ a: c.a } as never, null], init, x),
    failing("TreeError", /carry\.rest: missing/),
  );
  assert.throws(() => scan(((c: Tensor) => c) as never, x, x), failing("TreeError", /\[carry, y\]/));
  assert.throws(() => scan((c) => [c, null], x, null), failing("ArgumentError", /number of turns[\s\S]*length/));
  assert.throws(() => scan((c) => [c, null], x, x, { length: 3 }), failing("ShapeError", /3 rows, as length says/));
  assert.throws(
    () => scan((c) => [c, null], x, [x, f32([1])]),
    failing("ShapeError", /2 rows, as xs\[0\][\s\S]*f32\[1\][\s\S]*xs\[1\]/),
  );
  assert.throws(() => scan((c) => [c, null], x, f32(1)), failing("ShapeError", /scalar has no rows/));
  assert.throws(() => scan((c) => [c, null], x, x, { unroll: 0 }), failing("ArgumentError", /unroll/));
  assert.throws(() => scan((async (c: Tensor) => [c, null]) as never, x, x), failing("TracerError", /Promise/));
  dispose([x, init]);
});

Scan("a counter in the carry of a linear function is an error that says where to put it", () => {
  noLeaks(() => {
    const x = f32([1, 2]);
    const counting = (y: Tensor): Tensor =>
      scan(([i, c]) => [[np.add(i, 1), np.multiply(c, 2)], null], [np.zeros([], "int32"), y] as const, null, {
        length: 3,
      })[0][1];
    assert.throws(
      () => linearTranspose(counting, x)(x),
      failing("UnsupportedError", /carry i32\[\][\s\S]*counter, as xs/),
    );
    const plain = (y: Tensor): Tensor => scan((c) => [np.multiply(c, 2), null], y, null, { length: 3 })[0];
    const [ct] = linearTranspose(plain, x)(x) as [Tensor];
    assert.equal(numbers(ct), [8, 16]);
    dispose([x, ct]);
  });
});

Scan("an error in a turn frees everything", () => {
  noLeaks(() => {
    const x = f32([1, 2, 3]);
    const sabotaged = runtimeOn({
      ...runtime.executor,
      kernel: (prim, ...rest) => {
        const kernel = runtime.executor.kernel(prim, ...rest);
        let calls = 0;
        return (inputs) => {
          if (prim.name === "sin" && ++calls === 2) throw new Error("broken");
          return kernel(inputs);
        };
      },
    });
    on(sabotaged, () => {
      assert.throws(
        () => scan((c, y) => [np.sin(np.add(c, y)), np.cos(c)], 0, x),
        /sin: the reference executor failed: Error: broken/,
      );
    });
    x.dispose();
  });
});

Scan("what is the same in every turn is not stacked, and rows of xs are handed on whole", () => {
  const loss = (w: Tensor, x: Tensor): Tensor =>
    np.sum(scan((h, y) => [np.multiply(np.multiply(h, np.sin(w)), y), null], f32(1), x)[0]);
  const jaxpr = makeJaxpr(grad(loss))(new ShapeDtype([]), new ShapeDtype([5]));
  checkJaxpr(jaxpr.jaxpr);
  const forward = jaxpr.jaxpr.eqns.find((e) => e.prim.name === "scan");
  const stacked = forward?.outputs.map((v) => String(v.aval));
  // sin(w) and cos(w) are computed once; of what is needed, only the carry that a turn begins with varies.
  assert.equal(stacked, ["f32[]", "f32[5]"]);
  const names = jaxpr.jaxpr.eqns.map((e) => e.prim.name);
  assert.is(names.indexOf("sin") < names.indexOf("scan"), true);
  jaxpr.dispose();
});

Scan("a thousand turns hold what one holds", () => {
  for (const r of runtimes) {
    on(r, ({ device }) => {
      const peak = (length: number): number => {
        const x = f32(new Float32Array(1000).fill(0.1));
        using f = jit((c: Tensor) => scan((h) => [np.sin(np.multiply(h, 1.01)), null], c, null, { length })[0]);
        device.resetPeak();
        const before = device.memory().bytes;
        f(x).dispose();
        const most = device.memory().peakBytes - before;
        x.dispose();
        return most;
      };
      assert.is(peak(1000), peak(2), r.name);
    });
  }
});

Scan("a jitted function frees the programs of its loops", () => {
  const held = heldBy(runtime.device);
  const x = f32([1, 2, 3]);
  const f = jit(
    (y: Tensor) => scan((c, v) => [np.add(c, np.multiply(v, np.array([1, 2, 3]))), null], np.zeros([3]), y)[0],
  );
  f(x).dispose();
  const h = jit(grad((y: Tensor) => np.sum(f(y))));
  h(x).dispose();
  x.dispose();
  f.dispose();
  h.dispose();
  assert.equal(heldBy(runtime.device), held);
});

Scan.run();
