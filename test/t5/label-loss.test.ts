/** @file Losses over choices: held to PyTorch's numbers, to differences and to the loss over tokens. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import * as t5 from "../../lib/t5/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { assertDigest, assertNear, hostOf } from "../helpers/golden.js";
import { elementsNear, messageOf, numbers, onReference } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { onModels } from "./golden-checks.js";
import { ANSWER, CHOICES, INPUTS, LABEL_CASES, PROMPT_IDS } from "./label-loss-numbers.js";

const LabelLoss = suite("t5/label-loss");

const ids = (values: readonly unknown[], ...shape: number[]): Tensor =>
  np.array(Int32Array.from(values.flat(2) as number[]), { shape });
const batchOf = (): t5.Batch & { choices: Tensor; answer: Tensor } => ({
  inputs: ids(INPUTS, 3, 5),
  targets: ids(
    CHOICES.map((rows, i) => rows[ANSWER[i]]),
    3,
    4,
  ),
  choices: ids(CHOICES, 3, 3, 4),
  answer: ids(ANSWER, 3),
});

onModels(LabelLoss, ["reference", "onnx"], (check, name) => {
  check("sums and gradients of the prompt are PyTorch's", ({ config, params }) => {
    for (const { options, weights, sum, gradient } of LABEL_CASES[name]) {
      const what = JSON.stringify(options);
      const prompt = np.take(params.tokenEmbedder.embedding, ids(PROMPT_IDS, 3), 0);
      const batch = { ...batchOf(), weights: np.array([...weights]) };
      using step = jit(valueAndGrad(t5.promptLoss(config, { ...options, normalize: "none" }), { argnums: 1 }));
      const [got, { prompt: slope }] = step(params, { prompt }, batch);
      assertNear(`sum ${what}`, [got.item()], [sum], { abs: 5e-5, rel: 2e-6 });
      assertDigest(`gradient ${what}`, hostOf(slope), gradient);
    }
  });
});

/** A small model and a batch of three examples that it can read. */
const tiny = () => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const small = (rows: readonly unknown[]): number[] =>
    (rows.flat(2) as number[]).map((id) => (id < 2 ? id : 2 + (id % 38)));
  const batch = {
    ...batchOf(),
    inputs: ids(small(INPUTS), 3, 5),
    choices: ids(small(CHOICES), 3, 3, 4),
  };
  return { config, params, batch };
};
const NEAR = { abs: 1e-5, rel: 1e-5 };

LabelLoss("derivatives by all weights and a prompt are those of differences", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const prompt = random.normal(random.key(3), [2, config.dModel]);
    for (const options of [
      { loss: "labels", zLoss: 0.01, labelSmoothing: 0.1 },
      { loss: "hinge", lengthNormalize: false },
    ] as const) {
      const lossOf = t5.loss<t5.Model>(config, options);
      const f = (p: t5.Params, prefix: Tensor, given: t5.Batch): Tensor => lossOf({ params: p, prefix }, given);
      checkGrads(f, [params, prompt, batch], { order: 1, modes: ["reverse"], step: 1e-4 });
    }
  }),
);

LabelLoss("scores are the losses over tokens: of one choice, and of the best and the right one", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const only = (choice: number): Tensor => np.slice(batch.choices, [null, [choice, choice + 1]]);
    const row = (x: Tensor, i: number): Tensor => np.slice(x, [[i, i + 1]]);
    for (const lengthNormalize of [true, false]) {
      const normalize = lengthNormalize ? "tokens" : "none";
      const scores = [0, 1, 2].map((i) =>
        [0, 1, 2].map((c) => {
          const targets = np.squeeze(row(only(c), i), 1);
          if (numbers(targets).every((id) => id === 0)) return Number.NEGATIVE_INFINITY;
          return -t5
            .loss(config, { normalize })(params, { inputs: row(batch.inputs, i), targets })
            .item();
        }),
      );
      const of = (options: t5.LossOptions, given: t5.Batch): number =>
        t5
          .loss(config, { lengthNormalize, normalize: "none", ...options })(params, given)
          .item();
      const hinge = scores.reduce((sum, s, i) => sum + 0.7 + Math.max(...s) - s[ANSWER[i]], 0);
      assertNear("hinge", [of({ loss: "hinge", hinge: 0.7 }, batch)], [hinge], NEAR);
      // With one choice the partition function is its probability: nothing but z-loss is left.
      const first = { ...batch, choices: only(0), answer: ids([0, 0, 0], 3) };
      const squares = scores.reduce((sum, [s]) => sum + s * s, 0);
      assertNear("z-loss", [of({ loss: "labels", zLoss: 1, labelSmoothing: 0.4 }, first)], [squares], NEAR);
      assertNear("no loss", [of({ loss: "labels" }, first)], [0], NEAR);
    }
  }),
);

