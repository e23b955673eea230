/** @file Chains with names, frozen parameters, and what is evaluated after training without a schedule. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { numbers, onReference } from "../helpers/runtime.js";

const Parts = suite("optim/parts");
const params = () => ({ encoder: np.array([1, 2]), head: np.array([3]) });
const grads = () => ({ encoder: np.array([0.5, -1]), head: np.array([2]) });

Parts("a chain with names does what a chain does, with its states by name", () =>
  onReference(() => {
    const [clip, adam] = [optim.clipByGlobalNorm(1), optim.adam({ learningRate: 0.1 })];
    const named = optim.namedChain({ clip, adam });
    const [p, g] = [params(), grads()];
    const state = named.init(p);
    assert.equal(Object.keys(state), ["clip", "adam"]);
    const [updates, next] = named.update(g, state, p);
    const plain = optim.chain(clip, adam);
    const [want] = plain.update(g, plain.init(p), p);
    assert.equal(numbers(updates.encoder), numbers(want.encoder));
    assert.is(next.adam[0].count.item(), 1);
    assert.throws(
      () => optim.namedChain({ clip, adam: 0.1 as never }),
      (e: unknown) => isFluxionError(e, "ArgumentError") && /optim\.namedChain.*[\s\S]*at +adam/.test(e.message),
    );
  }),
);

Parts("frozen parameters get no update, the others their own", () =>
  onReference(() => {
    const tx = optim.chain(optim.sgd({ learningRate: 0.1 }), optim.freeze("encoder"));
    const [p, g] = [params(), grads()];
    const [updates] = tx.update(g, tx.init(p), p);
    assert.equal(numbers(updates.encoder), [0, 0]);
    assert.ok(Math.abs(updates.head.item() + 0.2) < 1e-7);
    assert.is(optim.partition, optim.multiTransform);
  }),
);

Parts("without a schedule the evaluated parameters are the average of the iterates", () =>
  onReference(() => {
    // With a constant rate all iterates weigh the same; the first one is that after the first step.
    const tx = optim.scheduleFree(optim.sgd({ learningRate: 0.1 }), 0.1, { beta1: 0.75 });
    let p = np.array(Float64Array.of(1, -2));
    let state = tx.init(p);
    const iterates: number[][] = [];
    for (let step = 0; step < 4; step++) {
      const [updates, next] = tx.update(np.multiply(p, 2), state, p);
      [p, state] = [optim.applyUpdates(p, updates), next];
      iterates.push(numbers(state.z as never));
    }
    const got = numbers(optim.scheduleFreeEvalParams(state, p));
    const want = [0, 1].map((i) => iterates.reduce((sum, z) => sum + z[i], 0) / iterates.length);
    got.forEach((x, i) => {
      assert.ok(Math.abs(x - want[i]) < 1e-12, `${x}, expected ${want[i]}`);
    });
    assert.throws(
      () => optim.scheduleFree(optim.sgd(0.1), 0.1, { beta1: 0 }),
      /beta1 is not a number above 0, at most 1/,
    );
  }),
);

Parts("Muon makes singular values about one, and refuses what is not a matrix", () =>
  onReference(() => {
    const tx = optim.scaleByMuon({ nesterov: false });
    const g = np.array(Float64Array.of(3, 0, 0, 0, 0.5, 0, 0, 0, 1, 0, 0, 0), { shape: [4, 3] });
    const [updates] = tx.update(g, tx.init(g), g);
    const values = numbers(np.linalg.svdvals(updates));
    assert.ok(
      values.every((value) => value > 0.6 && value < 1.3),
      `${values}`,
    );
    const vector = np.zeros([3]);
    assert.throws(() => tx.update(vector, tx.init(vector), vector), /not a matrix[\s\S]*expected +\[n, m\]/);
  }),
);

Parts.run();
