/** @file Transformations beside float64 and float32 leaves, without parameters, and where they need them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leavesOf } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { f32, f64, messageOf, numbers, onReference } from "../helpers/runtime.js";

const Dtypes = suite("optim/dtypes");

type Opaque = optim.GradientTransformation<unknown>;
const opaque = <S>(tx: optim.GradientTransformation<S>): Opaque => tx as unknown as Opaque;

const RATE = { learningRate: optim.warmup(3, 0.1) };
const FREE: Readonly<Record<string, Opaque>> = {
  sgd: opaque(optim.sgd({ ...RATE, momentum: 0.9, nesterov: true })),
  adam: opaque(optim.adam(RATE)),
  nadam: opaque(optim.nadam(RATE)),
  amsgrad: opaque(optim.amsgrad(RATE)),
  adamax: opaque(optim.adamax(RATE)),
  adabelief: opaque(optim.adabelief(RATE)),
  yogi: opaque(optim.yogi(RATE)),
  radam: opaque(optim.radam(RATE)),
  adagrad: opaque(optim.adagrad(RATE)),
  adadelta: opaque(optim.adadelta(RATE)),
  rmsprop: opaque(optim.rmsprop({ ...RATE, centered: true, momentum: 0.5 })),
  novograd: opaque(optim.novograd(RATE)),
  sm3: opaque(optim.sm3(RATE)),
  noisySgd: opaque(optim.noisySgd(RATE)),
  signSgd: opaque(optim.signSgd(RATE)),
  chain: opaque(
    optim.chain(optim.clipByGlobalNorm(1), optim.clip(0.5), optim.ema(0.9), optim.zeroNans(), optim.scale(-1)),
  ),
  multiSteps: opaque(optim.multiSteps(optim.adam(RATE), 2)),
  applyIfFinite: opaque(optim.applyIfFinite(optim.adam(RATE), 2)),
  masked: opaque(optim.masked(optim.adam(RATE), "a")),
  multiTransform: opaque(
    optim.multiTransform({ one: optim.adam(RATE), none: optim.setToZero() }, (p) => (p === "a" ? "one" : "none")),
  ),
  injected: opaque(optim.injectHyperparams((h) => optim.adam(h), RATE)),
};
const NEEDY: Readonly<Record<string, Opaque>> = {
  adamw: opaque(optim.adamw(RATE)),
  maskedDecay: opaque(optim.adamw({ ...RATE, mask: "a" })),
  lamb: opaque(optim.lamb(RATE)),
  novograd: opaque(optim.novograd({ ...RATE, weightDecay: 0.1 })),
  adafactor: opaque(optim.adafactor(RATE)),
  adaptiveGradClip: opaque(optim.adaptiveGradClip(0.1)),
  blockNorm: opaque(optim.scaleByParamBlockNorm()),
  keepParamsNonnegative: opaque(optim.keepParamsNonnegative()),
};

const tree = () => ({ a: f64([0.5, -1.25]), b: f32([0.25, 2]) });
const dtypes = (x: unknown): string[] => leavesOf(x).map((leaf) => (leaf as Tensor).dtype);

Dtypes("updates and state keep the dtype of each leaf, also where both are in one tree", () => {
  onReference(() => {
    for (const [name, tx] of Object.entries({ ...FREE, ...NEEDY })) {
      const params = tree();
      const state = tx.init(params);
      const [updates, next] = tx.update(tree(), state, params);
      assert.equal(dtypes(updates), ["float64", "float32"], name);
      assert.equal(dtypes(next), dtypes(state), name);
    }
    const wide = np.scalar(0.1, "float64");
    for (const tx of [optim.sgd({ learningRate: wide }), optim.scale(wide), optim.addDecayedWeights(wide)]) {
      const params = tree();
      assert.equal(dtypes(opaque(tx as never).update(params, opaque(tx as never).init(params), params)[0]), [
        "float64",
        "float32",
      ]);
    }
  });
});

Dtypes("without parameters updates are the same where their values play no part", () => {
  onReference(() => {
    for (const [name, tx] of Object.entries(FREE)) {
      const [params, grads] = [tree(), { a: f64([0.1, 3]), b: f32([-2, 0]) }];
      const [want] = tx.update(grads, tx.init(params), params);
      const [got] = tx.update(grads, tx.init(params));
      assert.equal(leavesOf(got).map(numbers), leavesOf(want).map(numbers), name);
    }
    const [updates] = optim
      .sgd({ learningRate: 0.5 })
      .update({ w: f32([2, -4]) }, optim.sgd({ learningRate: 0.5 }).init({ w: f32([1, 1]) }));
    assert.equal(numbers(updates.w), [-1, 2]);
  });
});

Dtypes("what needs the parameters says so", () => {
  onReference(() => {
    for (const [name, tx] of Object.entries(NEEDY)) {
      const state = tx.init(tree());
      assert.match(messageOf(() => tx.update(tree(), state)) ?? "no error", /needs the parameters/, name);
    }
    const ahead = optim.lookahead(optim.sgd(RATE), 2, 0.5);
    const params = optim.lookaheadParams(tree());
    const state = ahead.init(params);
    assert.match(messageOf(() => ahead.update(params, state)) ?? "no error", /needs the parameters/);
  });
});

Dtypes("Adafactor refuses a count that starts before the decay of its second moment", () => {
  onReference(() => {
    const params = { w: f32([1, 2]) };
    const late = { learningRate: 0.1, stepOffset: 5 };
    assert.match(messageOf(() => optim.adafactor(late).init(params)) ?? "no error", /stepOffset 5, initialStep 0/);
    const tx = optim.adafactor({ ...late, initialStep: 5 });
    const [updates] = tx.update(params, tx.init(params), params);
    assert.ok(numbers(updates.w).every(Number.isFinite));
  });
});

Dtypes.run();
