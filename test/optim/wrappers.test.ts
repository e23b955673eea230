import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { messageOf, noLeaks, numbers, onReference, treesClose } from "../helpers/runtime.js";

const Wrappers = suite("optim/wrappers");

const check = (title: string, body: () => void): void => {
  Wrappers(title, () => onReference(body));
};
const tree = (...x: number[]) => ({ w: np.array(x) });

/** Parameters after each gradient, from (1, 2). */
const run = <S>(
  tx: optim.GradientTransformation<S>,
  grads: readonly (readonly number[])[],
): { seen: number[][]; state: optim.StateOf<S, { w: Tensor }> } => {
  let params = tree(1, 2);
  let state = tx.init(params);
  using step = jit((g: typeof params, s: typeof state, p: typeof params) => tx.update(g, s, p));
  const seen = grads.map((g) => {
    const [updates, next] = step(tree(...g), state, params) as readonly [typeof params, typeof state];
    params = optim.applyUpdates(params, updates);
    state = next;
    return numbers(params.w);
  });
  return { seen, state };
};

check("four gradients in pairs are two of their means", () => {
  const inner = optim.adamw({ learningRate: 0.1, weightDecay: 0.1 });
  const pairs = run(optim.multiSteps(inner, 2), [
    [1, -2],
    [3, 4],
    [0, 1],
    [2, 2],
  ]);
  const means = run(inner, [
    [2, 1],
    [1, 1.5],
  ]);
  assert.equal(pairs.seen[0], [1, 2], "nothing moves before the pair is full");
  assert.equal(pairs.seen[2], pairs.seen[1]);
  for (const [i, j] of [
    [1, 0],
    [3, 1],
  ]) {
    pairs.seen[i].forEach((x, k) => {
      assert.ok(Math.abs(x - means.seen[j][k]) < 1e-6);
    });
  }
  assert.is(pairs.state.miniStep.item(), 0);
  assert.is(pairs.state.gradientStep.item(), 2);
  assert.match(messageOf(() => optim.multiSteps(inner, 0)) ?? "", /positive integer/);
});

check("a gradient that is not finite is left out, until there are too many in a row", () => {
  const inner = optim.sgd({ learningRate: 1, momentum: 0.5 });
  const bad = [Number.NaN, 1];
  const infinite = [1, Number.NEGATIVE_INFINITY];
  const { seen, state } = run(optim.applyIfFinite(inner, 2), [[1, 1], bad, infinite, [1, 1], bad, bad]);
  assert.equal(seen.slice(0, 4), [
    [0, 1],
    [0, 1],
    [0, 1],
    [-1.5, -0.5],
  ]);
  assert.equal(seen[5], seen[3]);
  assert.equal(
    [state.notFiniteCount, state.lastFinite, state.totalNotFinite].map((x) => x.item()),
    [2, 0, 4],
  );
  const third = run(optim.applyIfFinite(inner, 2), [bad, bad, bad]).seen[2];
  assert.ok(Number.isNaN(third[0]), "the third in a row shows");
});

check("looking ahead: every second step the slow parameters go half of the way, and the fast ones follow", () => {
  const tx = optim.lookahead(optim.sgd({ learningRate: 1 }), 2, 0.5);
  let params = optim.lookaheadParams(tree(1, 2));
  let state = tx.init(params);
  const step = jit((g: typeof params, s: typeof state, p: typeof params) => tx.update(g, s, p));
  const seen = [1, 2, 4].map((g) => {
    const grads = { fast: tree(g, g), slow: tree(0, 0) };
    const [updates, next] = step(grads, state, params);
    params = optim.applyUpdates(params, updates);
    state = next;
    return [numbers(params.fast.w)[0], numbers(params.slow.w)[0]];
  });
  // Fast: 1 - 1 = 0, then 0 - 2 = -2; slow: 1 + (-2 - 1) / 2 = -0.5, where the fast one goes on; then -0.5 - 4.
  assert.equal(seen, [
    [0, 1],
    [-0.5, -0.5],
    [-4.5, -0.5],
  ]);
  step.dispose();
  assert.match(messageOf(() => tx.init(tree(1))) ?? "", /lookaheadParams/);
  noLeaks(() => dispose(tx.init(params)));
});

check("looking ahead with a period of one step goes the share of each step", () => {
  const tx = optim.lookahead(optim.sgd({ learningRate: 1 }), 1, 0.5);
  const params = optim.lookaheadParams(tree(1));
  const [updates] = tx.update({ fast: tree(2), slow: tree(0) }, tx.init(params), params);
  const next = optim.applyUpdates(params, updates);
  assert.equal([numbers(next.fast.w), numbers(next.slow.w)], [[0], [0]]);
  for (const bad of [0, 1.5, -1]) assert.throws(() => optim.lookahead(tx, bad, 0.5), /no such period/);
});

