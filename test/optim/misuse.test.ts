/** Wrong calls of `update` end in typed errors that name the outermost transformation. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { init, np, optim } from "../../lib/index.js";

const Misuse = suite("optim/misuse");
Misuse.before(() => init({ backend: "reference" }));

const MAKE: Readonly<Record<string, () => unknown>> = {
  sgd: () => optim.sgd(0.1),
  adam: () => optim.adam(0.1),
  adafactor: () => optim.adafactor(0.1),
  chain: () => optim.chain(optim.clip(1), optim.adam(0.1)),
  namedChain: () => optim.namedChain({ adam: optim.adam(0.1) }),
  masked: () => optim.masked(optim.adam(0.1), "*"),
  multiTransform: () => optim.multiTransform({ a: optim.adam(0.1) }, () => "a"),
  multiSteps: () => optim.multiSteps(optim.adam(0.1), 2),
  applyIfFinite: () => optim.applyIfFinite(optim.adam(0.1), 2),
  scheduleFree: () => optim.scheduleFree(optim.sgd(0.1), 0.1),
  injectHyperparams: () => optim.injectHyperparams(optim.adam, { learningRate: 0.1 }),
  trace: () => optim.trace(0.9),
};
type Loose = Record<"init" | "update", (...args: unknown[]) => unknown>;

const errorOf = (f: () => unknown): { name: string; where: string; what: string; at?: string | undefined } => {
  try {
    f();
  } catch (error) {
    if (!isFluxionError(error)) throw error;
    return { name: error.name, ...error.mismatch };
  }
  return { name: "nothing", where: "", what: "" };
};

for (const [name, make] of Object.entries(MAKE)) {
  Misuse(`${name}.update says what is missing, and whose state it was given`, () => {
    const tx = make() as Loose;
    const params = { a: np.array([1, 2]) };
    const whats = [[], [params], [params, undefined, params]].map((args) => errorOf(() => tx.update(...args)));
    assert.equal(
      whats.map(({ name, where, what }) => [name, where.split(".").at(-1), what]),
      [
        ["ArgumentError", name, "the gradients are missing"],
        ["ArgumentError", name, "the state is missing"],
        ["ArgumentError", name, "the state is missing"],
      ],
    );
    for (const state of [{}, 3, null, [], optim.lookahead(optim.adam(0.1), 2, 0.5)]) {
      const { name: kind, where, at } = errorOf(() => tx.update(params, state, params));
      assert.is(kind, "TreeError", `${kind} for ${JSON.stringify(state)}`);
      assert.is(where.split(".").at(-1), name);
      assert.ok(at?.startsWith("state"), at);
    }
  });
}

Misuse("an error inside of an update leaves the next one as it was", () => {
  const tx = optim.adam(0.1);
  const params = { a: np.array([1, 2]) };
  const state = tx.init(params);
  assert.is(errorOf(() => (tx as unknown as Loose).update(params, {})).name, "TreeError");
  assert.is(errorOf(() => (tx as unknown as Loose).update(params)).what, "the state is missing");
  assert.equal(tx.update(params, state, params)[0].a.shape, [2]);
});

Misuse.run();
