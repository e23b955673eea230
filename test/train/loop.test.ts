import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { isFluxionError } from "../../lib/core/errors.js";
import type { HostArray } from "../../lib/core/host.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { memory } from "../../lib/index.js";
import type { HostTree } from "../../lib/methods/trees.js";
import * as np from "../../lib/np/index.js";
import { trainLoop } from "../../lib/train/loop.js";
import type { Best, LoopOptions, Position, StepRecord } from "../../lib/train/progress.js";
import type { TrainState, TrainStep } from "../../lib/train/state.js";
import { collected } from "../helpers/collected.js";
import { found, START } from "./fakes.js";

const Loop = suite("train/loop");
Loop.before(() => init({ backend: "reference" }));

type Opt = Record<string, never>;

/** A tree as no method has it. */
interface Toy {
  readonly here: { readonly there: Tensor };
}

/** A state whose tree is `[[step]]`; with an average, that is `[[-step]]`. */
const stateAt = (step: number, averaged = false): TrainState<Toy, Opt> => ({
  tuned: { here: { there: np.array([[step]]) } },
  ...(averaged && { average: { here: { there: np.array([[-step]]) } } }),
  opt: {},
  step: np.scalar(step, "int32"),
  key: np.array(new Uint32Array([0, 0])),
});

/** The model is how many steps were done; the loss at step n is `losses(n)`. */
const fakeStep = (losses: (step: number) => number): TrainStep<Toy, Opt> =>
  ((_: unknown, state: TrainState<Toy, Opt>) => {
    const next = state.step.item() + 1;
    const averaged = state.average !== undefined;
    dispose(state);
    return { state: stateAt(next, averaged), loss: np.scalar(losses(next)) };
  }) as unknown as TrainStep<Toy, Opt>;

/** The number in a tree on the host. */
const numberIn = (tuned: HostTree): number => ((tuned.here as HostTree).there as HostArray).data[0] as number;

interface Told {
  readonly steps: StepRecord[];
  readonly evaluations: { step: number; score: number; evaluated: Best; isBest: boolean }[];
  readonly saved: Position[];
  readonly asked: number[];
  /** The trees that were evaluated. */
  readonly trees: number[];
}

/** Runs the loop; the n-th evaluation gives the n-th score. */
const run = async (
  scores: readonly number[],
  options: Partial<LoopOptions> = {},
  more: { start?: Position; stopAfter?: number; losses?: (step: number) => number; averaged?: boolean } = {},
) => {
  const told: Told = { steps: [], evaluations: [], saved: [], asked: [], trees: [] };
  const start = more.start ?? START;
  let evaluated = 0;
  const outcome = await trainLoop(
    { steps: 100, evaluateEvery: 1, patience: 0, ...options },
    {
      frozen: {} as never,
      step: fakeStep(more.losses ?? ((step) => 10 / step)),
      batchAt: (step) => {
        told.asked.push(step);
        return { batch: { inputs: np.zeros([1, 1]), targets: np.zeros([1, 1]) }, tokens: 100 + step };
      },
      evaluate: async ({ here: { there } }) => {
        told.trees.push(there.item());
        return found(scores[evaluated++] ?? Number.NEGATIVE_INFINITY);
      },
      onStep: (record) => void told.steps.push(record),
      onEvaluation: async (step, { score }, evaluated, isBest) => {
        told.evaluations.push({ step, score, evaluated, isBest });
      },
      save: async (state, position) => {
        assert.is(state.step.item(), position.step, "what is saved is the state of the step");
        told.saved.push(position);
      },
      interrupted: () => more.stopAfter !== undefined && told.steps.length >= more.stopAfter,
    },
    stateAt(start.step, more.averaged),
    start,
  );
  dispose(outcome.state);
  return { ...outcome, told };
};

