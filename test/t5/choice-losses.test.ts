/** @file Losses of scores of choices: held to T5X's cross entropy, to differences and to their formulas. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import type { LossOptions } from "../../lib/t5/index.js";
import { choiceLosses } from "../../lib/t5/label-loss.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { grad, valueAndGrad } from "../../lib/transforms/grad.js";
import { assertNear } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { f64, i32, numbers, onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";

const ChoiceLosses = suite("t5/choice-losses");
const files = goldenFiles(ChoiceLosses, "t5/choice-losses.test.ts");

interface Golden {
  readonly inputs: readonly {
    readonly case: readonly number[];
    readonly logits: readonly number[];
    readonly targets: readonly number[];
    readonly weights: readonly number[];
  }[];
  readonly losses: readonly {
    readonly case: readonly number[];
    readonly label_smoothing: number;
    readonly z_loss: number;
    readonly loss_normalizing_factor: number | null;
    readonly weighted: boolean;
    readonly loss: number;
    readonly gradient_l2: number;
    readonly gradient_first: readonly number[];
  }[];
}

withShared(
  ChoiceLosses,
  "the cross entropy of scores is T5X's of logits, with z-loss and smoothing over the choices",
  (root) =>
    onReference(() => {
      const { inputs, losses } = files.open<Golden>(root, "objectives/losses.json");
      const near = { abs: 2e-5, rel: 2e-5 };
      for (const want of losses.filter((one) => one.loss_normalizing_factor === null)) {
        const {
          case: shape,
          logits,
          targets,
          weights,
        } = inputs.find((one) => one.case.join() === want.case.join()) as Golden["inputs"][number];
        const [classes, count] = [shape[shape.length - 1], targets.length];
        const options = { loss: "labels", zLoss: want.z_loss, labelSmoothing: want.label_smoothing } as const;
        const valid = np.ones([count, classes], "bool");
        const each = np.array(want.weighted ? [...weights] : Array.from(targets, () => 1));
        const sum = (scores: Tensor): Tensor =>
          np.sum(np.multiply(each, choiceLosses({ scores, valid }, i32(targets), options)));
        const [got, slope] = valueAndGrad(sum)(np.array([...logits], { shape: [count, classes] }));
        const what = JSON.stringify([shape, options, want.weighted]);
        assertNear(`loss ${what}`, [got.item()], [want.loss], near);
        const slopes = numbers(slope);
        assertNear(`gradient ${what}`, [Math.hypot(...slopes)], [want.gradient_l2], near);
        assertNear(`gradient ${what}`, slopes.slice(0, want.gradient_first.length), want.gradient_first, near);
      }
    }),
);

/** Losses of scores, with the mask of the choices. */
const lossesOf = (rows: readonly (readonly number[])[], answer: readonly number[], options: LossOptions) => {
  const valid = np.array(
    rows.map((row) => row.map(Number.isFinite)),
    { dtype: "bool" },
  );
  const scores = f64(
    rows.flat().map((x) => (Number.isFinite(x) ? x : 0)),
    [rows.length, rows[0].length],
  );
  const of = (x: Tensor): Tensor => choiceLosses({ scores: x, valid }, i32(answer), options);
  return { losses: numbers(of(scores)), slopes: numbers(grad((x: Tensor) => np.sum(of(x)))(scores)) };
};

ChoiceLosses("the hinge is 0.2 by default, and a right example has it without a gradient", () =>
  onReference(() => {
    const { losses, slopes } = lossesOf(
      [
        [-1, -3, -2],
        [-1, -3, -2.5],
      ],
      [0, 1],
      { loss: "hinge", zLoss: 1, labelSmoothing: 0.5 },
    );
    assertNear("losses", losses, [0.2, 2.2], { abs: 1e-12, rel: 0 });
    assert.equal(slopes, [0, 0, 0, 1, -1, 0]);
    assert.equal(lossesOf([[-1, -3]], [0], { loss: "hinge", hinge: 0 }).losses, [0]);
    assert.equal(lossesOf([[-1, -3]], [1], { loss: "hinge", hinge: 4 }).losses, [6]);
  }),
);

ChoiceLosses("of several best choices the first counts", () =>
  onReference(() => {
    const tied = [
      [-1, -1, -2],
      [-1, -1, -2],
    ];
    const { losses, slopes } = lossesOf(tied, [0, 1], { loss: "hinge", hinge: 1 });
    assert.equal(losses, [1, 1]);
    assert.equal(slopes, [0, 0, 0, 1, -1, 0]);
  }),
);

ChoiceLosses("a row that is no choice changes nothing, and is shared nothing", () =>
  onReference(() => {
    for (const options of [
      { loss: "labels", zLoss: 0.1 },
      { loss: "labels", zLoss: 0.1, labelSmoothing: 0.2 },
      { loss: "hinge" },
    ] as const) {
      const short = lossesOf([[-1, -3]], [1], options);
      const long = lossesOf([[-1, -3, Number.NEGATIVE_INFINITY]], [1], options);
      const front = lossesOf([[Number.NEGATIVE_INFINITY, -1, -3]], [2], options);
      assertNear("losses", [long.losses[0], front.losses[0]], [short.losses[0], short.losses[0]], {
        abs: 1e-9,
        rel: 0,
      });
      assertNear("slopes", long.slopes, [...short.slopes, 0], { abs: 1e-12, rel: 0 });
    }
  }),
);

ChoiceLosses("smoothing between two choices: the least loss is 0, where the probabilities are what is asked for", () =>
  onReference(() => {
    const options = { loss: "labels", labelSmoothing: 0.3 } as const;
    const best = lossesOf([[Math.log(0.7), Math.log(0.3)]], [0], options);
    assertNear("loss", best.losses, [0], { abs: 1e-12, rel: 0 });
    assertNear("slopes", best.slopes, [0, 0], { abs: 1e-12, rel: 0 });
    // -0.7 ln σ(1) - 0.3 ln σ(-1), and the entropy of (0.7, 0.3) taken away.
    const [high, low] = [-Math.log1p(Math.exp(-1)), -Math.log1p(Math.E)];
    const want = -0.7 * high - 0.3 * low + 0.7 * Math.log(0.7) + 0.3 * Math.log(0.3);
    assertNear("loss", lossesOf([[-2, -3]], [0], options).losses, [want], { abs: 1e-12, rel: 0 });
    assert.equal(lossesOf([[-2, Number.NEGATIVE_INFINITY]], [0], options).losses, [0], "an only choice");
  }),
);

ChoiceLosses("an answer that is no index gives NaN, on both sides", () =>
  onReference(() => {
    for (const loss of ["labels", "hinge"] as const) {
      const { losses } = lossesOf(
        [
          [-1, -2],
          [-1, -2],
          [-1, -2],
        ],
        [-1, 2, 1],
        { loss },
      );
      assert.equal(losses.map(Number.isNaN), [true, true, false]);
    }
  }),
);

ChoiceLosses("derivatives by the scores are those of differences", () => {
  for (const options of [
    { loss: "labels", zLoss: 0.05 },
    { loss: "labels", zLoss: 0.05, labelSmoothing: 0.2 },
    { loss: "hinge" },
  ] as const) {
    onReference(() =>
      checkGrads(
        (scores: Tensor) => {
          const valid = np.less(scores, 0);
          return choiceLosses({ scores, valid }, i32([2, 0]), options);
        },
        [f64([-1, -3, -2, -4, -2.2, 5], [2, 3])],
      ),
    );
  }
});

ChoiceLosses.run();
