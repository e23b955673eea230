/** @file Several runs that are trained together, each against what it comes to alone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { memory, optim, random, scope, type t5 } from "../../lib/index.js";
import { prompt } from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import { makeJointStep } from "../../lib/train/joint.js";
import { trainLoop, trainTogether } from "../../lib/train/loop.js";
import type { Best, LoopOptions, Position, RunParts, StepRecord } from "../../lib/train/progress.js";
import { initState, makeTrainStep, type TrainState, type TrainStep } from "../../lib/train/state.js";
import { collected } from "../helpers/collected.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { found, START } from "./fakes.js";

const Together = suite("train/together");

/** What a run is told. */
interface Told {
  readonly steps: StepRecord[];
  readonly evaluations: { readonly step: number; readonly score: number; readonly isBest: boolean }[];
  readonly saved: Position[];
}

// --- A model that counts: its tree is the number of steps, and `key` says which run it is.

interface Toy {
  readonly there: Tensor;
}
type ToyState = TrainState<Toy, object>;

const toyState = (run: number, step: number): ToyState => ({
  tuned: { there: np.array([step]) },
  opt: {},
  step: np.scalar(step, "int32"),
  key: np.array(new Uint32Array([run, 0])),
});

/** A step of one run or of several; it notes which runs took it. */
const toyStep = (loss: (run: number, step: number) => number, groups: string[]) =>
  ((_: unknown, { key, step, tuned }: ToyState, batch: t5.Batch) => {
    const runs = Array.from(key.dataSync()).filter((_, i) => i % 2 === 0);
    const steps = Array.from(step.dataSync(), (n) => Number(n) + 1);
    groups.push(runs.map((run, i) => `${run}@${steps[i]}`).join(" "));
    assert.equal(batch.inputs.shape, step.ndim === 0 ? [1, 2] : [runs.length, 1, 2]);
    const next = { key: np.copy(key), step: np.add(step, 1), tuned: { there: np.add(tuned.there, 1) }, opt: {} };
    dispose([key, step, tuned]);
    const losses = runs.map((run, i) => loss(run, steps[i]));
    return { state: next, loss: step.ndim === 0 ? np.scalar(losses[0]) : np.array(losses) };
  }) as unknown as TrainStep<Toy, object>;

interface ToyRun {
  /** The score of an evaluation after so many steps. */
  readonly score: (step: number) => number;
  readonly start?: Position;
}

const toyRuns = async (
  runs: readonly ToyRun[],
  options: LoopOptions,
  {
    loss = () => 1,
    interrupted = () => false,
  }: { loss?: (run: number, step: number) => number; interrupted?: () => boolean } = {},
) => {
  const groups: string[] = [];
  const told: Told[] = runs.map(() => ({ steps: [], evaluations: [], saved: [] }));
  const step = toyStep(loss, groups);
  const partsOf = (run: number): RunParts<Toy, object> => ({
    batchAt: (at) => ({ batch: { inputs: np.zeros([1, 2]), targets: np.zeros([1, 2]) }, tokens: 100 * run + at }),
    evaluate: async ({ there }) => found(runs[run].score(there.item())),
    onStep: (record) => void told[run].steps.push(record),
    onEvaluation: async (at, { score }, _, isBest) => void told[run].evaluations.push({ step: at, score, isBest }),
    save: async (state, position) => {
      assert.equal([state.step.item(), state.tuned.there.item()], [position.step, position.step]);
      assert.is(state.key.dataSync()[0], run);
      told[run].saved.push(position);
    },
  });
  const started = runs.map(({ start = START }, run) => ({
    name: `run-${run}`,
    parts: partsOf(run),
    state: toyState(run, start.step),
    position: start,
  }));
  const shared = { frozen: {} as never, stepOf: () => step, padId: 0, interrupted };
  const outcomes = await trainTogether(options, shared, started).catch((error: unknown) => error as Error);
  if (Array.isArray(outcomes)) dispose(outcomes.map(({ state }) => state));
  return { outcomes: outcomes as Awaited<ReturnType<typeof trainTogether>>, error: outcomes as Error, told, groups };
};

Together.before(() => init({ backend: "reference" }));

