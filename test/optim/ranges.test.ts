/** Options out of their range, and of another kind, are refused with their name and value. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { init, np, optim } from "../../lib/index.js";

const Ranges = suite("optim/ranges");
Ranges.before(() => init({ backend: "reference" }));

const make = optim as unknown as Record<string, (...args: unknown[]) => unknown>;
const RATE = "learningRate is not a finite number from 0 on, a scalar tensor or a schedule";
const AVERAGED = "is not a number from 0 to below 1";
const ROWS: readonly (readonly [name: string, args: readonly unknown[], what: string, got: string])[] = [
  ["adam", [Number.NaN], RATE, "NaN"],
  ["adam", [-1], RATE, "-1"],
  ["adam", [Number.POSITIVE_INFINITY], RATE, "Infinity"],
  ["adam", ["0.1"], RATE, '"0.1"'],
  ["sgd", [{ learningRate: -0.1, momentum: 0.9 }], RATE, "-0.1"],
  ["sgd", [-0.1, { momentum: 0.9 }], RATE, "-0.1"],
  ["adam", [0.1, { b1: 1 }], `beta1 ${AVERAGED}`, "1"],
  ["adam", [0.1, { b2: -1 }], `beta2 ${AVERAGED}`, "-1"],
  ["adam", [0.1, { beta1: "0.9" }], `beta1 ${AVERAGED}`, '"0.9"'],
  ["adan", [0.1, { beta3: 2 }], `beta3 ${AVERAGED}`, "2"],
  ["scaleByMuon", [{ beta: 1.5 }], `beta ${AVERAGED}`, "1.5"],
  ["prodigy", [{ beta2: Number.NaN }], `beta2 ${AVERAGED}`, "NaN"],
  ["adamw", [{ weightDecay: "0.1" }], "weightDecay is not a finite number from 0 on, or a scalar tensor", '"0.1"'],
  ["adamw", [0.1, { weightDecay: -1 }], "weightDecay is not a finite number from 0 on, or a scalar tensor", "-1"],
  ["adam", [0.1, { eps: -1e-8 }], "epsilon is not a finite number from 0 on", "-1e-8"],
  ["sgd", [0.1, { momentum: 2 }], "momentum is not a number from 0 to 1", "2"],
  ["sgd", [0.1, { momentum: 0.9, nesterov: 1 }], "nesterov is not true or false", "1"],
  ["rmsprop", [0.1, { decay: -1 }], "decay is not a number from 0 to 1", "-1"],
  ["ema", [2], "decay is not a number from 0 to 1", "2"],
  ["adafactor", [{ decayRate: -0.8 }], "decayRate is not a finite number from 0 on", "-0.8"],
  ["clip", [-1], "limit is not a number from 0 on, or a scalar tensor", "-1"],
  ["clipByGlobalNorm", [Number.NaN], "limit is not a number from 0 on, or a scalar tensor", "NaN"],
  ["scale", [Number.NaN], "factor is not a number or a scalar tensor", "NaN"],
  ["scheduleFreeSgd", [{ learningRate: 0.1, beta1: 0 }], "beta1 is not a number above 0, at most 1", "0"],
  ["linearSchedule", [Number.NaN, 0, 10], "start is not a number", "NaN"],
];
for (const [name, args, what, got] of ROWS) {
  Ranges(
    `${name}(${args.map((x) => JSON.stringify(x) ?? String(x)).join(", ")}) is refused: ${what}, got ${got}`,
    () => {
      try {
        make[name](...args);
      } catch (error) {
        if (!isFluxionError(error, "ArgumentError")) throw error;
        assert.is(error.mismatch.where, `optim.${name}`);
        assert.is(error.mismatch.what, what);
        assert.is(error.mismatch.got, got);
        assert.match(error.mismatch.expected ?? "", new RegExp(`^optim\\.${name}\\(`));
        return;
      }
      assert.unreachable("it was not refused");
    },
  );
}

Ranges("who wants to climb is told how", () => {
  assert.throws(() => make.sgd(-0.1), /hint +an optimizer descends; to climb, negate the loss/);
});

Ranges("rates of 0, schedules, scalar tensors and open limits stay allowed", () => {
  for (const rate of [0, 0.1, np.scalar(0.1), optim.linearSchedule(0.1, 0, 4)]) {
    assert.type(optim.adamw(rate as number, { beta1: 0, weightDecay: 0 }).init, "function");
  }
  assert.type(optim.clip(Number.POSITIVE_INFINITY).init, "function");
  assert.type(optim.adamw(0.1, { weightDecay: np.scalar(0.1) }).init, "function");
  assert.type(optim.sgd(0.1, { momentum: 1 }).init, "function");
  assert.is(optim.constantSchedule(-2)(np.scalar(0, "int32")).item(), -2);
});

Ranges.run();