/** Scores of evaluations, patience -> best step, evaluations since, steps done, reason. */
const TABLE: readonly (readonly [
  readonly number[],
  Partial<LoopOptions>,
  readonly [number, number, number, string],
])[] = [
  [[1, 2, 3], { steps: 3 }, [3, 0, 3, "steps done"]],
  [[3, 2, 1], { steps: 3 }, [1, 2, 3, "steps done"]],
  // Of equal scores the first one stays the best.
  [[5, 5, 5], { steps: 3 }, [1, 2, 3, "steps done"]],
  [[1, 7, 7, 6], { steps: 4 }, [2, 2, 4, "steps done"]],
  // With a patience of 2 the second evaluation without a better score ends the run.
  [[5, 4, 3, 9], { patience: 2 }, [1, 2, 3, "no improvement"]],
  [[5, 4, 6, 5, 5], { patience: 2 }, [3, 2, 5, "no improvement"]],
  [[5, 4], { patience: 1 }, [1, 1, 2, "no improvement"]],
  [[5, 5], { patience: 1 }, [1, 1, 2, "no improvement"]],
  // A patience of 0 never ends one.
  [[5, 4, 3, 2, 1], { steps: 5, patience: 0 }, [1, 4, 5, "steps done"]],
  // Both at once: the steps are done.
  [[5, 4, 3], { steps: 3, patience: 2 }, [1, 2, 3, "steps done"]],
  [[0], { steps: 1 }, [1, 0, 1, "steps done"]],
  [[-5, -6], { steps: 2 }, [1, 1, 2, "steps done"]],
];

Loop("scores decide about the best step, the evaluations since, and the reason to stop", async () => {
  for (const [scores, options, [bestStep, stale, step, reason]] of TABLE) {
    const { position, reason: got } = await run(scores, options);
    const what = `${scores} ${JSON.stringify(options)}`;
    assert.equal([position.best.step, position.stale, position.step, got], [bestStep, stale, step, reason], what);
    assert.is(position.best.score, scores[bestStep - 1], what);
    assert.equal(position.best.metrics, { accuracy: scores[bestStep - 1] });
    assert.is(position.best.loss, 100 - scores[bestStep - 1]);
    assert.is(numberIn(position.best.tuned), bestStep, `${what}: the tree of the best step`);
    assert.equal(position.best.tuned, {
      here: { there: { shape: [1, 1], dtype: "float32", data: new Float32Array([bestStep]) } },
    });
  }
});

Loop("the average is what is evaluated and kept, where the state has one", async () => {
  const plain = await run([1, 3, 2], { steps: 3 });
  assert.equal(plain.told.trees, [1, 2, 3]);
  const { told, position } = await run([1, 3, 2], { steps: 3 }, { averaged: true });
  assert.equal(told.trees, [-1, -2, -3]);
  assert.is(numberIn(position.best.tuned), -2);
});

Loop("evaluations come every so many steps, and after the last one", async () => {
  const { told } = await run([1, 2, 3, 4], { steps: 7, evaluateEvery: 3 });
  assert.equal(
    told.evaluations.map(({ step, score }) => [step, score]),
    [
      [3, 1],
      [6, 2],
      [7, 3],
    ],
  );
  assert.equal(
    (await run([1, 2, 3], { steps: 6, evaluateEvery: 3 })).told.evaluations.map(({ step }) => step),
    [3, 6],
    "the last step is not evaluated twice",
  );
});

Loop("whoever listens is told of every evaluation with its tree, and whether it is the best so far", async () => {
  const { told, position } = await run([1, 3, 2, 3, 4], { steps: 5 });
  assert.equal(
    told.evaluations.map(({ isBest }) => isBest),
    [true, true, false, false, true],
  );
  told.evaluations.forEach(({ step, score, evaluated }) => {
    assert.equal([evaluated.step, evaluated.score, evaluated.loss], [step, score, 100 - score]);
    assert.equal(evaluated.metrics, { accuracy: score });
    assert.is(numberIn(evaluated.tuned), step);
  });
  assert.is(told.evaluations[4].evaluated, position.best);
});

