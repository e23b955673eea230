/** @file Every sampler under jit, vmap and grad, and on every executor. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { gammaDerivative } from "../../lib/primitives/random-gamma.js";
import * as random from "../../lib/random/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { allclose, hostOf, noLeaks, numbers, on, onReference, startedRuntimes } from "../helpers/runtime.js";
import { SAMPLERS } from "./samplers.js";

const Transforms = suite("random/transforms");
const runtimes: readonly ExecutorRuntime[] = await startedRuntimes();
const reference = runtimes[0];
const wasm = runtimes.find((r) => r.name.includes("wasm")) as ExecutorRuntime;

const KEYS = 3;
const N = 5;

SAMPLERS.forEach(({ name, golden, agreement, draw }) => {
  Transforms(
    `${name} (${golden ?? "no distribution"}) is the same compiled, mapped over keys and on every executor`,
    () => {
      const want = on(reference, () => scope(() => hostOf(draw(random.key(7), N))));
      for (const runtime of runtimes) {
        on(runtime, () =>
          noLeaks(() =>
            scope(() => {
              const key = random.key(7);
              const eager = hostOf(draw(key, N));
              const exact = { abs: 0, rel: 0 };
              allclose(
                eager,
                want,
                `${name} on ${runtime.name}`,
                agreement === "bits" ? exact : { abs: 1e-6, rel: 2e-5 },
              );
              using compiled = jit((k: Tensor) => draw(k, N));
              allclose(hostOf(compiled(key)), eager, `${name} jitted on ${runtime.name}`, { abs: 1e-6, rel: 1e-5 });
            }),
          ),
        );
      }
      on(wasm, () =>
        scope(() => {
          const keys = random.split(random.key(8), KEYS);
          const mapped = vmap((k: Tensor) => draw(k, N))(keys) as Tensor;
          const loop = np.stack(random.subkeys(random.key(8), KEYS).map((k) => draw(k, N)));
          allclose(hostOf(mapped), hostOf(loop), `vmap of ${name}`, { abs: 1e-6, rel: 1e-5 });
        }),
      );
    },
  );
});

Transforms("split, foldIn and bits map over keys and numbers", () => {
  on(wasm, () =>
    scope(() => {
      const keys = random.split(random.key(1), 4);
      const each = random.subkeys(random.key(1), 4);
      const same = (f: (k: Tensor) => Tensor): void =>
        assert.equal(
          (vmap(f)(keys) as Tensor).toArray(),
          each.map((k) => f(k).toArray()),
        );
      same((k) => random.split(k, [2, 3]));
      same((k) => random.foldIn(k, 5));
      same((k) => random.bits(k, [3], { width: 16 }));
      const steps = vmap((i: Tensor) => random.foldIn(random.key(1), i))(np.arange(4)) as Tensor;
      assert.equal(steps.toArray(), random.split(random.key(1), 4).toArray());
    }),
  );
});

const close = (got: number, want: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(got - want) <= tolerance, `${what}: ${got}, expected ${want}`);

Transforms("draws that are smooth in their parameters differentiate along the draw", () => {
  const key = (): Tensor => random.key(11);
  const cases: Record<string, (p: Tensor) => Tensor> = {
    "uniform by minval": (p) => random.uniform(key(), [4], { minval: p, maxval: 3 }),
    "uniform by maxval": (p) => random.uniform(key(), [4], { maxval: p }),
    "truncatedNormal by lower": (p) => random.truncatedNormal(key(), p, 2, [4]),
    "truncatedNormal by upper": (p) => random.truncatedNormal(key(), -1, p, [4]),
    lognormal: (p) => random.lognormal(key(), p, [4]),
    pareto: (p) => random.pareto(key(), p, [4]),
    rayleigh: (p) => random.rayleigh(key(), p, [4]),
    "weibullMin by concentration": (p) => random.weibullMin(key(), 2, p, [4]),
    "triangular by right": (p) => random.triangular(key(), -1, 0, p, [4]),
    wald: (p) => random.wald(key(), p, [4]),
    "doubleSidedMaxwell by scale": (p) => random.doubleSidedMaxwell(key(), 1, p, [4]),
    "multivariateNormal by the mean": (p) =>
      random.multivariateNormal(
        key(),
        np.stack([p, np.square(p)]),
        np.array([
          [2, 0.5],
          [0.5, 1],
        ]),
      ),
    "multivariateNormal by the covariance": (p) =>
      random.multivariateNormal(
        key(),
        np.zeros([2]),
        np.add(
          np.array([
            [2, 0.5],
            [0.5, 1],
          ]),
          np.multiply(p, np.eye(2)),
        ),
      ),
  };
  onReference(() =>
    scope(() => {
      for (const [name, f] of Object.entries(cases)) {
        const at = (x: number): number[] => numbers(f(np.full([], x, "float64")));
        const h = 1e-5;
        const [low, high] = [at(0.8 - h), at(0.8 + h)];
        const [, tangent] = jvp(f, [np.full([], 0.8, "float64")], [np.full([], 1, "float64")]);
        numbers(tangent).forEach((v, i) => {
          close(v, (high[i] - low[i]) / (2 * h), 1e-7, `${name}, number ${i}`);
        });
      }
    }),
  );
});

Transforms("gamma draws have implicit derivatives, in log space too, and through jit and vmap", () => {
  on(wasm, () =>
    scope(() => {
      const alpha = np.array([0.05, 0.7, 2, 30]);
      const z = numbers(random.gamma(random.key(5), alpha));
      const want = numbers(alpha).map((a, i) => gammaDerivative(a, z[i]));
      const got = grad((a: Tensor) => np.sum(random.gamma(random.key(5), a)))(alpha) as Tensor;
      numbers(got).forEach((v, i) => {
        close(v, want[i], 1e-5 * want[i], `gamma(${i})`);
      });
      const logs = jit(grad((a: Tensor) => np.sum(random.loggamma(random.key(5), a))))(alpha) as Tensor;
      numbers(logs).forEach((v, i) => {
        close(v, want[i] / z[i], 1e-4 * (want[i] / z[i]), `loggamma(${i})`);
      });
      const one = (k: Tensor, a: Tensor): Tensor => grad((x: Tensor) => random.gamma(k, x))(a) as Tensor;
      const keys = random.split(random.key(6), 4);
      const mapped = numbers(vmap(one)(keys, alpha));
      const loop = random
        .subkeys(random.key(6), 4)
        .map((k, i) => numbers(one(k, np.take(alpha, np.array(i, { dtype: "int32" }), 0)))[0]);
      mapped.forEach((v, i) => {
        close(v, loop[i], 1e-5 * Math.abs(loop[i]), `vmap(${i})`);
      });
    }),
  );
});

Transforms("the mean of a derivative is the derivative of the mean", () => {
  const draws = 3000;
  // Mean, its derivative at the parameter, and four deviations of the mean of the derivatives.
  const cases: readonly (readonly [
    name: string,
    f: (p: Tensor) => Tensor,
    at: number,
    derivative: number,
    tolerance: number,
  ])[] = [
    ["gamma", (p) => random.gamma(random.key(1), p, [draws]), 1.3, 1, 0.06],
    ["beta by a", (p) => random.beta(random.key(2), p, 2, [draws]), 1.5, 2 / 3.5 ** 2, 0.01],
    ["beta by b", (p) => random.beta(random.key(3), 1.5, p, [draws]), 2, -1.5 / 3.5 ** 2, 0.01],
    [
      "dirichlet",
      (p) =>
        np.take(
          random.dirichlet(random.key(4), np.stack([p, np.full([], 1), np.full([], 2)]), [draws]),
          np.array(0, { dtype: "int32" }),
          -1,
        ),
      0.8,
      3 / 3.8 ** 2,
      0.02,
    ],
    ["chisquare", (p) => random.chisquare(random.key(5), p, [draws]), 3, 1, 0.06],
    ["f by dfnum", (p) => random.f(random.key(6), p, 12, [draws]), 3, 0, 0.06],
    ["t squared", (p) => np.square(random.t(random.key(7), p, [draws])), 12, -2 / 10 ** 2, 0.01],
  ];
  on(wasm, () => {
    for (const [name, f, at, derivative, tolerance] of cases) {
      const slope = scope(() => numbers(grad((p: Tensor) => np.mean(f(p)))(np.full([], at)) as Tensor)[0]);
      close(slope, derivative, tolerance, name);
    }
  });
});

Transforms("in float64 draws have 52 random bits", () => {
  onReference(() =>
    scope(() => {
      const words = numbers(random.split(random.key(3), 4)).map(BigInt);
      const want = [0, 1, 2, 3].map((i) => Number(((words[2 * i] << 32n) | words[2 * i + 1]) >> 12n) / 2 ** 52);
      const u = random.uniform(random.key(3), [2, 2], { dtype: "float64" });
      assert.equal([u.dtype, numbers(u)], ["float64", want]);
      assert.is(random.normal(random.key(3), [2], { dtype: "float64" }).dtype, "float64");
      assert.is(random.gamma(random.key(3), np.full([], 0.5, "float64")).dtype, "float64");
    }),
  );
});

Transforms.run();
