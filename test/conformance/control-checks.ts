/** @file A row of the conformance suite inside of loops and branches: equal to the primitive by itself, and so are the derivatives. */
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { isFloat, range } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import type { HostArray } from "../../lib/core/host.js";
import type { AnyPrimitive } from "../../lib/core/primitive.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { bind } from "../../lib/core/trace.js";
import * as np from "../../lib/np/index.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { add, mul } from "../../lib/primitives/elementwise.js";
import { cond } from "../../lib/transforms/cond.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { foriLoop, whileLoop } from "../../lib/transforms/while.js";
import { allclose, asDouble, host, hostOf, on, onDevice, onReference, stacked } from "../helpers/runtime.js";
import { seeded } from "../helpers/seeded.js";
import { describe } from "./checks.js";
import { another, type Row } from "./row.js";

type Outs = readonly Tensor[];

const close = (got: Outs, want: readonly HostArray[], what: string): void =>
  got.forEach((y, k) => {
    allclose(hostOf(y), want[k], `${what}, output ${k}`);
  });

/** In a scan (whose turns call a jitted function), in both branches of a choice, in a while; each eager and compiled. */
export const computesInside = (prim: AnyPrimitive, { args, params }: Row, runtime: ExecutorRuntime): void =>
  on(runtime, () => {
    const apply = (xs: Outs): Outs => bind(prim, xs, params);
    const examples = [args, args.map(another)];
    const want = examples.map((example) => prim.impl(example, params));
    const stacks = want[0].map((_, k) =>
      stacked(
        want.map((w) => w[k]),
        0,
      ),
    );
    const loop = (xs: Outs): Outs => {
      const call = jit((...ys: Tensor[]) => apply(ys));
      return scan((turn, rows: Outs) => [np.add(turn, 1), call(...rows)], np.zeros([]), xs, { length: 2 })[1];
    };
    const choice = (take: Tensor, [a, b]: readonly Outs[]): Outs =>
      cond(
        take,
        () => apply(a),
        () => apply(b),
      );
    const repeated = ([a, b]: readonly Outs[]): Outs =>
      whileLoop(
        ([turn]) => np.less(turn, 1),
        ([turn]) => [np.add(turn, 1), apply(b)] as const,
        [np.zeros([]), apply(a)] as const,
      )[1];
    scope(() => {
      const both = examples.map((example) => example.map(onDevice));
      const rows = args.map((x, i) => onDevice(stacked([x, examples[1][i]], 0)));
      const [yes, no] = [onDevice(host("bool", [], 1)), onDevice(host("bool", [], 0))];
      using compiled = jit((xs: Outs, pair: readonly Outs[], p: Tensor, q: Tensor) => [
        loop(xs),
        choice(p, pair),
        choice(q, pair),
        repeated(pair),
      ]);
      const eager = [loop(rows), choice(yes, both), choice(no, both), repeated(both)];
      for (const [mode, [ys, whenTrue, whenFalse, last]] of [
        ["eager", eager],
        ["jit", compiled(rows, both, yes, no)],
      ] as const) {
        close(ys, stacks, `${runtime.name}, ${mode}, in a scan`);
        close(whenTrue, want[0], `${runtime.name}, ${mode}, in a branch`);
        close(whenFalse, want[1], `${runtime.name}, ${mode}, in the other branch`);
        close(last, want[1], `${runtime.name}, ${mode}, in a while`);
      }
    });
  });