Loop("every step has its batch, its loss and its tokens", async () => {
  const { told } = await run([1], { steps: 3, evaluateEvery: 3 });
  assert.equal(told.asked, [0, 1, 2]);
  assert.equal(
    told.steps.map(({ step, tokens }) => [step, tokens]),
    [
      [1, 100],
      [2, 101],
      [3, 102],
    ],
  );
  told.steps.forEach(({ loss, seconds }, i) => {
    assert.is(loss, Math.fround(10 / (i + 1)));
    assert.ok(seconds >= 0 && seconds < 60, `${seconds}`);
  });
});

Loop("the seconds of a step are those between its batch and its loss", async () => {
  const { now } = performance;
  let milliseconds = 0;
  performance.now = () => {
    milliseconds += 1250;
    return milliseconds;
  };
  try {
    const { told } = await run([1], { steps: 2, evaluateEvery: 2 });
    assert.equal(
      told.steps.map(({ seconds }) => seconds),
      [1.25, 1.25],
    );
  } finally {
    performance.now = now;
  }
});

Loop("the position is saved after every evaluation and at the end", async () => {
  const { told } = await run([1, 0, 2], { steps: 3 });
  assert.equal(
    told.saved.map(({ step, stale, best }) => [step, stale, best?.step]),
    [
      [1, 0, 1],
      [2, 1, 1],
      [3, 0, 3],
      [3, 0, 3],
    ],
  );
});

Loop("an interruption ends the run after the step, evaluated if no evaluation was made, and saved", async () => {
  const { told, position, reason } = await run([4], { evaluateEvery: 10 }, { stopAfter: 2 });
  assert.is(reason, "interrupted");
  assert.equal([position.step, position.best.step, position.best.score], [2, 2, 4]);
  assert.equal(
    told.saved.map(({ step }) => step),
    [2],
  );
  const later = await run([4, 5, 6], { evaluateEvery: 2 }, { stopAfter: 3 });
  assert.equal([later.position.step, later.position.best.step, later.told.evaluations.length], [3, 2, 1]);
  assert.equal((await run([4], {}, { stopAfter: 0 })).position.step, 0);
});

Loop("a run goes on where it was", async () => {
  const best: Best = {
    step: 2,
    score: 50,
    metrics: { accuracy: 50 },
    loss: 50,
    tuned: { here: { there: { shape: [1, 1], dtype: "float32", data: new Float32Array([2]) } } },
  };
  const start: Position = { step: 4, best, stale: 2 };
  const worse = await run([40, 41, 42], { patience: 3 }, { start });
  assert.equal(
    [worse.position.step, worse.position.stale, worse.position.best, worse.reason],
    [5, 3, best, "no improvement"],
  );
  assert.equal(worse.told.asked, [4]);
  const better = await run([51], { steps: 5, patience: 3 }, { start });
  assert.equal([better.position.step, better.position.stale, better.position.best.step], [5, 0, 5]);
  const over = await run([], { steps: 4 }, { start });
  assert.equal(
    [over.position.step, over.position.best, over.reason, over.told.steps.length],
    [4, best, "steps done", 0],
  );
  const stopped = await run([], { patience: 2 }, { start });
  assert.equal([stopped.position.step, stopped.reason], [4, "no improvement"]);
});

Loop("no steps at all: the tree as it is is evaluated", async () => {
  const { position, told, reason } = await run([33], { steps: 0 });
  assert.equal([position.step, position.best.step, position.best.score, reason], [0, 0, 33, "steps done"]);
  assert.equal(told.saved.length, 1);
});

Loop("a loss that is not a number ends the run with an error that names the step", async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    try {
      await run([1, 2], { steps: 5 }, { losses: (step) => (step === 3 ? bad : 1) });
      assert.unreachable();
    } catch (error) {
      assert.ok(isFluxionError(error, "ArgumentError"), String(error));
      assert.ok(error.message.includes("at step 3") && error.message.includes("learning rate"), error.message);
    }
  }
});

Loop("nothing stays on the device", async () => {
  await collected();
  const before = memory().arrays;
  await run([1, 2, 3], { steps: 3 });
  assert.is(memory().arrays, before);
});

Loop.run();