check("settings in the state can be changed between steps of one compiled function", () => {
  const tx = optim.injectHyperparams((h) => optim.sgd(h), { learningRate: 0.5 });
  const params = tree(1, 2);
  using step = jit((g: typeof params, s: ReturnType<typeof tx.init>) => tx.update(g, s, params));
  const state = tx.init(params);
  assert.equal(numbers(step(tree(1, 1), state)[0].w), [-0.5, -0.5]);
  const slower = { ...state, hyperparams: { learningRate: np.scalar(0.25) } };
  assert.equal(numbers(step(tree(1, 1), slower)[0].w), [-0.25, -0.25]);
  assert.is(step.stats().compiles, 1);
  const scheduled = optim.injectHyperparams((h) => optim.sgd(h), { learningRate: optim.linearSchedule(0, 1, 4) });
  const { state: last } = run(scheduled, [
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  assert.is(last.hyperparams.learningRate.item(), 0.5);
});

check("noise has the variance of its step, and differs by leaf, step and seed", () => {
  const zeros = { a: np.zeros([4000]), b: np.zeros([4000]) };
  const tx = optim.addNoise(0.25, 1, 7);
  const first = tx.init(zeros);
  const [one, second] = tx.update(zeros, first, zeros);
  const [two] = tx.update(zeros, second, zeros);
  // The variance of a variance of 4000 numbers is 2/4000 of its square: five standard deviations are 11 %.
  for (const [x, variance] of [
    [one.a, 0.25],
    [one.b, 0.25],
    [two.a, 0.125],
  ] as const) {
    assert.ok(Math.abs(np.variance(x).item() / variance - 1) < 0.11);
    assert.ok(Math.abs(np.mean(x).item()) < 5 * Math.sqrt(variance / 4000));
  }
  const correlation = (x: Tensor, y: Tensor): number => np.mean(np.multiply(x, y)).item();
  for (const [x, y] of [
    [one.a, one.b],
    [one.a, two.a],
    [one.a, optim.addNoise(0.25, 1, 8).update(zeros, optim.addNoise(0.25, 1, 8).init(zeros), zeros)[0].a],
  ]) {
    assert.ok(Math.abs(correlation(x, y)) < (5 * 0.25) / Math.sqrt(4000));
  }
});

check("a mask leaves the others as they are, and keeps no state for them", () => {
  const params = { kernel: np.array([1, 2]), bias: np.array([3]) };
  const tx = optim.masked(optim.adam({ learningRate: 1 }), "kernel");
  const state = tx.init(params);
  assert.equal((state[0].mu as { bias: unknown }).bias, null);
  const [updates] = tx.update({ kernel: np.array([5, -5]), bias: np.array([7]) }, state, params);
  assert.equal(numbers(updates.bias), [7]);
  numbers(updates.kernel).forEach((x, i) => {
    assert.ok(Math.abs(x - (i === 0 ? -1 : 1)) < 1e-6);
  });
});

check("groups have an optimizer each, and a label without one is refused with the path", () => {
  const params = { encoder: { w: np.array([1]) }, head: np.array([1]) };
  const groups = { slow: optim.sgd({ learningRate: 0.5 }), frozen: optim.setToZero() };
  const tx = optim.multiTransform(groups, (path) => (path.startsWith("encoder/") ? "frozen" : "slow"));
  const grads = { encoder: { w: np.array([4]) }, head: np.array([4]) };
  const [updates, next] = tx.update(grads, tx.init(params), params);
  assert.equal([numbers(updates.encoder.w), numbers(updates.head)], [[0], [-2]]);
  assert.equal(Object.keys(next).sort(), ["frozen", "slow"]);
  const wrong = optim.multiTransform(groups, (() => "fast") as never);
  assert.match(messageOf(() => wrong.init(params)) ?? "", /slow, frozen[\s\S]*fast[\s\S]*encoder\/w/);
});

check("averages of parameters: a share of the way, or now and then", () => {
  const [fresh, old] = [tree(4, 8), tree(0, 4)];
  assert.equal(numbers(optim.incrementalUpdate(fresh, old, 0.25).w), [1, 5]);
  const at = (step: number): number[] => numbers(optim.periodicUpdate(fresh, old, np.scalar(step, "int32"), 3).w);
  assert.equal(
    [at(0), at(2), at(3)],
    [
      [4, 8],
      [0, 4],
      [4, 8],
    ],
  );
  assert.match(messageOf(() => optim.incrementalUpdate(fresh, {}, 0.5)) ?? "", /w: (missing|unexpected)/);
});

check("a decay outside of 0 to 1 is refused", () => {
  for (const name of ["beta1", "beta2"]) {
    const message = messageOf(() => optim.adam({ learningRate: 1, [name]: 1.5 })) ?? "";
    assert.match(message, new RegExp(`${name}[\\s\\S]*1\\.5`));
  }
  assert.match(messageOf(() => optim.ema(-1)) ?? "", /0 to 1/);
});

check("a rate, a step and a mapped state go through compiled and mapped updates", () => {
  const tx = optim.adam({ learningRate: 0.1 });
  const params = np.array([
    [1, 2],
    [3, 4],
  ]);
  const rates = np.array([0.1, 0.2]);
  const step = (rate: Tensor, p: Tensor): Tensor => {
    const own = optim.adam({ learningRate: rate });
    return own.update(p, own.init(p), p)[0];
  };
  const mapped = vmap(step)(rates, params);
  const [one] = tx.update(np.slice(params, [0]), tx.init(np.slice(params, [0])), np.slice(params, [0]));
  treesClose(np.slice(mapped, [0]), one, "the first rate");
});

Wrappers.run();