LabelLoss("the loss is over tokens by default, whatever choices there are", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const { choices: _, answer: __, ...tokens } = { ...batch, targets: ids([5, 1, 0, 6, 7, 1, 8, 1, 0], 3, 3) };
    const want = t5.loss(config)(params, tokens).item();
    assert.is(
      t5
        .loss(config)(params, { ...batch, targets: tokens.targets })
        .item(),
      want,
    );
    assert.is(t5.loss(config, { loss: "tokens", hinge: 9 })(params, tokens).item(), want);
  }),
);

LabelLoss("examples are counted, by their weights where there are some", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const of = (normalize: t5.Normalize, more: object = {}): number =>
      t5
        .loss(config, { loss: "labels", normalize })(params, { ...batch, ...more })
        .item();
    const sum = of("none");
    for (const normalize of ["tokens", "sequences", "all-tokens", 3] as const)
      assertNear(`${normalize}`, [of(normalize)], [sum / 3], NEAR);
    assert.is(t5.lossSums(config, { loss: "labels" })(params, batch)[1].item(), 3);
    const weights = np.array([0, 0.5, 0]);
    const second = of("none", { weights });
    // T5X divides by the sum of the weights, also where it is less than 1.
    assertNear("mean", [of("tokens", { weights })], [2 * second], NEAR);
    assertNear("by a half", [of("sequences", { weights })], [2 * second], NEAR);
    assertNear("of three", [of("all-tokens", { weights })], [second / 3], NEAR);
  }),
);

LabelLoss("rows, choices and tokens that only fill up a batch change neither loss nor gradient", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const prompt = { prompt: random.normal(random.key(3), [2, config.dModel]) };
    for (const options of [{ loss: "labels", zLoss: 0.01, labelSmoothing: 0.1 }, { loss: "hinge" }] as const) {
      const step = valueAndGrad(t5.promptLoss(config, options), { argnums: 1 });
      const [want, slopes] = step(params, prompt, batch);
      const zeros = (x: Tensor, ...widths: [number, number][]): Tensor => np.pad(x, widths);
      const [got, same] = step(params, prompt, {
        inputs: zeros(batch.inputs, [0, 2], [0, 1]),
        targets: zeros(batch.targets, [0, 2], [0, 0]),
        choices: zeros(batch.choices, [0, 2], [0, 1], [0, 2]),
        answer: zeros(batch.answer, [0, 2]),
        weights: np.array([1, 1, 1, 0, 0]),
      });
      assertNear("loss", [got.item()], [want.item()], NEAR);
      elementsNear(same.prompt, numbers(slopes.prompt), 1e-5);
    }
  }),
);

LabelLoss("dropout follows its key, and activations may be computed again", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const of = (seed: number | undefined, options: t5.LossOptions = {}): number => {
      const key = seed === undefined ? {} : { dropoutKey: random.key(seed) };
      return t5
        .loss(config, { loss: "labels", dropoutRate: 0.4, ...options })(params, { ...batch, ...key })
        .item();
    };
    assert.is(of(1), of(1));
    assert.is(of(1, { remat: true }), of(1));
    assert.is(new Set([of(1), of(2), of(undefined)]).size, 3);
    assert.is(of(1, { dropoutRate: 0 }), of(undefined));
  }),
);

LabelLoss("what is missing or does not fit is told", () =>
  onReference(() => {
    const { config, params, batch } = tiny();
    const { choices, answer, ...bare } = batch;
    const told = (given: object, options: t5.LossOptions = { loss: "labels" }): string =>
      messageOf(() => t5.loss(config, options)(params, given as t5.Batch)) ?? "";
    assert.match(told(bare), /no choices and answer[\s\S]*for the loss labels[\s\S]*inputs, targets[\s\S]*tokens/);
    assert.match(told({ ...bare, choices }, { loss: "hinge" }), /has no answer[\s\S]*for the loss hinge/);
    assert.match(told({ ...bare, answer }), /has no choices\n/);
    const wrong = /do not fit the inputs[\s\S]*i32\[3,C,S\] and answer i32\[3\]/;
    assert.match(told({ ...batch, choices: np.slice(choices, [[0, 2]]) }), wrong);
    assert.match(told({ ...batch, choices: np.reshape(choices, [3, 12]) }), wrong);
    assert.match(told({ ...batch, answer: np.expandDims(answer, 1) }), wrong);
    const weights = np.ones([3, 4]);
    assert.match(told({ ...batch, weights }), /weights do not fit[\s\S]*f32\[3\][\s\S]*\[3,4\]/);
    assert.match(told(batch, { loss: "label" as never }), /no such loss[\s\S]*tokens, labels, hinge/);
    for (const hinge of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.match(told(batch, { loss: "hinge", hinge }), /hinge is out of range[\s\S]*0 <= hinge/);
    assert.match(told(batch, { loss: "labels", labelSmoothing: 1 }), /label smoothing is out of range/);
  }),
);

LabelLoss.run();
