/** @file Reduction on a plateau against optax's scales, alone, in a chain and in a step of training. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { numbers, onReference } from "../helpers/runtime.js";
import { camel } from "./optax/schedules.js";

const Plateau = suite("optim/plateau");

interface Golden {
  readonly losses: readonly number[];
  readonly cases: readonly {
    readonly args: Readonly<Record<string, number>>;
    readonly scales: readonly number[];
    readonly counts: readonly (readonly number[])[];
  }[];
}
const { losses, cases } = JSON.parse(
  readFileSync(new URL("../golden/data/plateau.json", import.meta.url), "utf8"),
) as Golden;

Plateau("scales and counts are optax's", () =>
  onReference(() => {
    for (const { args, scales, counts } of cases) {
      const settings = Object.fromEntries(Object.entries(args).map(([name, value]) => [camel(name), value]));
      const tx = optim.reduceOnPlateau(settings);
      const params = np.array(Float64Array.of(1));
      let state = tx.init(params);
      losses.forEach((value, i) => {
        const [updates, next] = tx.update(np.array(Float64Array.of(1)), state, params, { value });
        state = next;
        const what = `${JSON.stringify(args)}, loss ${i}`;
        assert.ok(Math.abs(updates.item() - scales[i]) <= 1e-12 * scales[i], `${what}: ${updates.item()}`);
        const own = [state.plateauCount, state.cooldownCount, state.count].map((x) => x.item());
        assert.equal(own, counts[i], what);
      });
    }
  }),
);

Plateau("chains, groups and wrappers hand the loss on, also under jit", () =>
  onReference(() => {
    const plateau = optim.reduceOnPlateau({ patience: 1, factor: 0.5 });
    const wrapped = [
      optim.chain(optim.scale(2), plateau),
      optim.namedChain({ scale: optim.scale(2), plateau }),
      optim.chain(optim.masked(plateau, "**"), optim.scale(2)),
      optim.multiTransform({ all: optim.chain(plateau, optim.scale(2)) }, () => "all"),
      optim.applyIfFinite(optim.chain(plateau, optim.scale(2)), 1),
      optim.multiSteps(optim.chain(plateau, optim.scale(2)), 1),
      optim.injectHyperparams((h: { readonly factor: Tensor }) => optim.chain(plateau, optim.scale(h.factor)), {
        factor: 2,
      }),
    ] as unknown as optim.GradientTransformation<unknown>[];
    for (const [i, tx] of wrapped.entries()) {
      const params = { w: np.array([1, 2]) };
      const step = jit((state: unknown, value: unknown) =>
        tx.update({ w: np.ones([2]) }, state as never, params, { value: value as never }),
      );
      let state: unknown = tx.init(params);
      const sizes = [1, 1, 1].map((loss) => {
        const [updates, next] = step(state, np.scalar(loss));
        state = next;
        return numbers(updates.w)[1];
      });
      assert.equal(sizes, [2, 1, 0.5], `wrapper ${i}`);
    }
  }),
);

Plateau("a step without the loss, and options out of range, are refused", () =>
  onReference(() => {
    const tx = optim.reduceOnPlateau();
    const params = np.ones([1]);
    assert.throws(
      () => tx.update(params, tx.init(params), params),
      (e: unknown) => isFluxionError(e, "ArgumentError") && /needs the loss[\s\S]*\{ value: loss \}/.test(e.message),
    );
    for (const [options, name] of [
      [{ factor: 1 }, "factor"],
      [{ rtol: 2 }, "rtol"],
      [{ rtol: 0 }, "rtol"],
      [{ atol: -1 }, "atol"],
      [{ minScale: -1 }, "minScale"],
      [{ patience: 0 }, "patience"],
      [{ cooldown: 0.5 }, "cooldown"],
      [{ accumulationSize: 0 }, "accumulationSize"],
    ] as const)
      assert.throws(() => optim.reduceOnPlateau(options), new RegExp(`${name} is out of range`));
  }),
);

Plateau.run();
