/** @file L-BFGS and its line search against optax's trajectories in float64. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { numbers, onReference } from "../helpers/runtime.js";

const Lbfgs = suite("optim/lbfgs");

type Params = Readonly<Record<string, Tensor>>;
interface Step {
  readonly params: Readonly<Record<string, readonly number[]>>;
  readonly rate: number | null;
  readonly evaluations: number | null;
}
interface Golden {
  readonly starts: Readonly<Record<string, Readonly<Record<string, number | readonly number[] | readonly number[][]>>>>;
  readonly cases: readonly { readonly name: string; readonly function: string; readonly steps: readonly Step[] }[];
}
const { starts, cases } = JSON.parse(
  readFileSync(new URL("../golden/data/lbfgs.json", import.meta.url), "utf8"),
) as Golden;

const float64 = (x: unknown): Tensor => np.array(x as number[], "float64");

/** The functions of the golden file. */
const FUNCTIONS: Readonly<Record<string, (p: Params) => Tensor>> = {
  rosenbrock: ({ x, y }) =>
    np.add(np.square(np.subtract(1, x)), np.multiply(100, np.square(np.subtract(y, np.square(x))))),
  quadratic: ({ a, b }) => {
    const far = np.square(np.subtract(a, float64([0, 1, 2, 3])));
    const scaled = np.sum(np.multiply(float64([1, 10, 100, 1000]), far));
    return np.add(np.multiply(0.5, scaled), np.multiply(3, np.sum(np.square(b))));
  },
  logistic: ({ w, c }) => {
    const x = float64([
      [1, 2],
      [-1.5, 0.5],
      [0.25, -2],
      [2, 1],
      [-0.5, -0.75],
    ]);
    const margin = np.multiply(float64([1, -1, -1, 1, 1]), np.add(np.matmul(x, w), c));
    return np.add(np.sum(np.log1p(np.exp(np.negative(margin)))), np.multiply(float64(0.05), np.sum(np.square(w))));
  },
  domain: ({ x }) => np.where(np.greater(x, 0), np.subtract(x, np.log(x)), Number.NaN),
};

type Opaque = optim.GradientTransformation<unknown>;
const search = (options: Partial<optim.LineSearchOptions>) => optim.scaleByZoomLinesearch({ maxSteps: 15, ...options });
const opaque = <S>(tx: optim.GradientTransformation<S>): Opaque => tx as unknown as Opaque;
const descent = (options: Partial<optim.LineSearchOptions>): Opaque =>
  opaque(optim.chain(optim.sgd({ learningRate: 1 }), search(options)));

const MADE: Readonly<Record<string, () => Opaque>> = {
  lbfgs: () => opaque(optim.lbfgs()),
  "memory of 2": () => opaque(optim.lbfgs({ memorySize: 2 })),
  "without scaling": () => opaque(optim.lbfgs({ scaleInitPrecond: false })),
  "without a search": () => opaque(optim.lbfgs({ learningRate: 0.5, linesearch: null })),
  rate: () => opaque(optim.lbfgs({ learningRate: 0.3 })),
  "descent, keep": () => descent({}),
  "descent, bound": () => descent({ maxLearningRate: 0.01, initialGuess: "one" }),
  strict: () =>
    opaque(
      optim.lbfgs({
        linesearch: search({
          ...{ maxSteps: 6, curvatureShare: 0.01, slopeShare: 0.2, approximateShare: null, increaseFactor: 3 },
          ...{ tolerance: 1e-3, precision: 1e-2, initialGuess: "one" },
        }),
      }),
    ),
};

const startOf = (name: string): Params =>
  Object.fromEntries(Object.entries(starts[name]).map(([key, value]) => [key, float64(value)]));

const close = (got: number, want: number): boolean => Math.abs(got - want) <= 1e-8 * (1 + Math.abs(want));

/** The state of the search in that of a chain. */
const found = (state: unknown): optim.LineSearchState | undefined =>
  (Object.values(state as object).at(-1) ?? {}) as optim.LineSearchState;

for (const one of cases) {
  Lbfgs(`${one.name}: ${one.function}`, () =>
    onReference(() => {
      const [tx, loss] = [MADE[one.name](), FUNCTIONS[one.function]];
      let params = startOf(one.function);
      let state = tx.init(params);
      one.steps.forEach((want, i) => {
        const [value, grad] = valueAndGrad(loss)(params);
        const [updates, next] = tx.update(grad, state, params, { value, grad, valueFn: loss });
        params = optim.applyUpdates(params, updates);
        state = next as typeof state;
        if (want.rate !== null) {
          const { learningRate, searchSteps } = found(state) as optim.LineSearchState;
          assert.is((searchSteps as Tensor).item(), want.evaluations, `step ${i}: evaluations`);
          assert.ok(close(learningRate.item(), want.rate), `step ${i}: rate ${learningRate.item()}, not ${want.rate}`);
        }
        for (const [key, values] of Object.entries(want.params)) {
          numbers(params[key]).forEach((x, j) => {
            assert.ok(close(x, values[j]), `step ${i}, ${key}: ${x}, not ${values[j]}`);
          });
        }
      });
    }),
  );
}

Lbfgs("a compiled step with what the search has left gives the same, and evaluates once less", () =>
  onReference(() => {
    const [tx, loss] = [optim.lbfgs(), FUNCTIONS.rosenbrock];
    const lossAndGrad = optim.valueAndGradFromState(loss);
    const step = jit((params: Params, state: unknown) => {
      const [value, grad] = lossAndGrad(params, state);
      const [updates, next] = tx.update(grad, state as never, params, { value, grad, valueFn: loss });
      return [optim.applyUpdates(params, updates), next] as const;
    });
    let params = startOf("rosenbrock");
    let state: unknown = tx.init(params);
    for (let i = 0; i < 12; i++) [params, state] = step(params, state) as unknown as [Params, unknown];
    const want = cases.find(({ name, function: f }) => name === "lbfgs" && f === "rosenbrock")?.steps[11].params ?? {};
    for (const [key, [value]] of Object.entries(want)) {
      assert.ok(Math.abs(params[key].item() - value) <= 1e-6, `${key}: ${params[key].item()}, not ${value}`);
    }
  }),
);

Lbfgs("what a line search needs is said", () =>
  onReference(() => {
    const tx = optim.lbfgs();
    const params = float64([1, 2]);
    assert.throws(() => tx.update(params, tx.init(params), params), /a line search needs the loss[\s\S]*valueFn/);
    assert.throws(() => optim.lbfgs({ memorySize: 0 }), /memorySize is out of range/);
    assert.throws(() => optim.scaleByZoomLinesearch({ maxSteps: 0 }), /maxSteps is out of range/);
    assert.throws(
      () => optim.scaleByZoomLinesearch({ maxSteps: 2, initialGuess: "two" as never }),
      /initialGuess is out of range/,
    );
    assert.throws(() => optim.scaleByZoomLinesearch({ maxSteps: 2, increaseFactor: 1 }), /increaseFactor/);
    const plain = optim.sgd(0.1);
    const lossAndGrad = optim.valueAndGradFromState((p: Tensor) => np.sum(p));
    assert.throws(() => lossAndGrad(params, plain.init(params)), /the state has no line search/);
    const [value, grad] = optim.valueAndGradFromState((p: Tensor) => np.sum(p))(params, tx.init(params));
    assert.equal([value.item(), ...numbers(grad)], [3, 1, 1]);
  }),
);

Lbfgs.run();
