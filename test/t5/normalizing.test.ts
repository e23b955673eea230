/** @file Token losses with z-loss, label smoothing and T5X's ways to normalise, held to T5X's own numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { loss, lossSums } from "../../lib/t5/loss.js";
import { divisorOf, type Normalize, normalizedWeights } from "../../lib/t5/normalizing.js";
import { grad } from "../../lib/transforms/grad.js";
import { assertNear } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { f32, f64, messageOf, numbers, onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Normalizing = suite("t5/normalizing");
const files = goldenFiles(Normalizing, "t5/normalizing.test.ts");

type Rows = readonly (readonly number[])[];
interface Golden {
  readonly inputs: readonly {
    readonly case: readonly number[];
    readonly logits: readonly number[];
    readonly targets: readonly number[];
    readonly weights: readonly number[];
  }[];
  readonly losses: readonly {
    readonly label_smoothing: number;
    readonly z_loss: number;
    readonly loss_normalizing_factor: number | null;
    readonly weighted: boolean;
    readonly case: readonly number[];
    readonly loss: number;
    readonly total_z_loss: number;
    readonly weight_sum: number;
    readonly gradient_l2: number;
    readonly gradient_first: readonly number[];
  }[];
  readonly normalizing: readonly {
    readonly loss_normalizing_factor: number | string | null;
    readonly packed: boolean;
    readonly batch: {
      readonly decoder_target_tokens: Rows;
      readonly decoder_loss_weights: Rows;
      readonly decoder_segment_ids?: Rows;
    };
    readonly factor: number | null;
    readonly weights: Rows;
  }[];
}
const golden = (root: string): Golden => files.open<Golden>(root, "objectives/losses.json");

/** The tolerance that the golden folder names for losses. */
const near = (got: number, want: number, what: string, tolerance = 2e-5): void =>
  assertNear(what, [got], [want], { abs: tolerance, rel: tolerance });

withShared(Normalizing, "losses, their z-loss and gradients are T5X's", (root) =>
  onReference(() => {
    const { inputs, losses } = golden(root);
    const cases = new Map(inputs.map((one) => [one.case.join(), one]));
    for (const want of losses) {
      const { logits, targets, weights } = cases.get(want.case.join()) as Golden["inputs"][number];
      const what = JSON.stringify([want.case, want.label_smoothing, want.z_loss, want.loss_normalizing_factor]);
      const shape = want.case.slice(0, -1);
      const ids = np.array(Int32Array.from(targets), { shape });
      const sums = (x: Tensor) =>
        nn.crossEntropy(x, ids, {
          zLoss: want.z_loss,
          labelSmoothing: want.label_smoothing,
          ...(want.weighted && { weights: np.array([...weights], { shape }) }),
        });
      const by = divisorOf(want.loss_normalizing_factor ?? "none", np.scalar(1));
      const x = np.array([...logits], { shape: want.case });
      near(np.divide(sums(x).loss, by).item(), want.loss, `loss ${what}`);
      near(np.divide(sums(x).zLoss, by).item(), want.total_z_loss, `z-loss ${what}`);
      near(sums(x).count.item(), want.weight_sum, `weights ${what}`);
      const gradient = numbers(grad((y: Tensor) => np.divide(sums(y).loss, by))(x));
      near(Math.hypot(...gradient), want.gradient_l2, `gradient ${what}`);
      for (const [i, value] of want.gradient_first.entries()) near(gradient[i], value, `gradient [${i}] ${what}`);
    }
  }),
);

const NAMES: Readonly<Record<string, Normalize>> = {
  NUM_REAL_TARGET_TOKENS: "tokens",
  NUM_TOTAL_TARGET_TOKENS: "all-tokens",
  AVERAGE_PER_SEQUENCE: "sequences",
};

withShared(Normalizing, "factors and weights are T5X's, in packed rows too", (root) =>
  onReference(() => {
    for (const { loss_normalizing_factor: name, packed, batch, factor, weights } of golden(root).normalizing) {
      const how = typeof name === "string" ? NAMES[name.toUpperCase()] : (name ?? "none");
      const table = (rows: Rows): Tensor => np.array(rows.flat(), { shape: [rows.length, rows[0].length] });
      const given = table(batch.decoder_loss_weights);
      assert.is(batch.decoder_segment_ids !== undefined, packed);
      assert.equal(given.shape, table(batch.decoder_target_tokens).shape);
      const segments = batch.decoder_segment_ids && np.astype(table(batch.decoder_segment_ids), "int32");
      const got = normalizedWeights(given, how, segments);
      const by = divisorOf(how, got.count);
      near(typeof by === "number" ? by : by.item(), factor ?? 1, `${name}`, 1e-6);
      for (const [i, x] of numbers(got.weights).entries()) near(x, weights.flat()[i], `${name}, weight ${i}`, 1e-6);
    }
  }),
);