Together("runs at one step take the next one together, and each has its own records", async () => {
  const { told, groups, outcomes } = await toyRuns(
    [{ score: (n) => n }, { score: (n) => -n }],
    {
      steps: 3,
      evaluateEvery: 2,
      patience: 0,
    },
    { loss: (run, step) => 10 * run + step },
  );
  assert.equal(groups, ["0@1 1@1", "0@2 1@2", "0@3 1@3"]);
  assert.equal(
    told.map(({ steps }) => steps.map(({ step, loss, tokens }) => [step, loss, tokens])),
    [
      [
        [1, 1, 0],
        [2, 2, 1],
        [3, 3, 2],
      ],
      [
        [1, 11, 100],
        [2, 12, 101],
        [3, 13, 102],
      ],
    ],
  );
  assert.equal(
    told.map(({ evaluations }) => evaluations.map(({ step, score, isBest }) => [step, score, isBest])),
    [
      [
        [2, 2, true],
        [3, 3, true],
      ],
      [
        [2, -2, true],
        [3, -3, false],
      ],
    ],
  );
  assert.equal(
    told.map(({ saved }) => saved.map(({ step, best, stale }) => [step, best?.step, stale])),
    [
      [
        [2, 2, 0],
        [3, 3, 0],
        [3, 3, 0],
      ],
      [
        [2, 2, 0],
        [3, 2, 1],
        [3, 2, 1],
      ],
    ],
  );
  assert.equal(
    outcomes.map(({ reason, position }) => [reason, position.best.step]),
    [
      ["steps done", 3],
      ["steps done", 2],
    ],
  );
});

Together("the seconds of a run are its share of those of the step", async () => {
  const { now } = performance;
  let milliseconds = 0;
  performance.now = () => {
    milliseconds += 1500;
    return milliseconds;
  };
  try {
    const score = (): number => 1;
    const { told } = await toyRuns([{ score }, { score }, { score }], { steps: 1, evaluateEvery: 1, patience: 0 });
    assert.equal(
      told.map(({ steps }) => steps.map(({ seconds }) => seconds)),
      [[0.5], [0.5], [0.5]],
    );
  } finally {
    performance.now = now;
  }
});

Together("a run whose score stops improving leaves, and the others go on", async () => {
  const { groups, outcomes, told } = await toyRuns([{ score: (n) => n }, { score: (n) => -n }, { score: (n) => n }], {
    steps: 4,
    evaluateEvery: 1,
    patience: 2,
  });
  assert.equal(groups, ["0@1 1@1 2@1", "0@2 1@2 2@2", "0@3 1@3 2@3", "0@4 2@4"]);
  assert.equal(
    outcomes.map(({ reason, position }) => [reason, position.step, position.best.step]),
    [
      ["steps done", 4, 4],
      ["no improvement", 3, 1],
      ["steps done", 4, 4],
    ],
  );
  assert.is(told[1].steps.length, 3);
});

const at = (step: number, bestStep: number, stale: number): Position => {
  const best: Best = { step: bestStep, score: 0, metrics: {}, loss: 1, tuned: {} };
  return { step, best, stale };
};

Together("runs that are behind catch up, and those that are done do nothing", async () => {
  const score = (n: number): number => n;
  const { groups, outcomes } = await toyRuns(
    [{ score, start: at(5, 4, 0) }, { score }, { score, start: at(8, 4, 0) }, { score, start: at(4, 2, 1) }],
    { steps: 8, evaluateEvery: 4, patience: 1 },
  );
  const alone = ["1@1", "1@2", "1@3", "1@4"];
  assert.equal(groups, [...alone, "1@5", "1@6", "1@7", "1@8", "0@6", "0@7", "0@8"]);
  assert.equal(
    outcomes.map(({ reason, position }) => [reason, position.step]),
    [
      ["steps done", 8],
      ["steps done", 8],
      ["steps done", 8],
      ["no improvement", 4],
    ],
  );
  const met = await toyRuns(
    [
      { score, start: at(3, 2, 0) },
      { score, start: at(5, 4, 0) },
    ],
    {
      steps: 7,
      evaluateEvery: 2,
      patience: 0,
    },
  );
  assert.equal(met.groups, ["0@4", "0@5", "0@6", "1@6", "0@7 1@7"]);
});

Together("an interruption ends all runs after the step, evaluated where none ever was, and saved", async () => {
  let asked = 0;
  const score = (n: number): number => n;
  const { outcomes, told } = await toyRuns(
    [{ score }, { score }],
    { steps: 9, evaluateEvery: 9, patience: 0 },
    { interrupted: () => ++asked > 2 },
  );
  assert.equal(
    outcomes.map(({ reason, position }) => [reason, position.step, position.best.step]),
    [
      ["interrupted", 2, 2],
      ["interrupted", 2, 2],
    ],
  );
  assert.equal(
    told.map(({ saved }) => saved.map(({ step }) => step)),
    [[2], [2]],
  );
});

Together("a loss that is not a number ends all, with the others saved and told", async () => {
  const score = (n: number): number => n;
  for (const [evaluateEvery, evaluated] of [
    [2, [[2, 2]]],
    [3, [[3, 3]]],
  ] as const) {
    const { error, told, groups } = await toyRuns(
      [{ score }, { score }, { score }],
      { steps: 9, evaluateEvery, patience: 0 },
      { loss: (run, step) => (run === 1 && step === 3 ? Number.NaN : 1) },
    );
    assert.ok(isFluxionError(error, "ArgumentError"), String(error));
    assert.match(error.message, /NaN at step 3[\s\S]*at +run-1/);
    assert.is(groups.length, 3);
    assert.equal(
      told.map(({ steps }) => steps.length),
      [3, 3, 3],
    );
    assert.equal(
      told.map(({ saved }) => saved.at(-1)?.step),
      [3, evaluateEvery === 2 ? 2 : undefined, 3],
    );
    assert.equal(
      told[2].evaluations.map((one) => [one.step, one.score]),
      evaluated,
    );
  }
});

