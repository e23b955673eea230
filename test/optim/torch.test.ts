import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { numbers, on, startedRuntimes } from "../helpers/runtime.js";

const Torch = suite("optim/torch");
const runtimes = await startedRuntimes();

const golden = JSON.parse(readFileSync(new URL("../golden/data/torch-optimizers.json", import.meta.url), "utf8")) as {
  start: number[];
  cases: Record<string, number[][]>;
};

type Opaque = optim.GradientTransformation<unknown>;
const opaque = <S>(tx: optim.GradientTransformation<S>): Opaque => tx as unknown as Opaque;
const betas = { beta1: 0.8, beta2: 0.95, epsilon: 1e-3 };
const rms = { learningRate: 0.05, decay: 0.8, epsilon: 1e-3, epsilonInRoot: false };

const OURS: Record<string, Opaque> = {
  sgd: opaque(optim.sgd({ learningRate: 0.1 })),
  momentum: opaque(optim.sgd({ learningRate: 0.1, momentum: 0.9 })),
  nesterov: opaque(optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })),
  "sgd with decay": opaque(optim.chain(optim.addDecayedWeights(0.05), optim.sgd({ learningRate: 0.1, momentum: 0.9 }))),
  adam: opaque(optim.adam({ learningRate: 0.05, ...betas })),
  adamw: opaque(optim.adamw({ learningRate: 0.05, weightDecay: 0.1 })),
  adamax: opaque(optim.adamax({ learningRate: 0.05, ...betas })),
  adagrad: opaque(optim.adagrad({ learningRate: 0.1, initialAccumulator: 0.3, epsilon: 0 })),
  adadelta: opaque(optim.adadelta({ learningRate: 1, rho: 0.8, epsilon: 1e-3 })),
  rmsprop: opaque(optim.rmsprop(rms)),
  "rmsprop with momentum": opaque(optim.rmsprop({ ...rms, momentum: 0.7 })),
  "rmsprop centred": opaque(optim.rmsprop({ ...rms, momentum: 0.7, centered: true })),
  radam: opaque(optim.radam({ learningRate: 0.05, epsilon: 0 })),
  "radam early": opaque(optim.radam({ learningRate: 0.05, beta2: 0.9, epsilon: 0 })),
};

Torch("every case of the golden file is tested", () => {
  assert.equal(Object.keys(OURS).sort(), Object.keys(golden.cases).sort());
});

/** Asserts that the steps of the case are those of the golden file; the gradients are computed in doubles. */
const steps = (name: string, tx: Opaque, dtype: "float32" | "float64", tolerance: number): void => {
  let p = { w: np.array(golden.start, { dtype }) };
  let state = tx.init(p);
  golden.cases[name].forEach((want, step) => {
    const g = numbers(p.w).map((x, i) => Math.sin(x + step + 1) + 0.1 * i);
    const [updates, next] = tx.update({ w: np.array(g, { dtype }) }, state, p);
    p = optim.applyUpdates(p, updates);
    state = next;
    numbers(p.w).forEach((x, i) => {
      assert.ok(Math.abs(x - want[i]) < tolerance, `step ${step + 1}, element ${i}: ${x} and ${want[i]}`);
    });
  });
};

for (const [name, tx] of Object.entries(OURS)) {
  // Bias corrections are float32: 1e-7 of a step of at most 0.3.
  Torch(`${name}: eight steps in float64 are PyTorch's`, () => {
    on(runtimes[0], () => scope(() => steps(name, tx, "float64", 1e-7)));
  });

  // Eight roundings of numbers up to 2, and Adam's first step, which divides a gradient by its own size.
  Torch(`${name}: eight steps in float32 on wasm and cpu are close to them`, () => {
    for (const runtime of runtimes.slice(1)) on(runtime, () => scope(() => steps(name, tx, "float32", 4e-6)));
  });
}

Torch.run();
