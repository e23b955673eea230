import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { messageOf, onReference } from "../helpers/runtime.js";

const Composed = suite("optim/composed-schedules");

/** The schedule, eager and compiled, equals a formula in doubles, relative to the largest value. */
const follows = (schedule: optim.Schedule, steps: readonly number[], formula: (step: number) => number): void => {
  onReference(() => {
    using compiled = jit(schedule);
    const size = Math.max(...steps.map((s) => Math.abs(formula(s))));
    for (const step of steps) {
      for (const f of [schedule, compiled]) {
        const got = f(np.scalar(step, "int32")).item();
        assert.ok(Math.abs(got - formula(step)) <= 1e-6 * size, `step ${step}: ${got} and ${formula(step)}`);
      }
    }
  });
};
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const half = (share: number): number => 0.5 * (1 + Math.cos(Math.PI * Math.min(Math.max(share, 0), 1)));

Composed("polynomials and later begins", () => {
  follows(optim.polynomialSchedule(2, 0.5, 2, 8, { transitionBegin: 3 }), upTo(14), (s) => {
    return 0.5 + 1.5 * (1 - Math.min(Math.max(s - 3, 0) / 8, 1)) ** 2;
  });
  follows(optim.linearSchedule(2, 0.5, 8, { transitionBegin: 3 }), upTo(14), (s) => {
    return 2 - 1.5 * Math.min(Math.max(s - 3, 0) / 8, 1);
  });
  follows(optim.cosineDecaySchedule(2, 8, { alpha: 0.1, exponent: 3 }), upTo(10), (s) => {
    return 2 * (0.9 * half(s / 8) ** 3 + 0.1);
  });
  follows(optim.exponentialDecay(2, 3, 0.5, { transitionBegin: 2, endValue: 0.6 }), upTo(12), (s) =>
    Math.max(0.6, 2 * 0.5 ** (Math.max(s - 2, 0) / 3)),
  );
  follows(optim.exponentialDecay(2, 3, 1.5, { endValue: 4 }), upTo(12), (s) => Math.min(4, 2 * 1.5 ** (s / 3)));
});

Composed("pieces: a factor counts from its boundary on, or is approached until there", () => {
  follows(optim.piecewiseConstantSchedule(0.1, { 3: 2, 6: 0.5 }), upTo(12), (s) => (s >= 6 ? 0.1 : s >= 3 ? 0.2 : 0.1));
  follows(optim.piecewiseConstantSchedule(0.1, { 5: 0, 0: 0.5 }), upTo(7), (s) => (s >= 5 ? 0 : 0.05));
  const between = (s: number, way: (share: number) => number): number => {
    if (s >= 10) return 1.5;
    return s < 4 ? 1 + 2 * way(s / 4) : 3 - 1.5 * way((s - 4) / 6);
  };
  follows(optim.piecewiseInterpolateSchedule("linear", 1, { 4: 3, 10: 0.5 }), upTo(14), (s) => between(s, (x) => x));
  follows(optim.piecewiseInterpolateSchedule("cosine", 1, { 10: 0.5, 4: 3 }), upTo(14), (s) =>
    between(s, (x) => 1 - half(x)),
  );
  for (const make of [
    optim.piecewiseConstantSchedule,
    (start: number, pieces: optim.Boundaries) => optim.piecewiseInterpolateSchedule("linear", start, pieces),
  ]) {
    assert.match(messageOf(() => make(1, { 2.5: 1 })) ?? "", /2\.5/);
    for (const factor of [-2, Number.NaN]) {
      assert.match(messageOf(() => make(1, { 3: factor })) ?? "", /a factor is not a number from 0.*boundary 3/s);
    }
  }
});