Together("nothing stays on the device", async () => {
  await collected();
  const before = memory().arrays;
  await toyRuns([{ score: (n) => n }, { score: (n) => -n }], { steps: 4, evaluateEvery: 1, patience: 2 });
  assert.is(memory().arrays, before);
});

// --- Prompts of a small T5.

const STEPS = 20;
const RUNS = [0, 1, 7];
const ids = (seed: number, shape: readonly number[]): Tensor =>
  scope(() => np.astype(random.randint(random.key(seed), shape, 2, 30), "int32"));

Together("prompts together lose as each alone, are evaluated alike, and stop where each stops alone", async () => {
  await init({ backend: "wasm" });
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const method = prompt({ length: 3 });
  // Larger steps enlarge the rounding of the gradients beyond 1e-5 within twenty steps, whose loss here is that of a random model.
  const tx = optim.sgd({ learningRate: 0.002 });
  const options = { gradientNorm: true };
  const [one, several] = [makeTrainStep(config, method, tx, options), makeJointStep(config, method, tx, options)];
  const stateOf = (seed: number) =>
    scope(() => initState(tx, method.init(random.key(seed), config, params), random.key(seed)));
  const told = (): Told => ({ steps: [], evaluations: [], saved: [] });
  type State = ReturnType<typeof stateOf>;
  const partsOf = (run: number, { steps, evaluations, saved }: Told): RunParts<State["tuned"], State["opt"]> => ({
    batchAt: (step) => {
      const seed = 100 * run + step;
      const batch = { inputs: ids(seed, [2, 3 + ((run + step) % 3)]), targets: ids(seed + 50, [2, 2]) };
      return { batch, tokens: seed };
    },
    // The second run never improves.
    evaluate: async (tuned) =>
      found(run === 1 ? -evaluations.length : Math.abs((tuned.prompt as Tensor).dataSync()[0] as number)),
    onStep: (record) => void steps.push(record),
    onEvaluation: async (step, { score }, _, isBest) => void evaluations.push({ step, score, isBest }),
    save: async (_, position) => void saved.push(position),
  });
  const loop: LoopOptions = { steps: STEPS, evaluateEvery: 5, patience: 2 };
  const alone = RUNS.map(told);
  for (const run of RUNS.keys()) {
    const parts = { ...partsOf(run, alone[run]), frozen: params, step: one, interrupted: () => false };
    dispose((await trainLoop(loop, parts, stateOf(RUNS[run]), START)).state);
  }
  const together = RUNS.map(told);
  const shared = {
    frozen: params,
    stepOf: (n: number) => (n === 1 ? one : several),
    padId: 0,
    interrupted: () => false,
  };
  const runTogether = async (heard: readonly Told[]) => {
    const parts = RUNS.map((seed, run) => ({ parts: partsOf(run, heard[run]), state: stateOf(seed), position: START }));
    const outcomes = await trainTogether(loop, shared, parts);
    dispose(outcomes.map(({ state }) => state));
    return outcomes.map(({ reason, position: { step } }) => [reason, step]);
  };
  const outcomes = await runTogether(together);
  for (const run of RUNS.keys()) {
    const [ours, theirs] = [together[run], alone[run]];
    assert.is(ours.steps.length, theirs.steps.length);
    ours.steps.forEach(({ loss, gradientNorm = 0, tokens, step }, i) => {
      const want = theirs.steps[i];
      assert.ok(Math.abs(loss - want.loss) <= 1e-5, `run ${run}, step ${step}: ${loss} ${want.loss}`);
      assert.ok(
        Math.abs(gradientNorm / (want.gradientNorm as number) - 1) <= 1e-3,
        `run ${run}, step ${step}: ${gradientNorm}`,
      );
      assert.equal([step, tokens], [want.step, want.tokens]);
    });
    ours.evaluations.forEach(({ step, score, isBest }, i) => {
      const want = theirs.evaluations[i];
      assert.equal([step, isBest], [want.step, want.isBest]);
      assert.ok(Math.abs(score - want.score) <= 1e-4, `run ${run}, step ${step}: ${score} ${want.score}`);
    });
  }
  assert.equal(outcomes[1], ["no improvement", 15]);
  // Programs keep constants; what is left of the runs would be left twice.
  await collected();
  const kept = memory().arrays;
  await runTogether(RUNS.map(told));
  assert.is(memory().arrays, kept);
  one.dispose();
  several.dispose();
  dispose(params);
});

Together.run();