/** Gradients, Hessian-vector products and mapped gradients of the primitive in a scan, a choice and a loop are those without. */
export const differentiatesInside = (prim: AnyPrimitive, { args, params, wrt }: Row): void => {
  const rng = seeded(11);
  const all = args.map(asDouble);
  const places = (wrt ?? range(args.length)).filter((i) => isFloat(args[i].dtype));
  const wide = { ...params } as Record<string, unknown>;
  if (wide.dtype === "float32") wide.dtype = "float64";
  const random = (x: HostArray): HostArray => ({ ...x, data: Float64Array.from(x.data, () => rng.between(-1, 1)) });
  const x = places.map((i) => all[i]);
  const v = x.map(random);
  const z = places.map((i) => another(all[i]));

  onReference(() =>
    scope(() => {
      const held = all.map(onDevice);
      const weights = new Map<number, Tensor>();
      const weightOf = (k: number, y: Tensor): Tensor => {
        const w =
          weights.get(k) ?? onDevice(random({ shape: y.shape, dtype: "float64", data: new Float64Array(y.size) }));
        weights.set(k, w);
        return w;
      };
      const value = (xs: Outs): Tensor => {
        const inputs = held.map((h, i) => (places.includes(i) ? xs[places.indexOf(i)] : h));
        const outs = bind(prim, inputs, wide).filter((y) => isFloat(y.dtype));
        const terms = outs.map((y, k) => {
          const w = mul(y, weightOf(k, y));
          return reduceSum(mul(w, np.sin(y)), range(y.ndim));
        });
        return terms.reduce((a, b) => add(a, b), np.zeros([], "float64"));
      };
      value(x.map(onDevice));
      const row = (xs: Outs, i: number): Outs => xs.map((y) => np.take(y, i, 0) as Tensor);
      const zero = (): Tensor => np.zeros([], "float64");
      type Loss = (xs: Outs) => Tensor;
      const forms: Record<string, readonly [Loss, Loss]> = {
        scan: [
          (xs) => scan((c, rows: Outs) => [add(c, value(rows)), null], zero(), xs)[0],
          (xs) => add(value(row(xs, 0)), value(row(xs, 1))),
        ],
        "choice in a loop": [
          (xs) =>
            foriLoop(
              0,
              3,
              (i, c) =>
                add(
                  c,
                  cond(
                    np.equal(i, 1),
                    (ys: Outs) => value(row(ys, 0)),
                    (ys) => value(row(ys, 1)),
                    xs,
                  ),
                ),
              zero(),
            ),
          (xs) => add(add(value(row(xs, 1)), value(row(xs, 0))), value(row(xs, 1))),
        ],
      };
      const point = x.map((a, i) => onDevice(stacked([a, z[i]], 0)));
      const along = v.map((a, i) => onDevice(stacked([a, random(z[i])], 0)));
      const batch = point.map((p) => np.stack([p, np.flip(p, 0)]));
      for (const [name, [inside, plain]] of Object.entries(forms)) {
        const same = (what: string, f: (loss: Loss) => Outs): void => {
          const tolerance = { abs: 1e-9, rel: 1e-8 };
          const want = f(plain).map(hostOf);
          f(inside).forEach((y, k) => {
            allclose(hostOf(y), want[k], `${what} of a ${name}, input ${k}`, tolerance);
          });
        };
        same("gradient", (loss) => grad(loss)(point));
        same("Hessian-vector product", (loss) => jvp(grad(loss) as (xs: Outs) => Outs, [point], [along])[1]);
        same("mapped gradient", (loss) => vmap(grad(loss) as (xs: Outs) => Outs)(batch));
      }
    }),
  );
};

/** All checks of a row inside of control flow; a failure says which row. */
export const conformsInside = (prim: AnyPrimitive, row: Row, runtimes: readonly ExecutorRuntime[]): void => {
  const doubles =
    row.args.some((x) => x.dtype === "float64") || ("dtype" in row.params && row.params.dtype === "float64");
  try {
    for (const runtime of runtimes) {
      if (runtime.executor.name === "reference" || !doubles) computesInside(prim, row, runtime);
    }
    const floats = row.args.some((x) => isFloat(x.dtype) && x.data.length > 0);
    if (row.noDerivative === undefined && floats) differentiatesInside(prim, row);
  } catch (e) {
    if (e instanceof Error) e.message = `${describe(row)}: ${e.message}`;
    throw e;
  }
};