Composed("a warm-up leads to the peak; the steps of a cosine include it", () => {
  const warm = { initValue: 0.2, peakValue: 1, warmupSteps: 4 };
  const rise = (s: number): number => 0.2 + 0.2 * s;
  follows(optim.warmupConstantSchedule(warm), upTo(8), (s) => (s < 4 ? rise(s) : 1));
  follows(optim.warmupCosineDecaySchedule({ ...warm, decaySteps: 10, endValue: 0.1 }), upTo(14), (s) =>
    s < 4 ? rise(s) : 0.1 + 0.9 * half((s - 4) / 6),
  );
  follows(optim.warmupCosineDecaySchedule({ peakValue: 1, warmupSteps: 0, decaySteps: 10 }), upTo(12), (s) =>
    half(s / 10),
  );
  const decay = { transitionSteps: 2, decayRate: 0.5, endValue: 0.2, staircase: true };
  follows(optim.warmupExponentialDecaySchedule({ ...warm, ...decay }), upTo(14), (s) =>
    s < 4 ? rise(s) : Math.max(0.2, 0.5 ** Math.floor((s - 4) / 2)),
  );
  assert.match(
    messageOf(() => optim.warmupCosineDecaySchedule({ peakValue: 1, warmupSteps: 5, decaySteps: 5 })) ?? "",
    /decaySteps/,
  );
});

Composed("one cycle goes up to the peak and down to nearly nothing; restarts go on", () => {
  follows(optim.cosineOnecycleSchedule(20, 5, { divFactor: 10, finalDivFactor: 100 }), upTo(24), (s) =>
    s < 6 ? 0.5 + 4.5 * (1 - half(s / 6)) : 5 + (0.005 - 5) * (1 - half((s - 6) / 14)),
  );
  follows(optim.linearOnecycleSchedule(20, 5, { divFactor: 10, finalDivFactor: 100 }), upTo(24), (s) => {
    if (s < 6) return 0.5 + (4.5 * s) / 6;
    return s < 17 ? 5 - (4.5 * (s - 6)) / 11 : 0.5 - 0.495 * Math.min((s - 17) / 3, 1);
  });
  const cycle = { peakValue: 1, warmupSteps: 2, decaySteps: 6 };
  follows(optim.sgdrSchedule([cycle, { ...cycle, peakValue: 0.5 }]), upTo(12), (s) => {
    const [t, peak] = s < 6 ? [s, 1] : [s - 6, 0.5];
    return peak * (t < 2 ? t / 2 : half((t - 2) / 4));
  });
});

/** The value at a step, as the float32 it is. */
const float32At = (schedule: optim.Schedule, step: number): number =>
  onReference(() => schedule(np.scalar(step, "int32")).item());

Composed("what falls to a small value ends there, to the last digits", () => {
  const small = 1e-5;
  for (const schedule of [
    optim.linearSchedule(0.3, small, 10),
    optim.polynomialSchedule(0.3, small, 2, 10),
    optim.piecewiseInterpolateSchedule("linear", 0.3, { 10: small / 0.3 }),
    optim.piecewiseInterpolateSchedule("cosine", 0.3, { 10: small / 0.3 }),
    optim.cosineOnecycleSchedule(10, 0.3, { divFactor: 10, finalDivFactor: 0.03 / small }),
    optim.linearOnecycleSchedule(10, 0.3, { divFactor: 10, finalDivFactor: 0.03 / small }),
  ]) {
    for (const step of [10, 11, 1000]) assert.ok(Math.abs(float32At(schedule, step) - small) <= 1e-7 * small);
  }
});

Composed("cycles of few steps have what there is room for: the peak, and the end", () => {
  const values = (schedule: optim.Schedule, steps: number): number[] =>
    upTo(steps + 2).map((s) => Number(float32At(schedule, s).toPrecision(6)));
  // At the first step the peak is reached already.
  assert.equal(values(optim.cosineOnecycleSchedule(1, 2), 1), [2, 8e-6, 8e-6]);
  assert.equal(values(optim.cosineOnecycleSchedule(2, 2), 2), [2, 1, 8e-6, 8e-6]);
  assert.equal(values(optim.linearOnecycleSchedule(1, 2), 1), [0.08, 8e-6, 8e-6]);
  assert.equal(values(optim.linearOnecycleSchedule(2, 2), 2), [2, 0.08, 8e-6, 8e-6]);
  for (const [options, message] of [
    [{ pctStart: 1.5 }, /out of order/],
    [{ pctStart: Number.NaN }, /out of order/],
    [{ pctStart: 0.9 }, /out of order/],
    [{ divFactor: -1 }, /divFactor/],
    [{ finalDivFactor: 0 }, /finalDivFactor/],
  ] as const) {
    assert.match(messageOf(() => optim.linearOnecycleSchedule(10, 1, options)) ?? "", message);
  }
  assert.match(messageOf(() => optim.cosineOnecycleSchedule(0.5, 1)) ?? "", /steps/);
});

Composed.run();