Normalizing("weights that come to less than 1 are divided by their sum", () =>
  onReference(() => {
    // T5X's `get_loss_normalizing_factor_and_weights` (commit cc342d41, JAX 0.10.2) of weights 0.25 and 0.1 in one row.
    const weights = f64([0.25, 0.1, 0], [1, 3]);
    const rows = [
      ["tokens", 0.35, [0.25, 0.1, 0]],
      ["all-tokens", 3, [0.25, 0.1, 0]],
      ["sequences", 1, [0.714286, 0.285714, 0]],
    ] as const;
    for (const [how, factor, shares] of rows) {
      const got = normalizedWeights(weights, how);
      assertNear(how, [np.add(divisorOf(how, got.count), 0).item()], [factor], { abs: 1e-6, rel: 0 });
      assertNear(`weights, ${how}`, numbers(got.weights), shares, { abs: 1e-6, rel: 0 });
    }
    const { config, params } = tinyT5();
    const one = { inputs: np.array([[5, 9, 1]], "int32"), targets: np.array([[8, 21, 1]], "int32") };
    const light = loss(config)(params, { ...one, weights: f32([0.1, 0.1, 0.1], [1, 3]) }).item();
    near(light, loss(config)(params, one).item(), "a mean does not depend on the scale of weights", 1e-6);
  }),
);

Normalizing("each way divides the sum of a T5's loss by what it says", () =>
  onReference(() => {
    const { config, params } = tinyT5();
    const table = (...rows: number[][]): Tensor => np.array(Int32Array.from(rows.flat()), { shape: [rows.length, 3] });
    const [inputs, targets] = [
      [
        [5, 9, 1],
        [7, 1, 0],
      ],
      [
        [8, 21, 1],
        [3, 1, 0],
      ],
    ];
    const batch = { inputs: table(...inputs), targets: table(...targets) };
    const of = (normalize?: Normalize, more: object = {}): number =>
      loss(config, { ...(normalize && { normalize }), ...more })(params, batch).item();
    const sum = of("none");
    near(of(), sum / 5, "tokens by default", 1e-6);
    near(of("tokens"), sum / 5, "tokens", 1e-6);
    near(of("all-tokens"), sum / 6, "all tokens", 1e-6);
    near(of(7), sum / 7, "a number", 1e-6);
    const one = (row: number): number =>
      loss(config)(params, { inputs: table(inputs[row]), targets: table(targets[row]) }).item();
    near(of("sequences"), (one(0) + one(1)) / 2, "sequences", 1e-6);
    assert.is(lossSums(config, { normalize: "sequences" })(params, batch)[1].item(), 2);
    assert.ok(of("none", { labelSmoothing: 0.1 }) !== sum);
  }),
);

Normalizing("a batch without weights has the loss 0, however it is divided", () =>
  onReference(() => {
    for (const how of ["none", "tokens", "all-tokens", "sequences", 3] as const) {
      const { weights, count } = normalizedWeights(f64([0, 0, 0], [1, 3]), how);
      assert.equal(numbers(weights), [0, 0, 0]);
      const by = divisorOf(how, count);
      assert.ok((typeof by === "number" ? by : by.item()) > 0);
    }
  }),
);

Normalizing("what has no meaning is refused", () =>
  onReference(() => {
    const { config } = tinyT5();
    for (const bad of ["mean", 0, -1, Number.NaN, "toString"]) {
      assert.match(
        messageOf(() => loss(config, { normalize: bad as never })) ?? "",
        /cannot be divided by this[\s\S]*tokens/,
      );
    }
    for (const labelSmoothing of [1, -0.1, Number.NaN]) {
      const tokens = () => nn.tokenLosses(f64([1, 2], [1, 2]), np.array(Int32Array.from([0])), { labelSmoothing });
      assert.match(messageOf(tokens) ?? "", /label smoothing is out of range/);
    }
  }),
);

Normalizing("the least loss with smoothed targets is 0, and a target that is no class has what others have", () =>
  onReference(() => {
    const smoothing = 0.3;
    const best = f64([Math.log(0.7), Math.log(0.1), Math.log(0.1), Math.log(0.1)], [1, 4]);
    const at = (target: number): number =>
      nn.tokenLosses(best, np.array(Int32Array.from([target])), { labelSmoothing: smoothing }).loss.item();
    assert.ok(Math.abs(at(0)) < 1e-12);
    assert.ok(at(1) > 0.5);
    const entropy = 0.7 * Math.log(0.7) + 0.3 * Math.log(0.1);
    const low = numbers(best).reduce((sum, x) => sum - 0.1 * x, 0);
    assert.ok(Math.abs(at(9) - (low + entropy)) < 1e-12);
  }),
);

Normalizing.run();
