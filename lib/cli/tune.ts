/** @file One training run: everything loaded, trained, evaluated and written to its folder, with what a terminal shows of it. */
import { stats } from "../compile/init.js";
import { dispose } from "../core/tensor.js";
import { nodeStore } from "../store/node.js";
import { trainLoop } from "../train/loop.js";
import { describeRun, type Prepared, prepare } from "../train/prepare.js";
import { curveOf, type Summary } from "../train/results.js";
import { openRunFolder, type RunFolder } from "../train/run-folder.js";
import { describeMethod } from "../train/run-method.js";
import { learningCurve } from "../viz/index.js";
import type { Invocation } from "./options.js";
import { Reporter, scoreTable, wordsOf } from "./report.js";

/** Trains from where the folder stands until the run ends. */
const train = async (run: Prepared, folder: RunFolder, resume: boolean, interrupted: Interrupted) => {
  const start = (resume ? await folder.restoreCheckpoint(run.state) : undefined) ?? {
    state: run.state,
    position: { step: 0, best: undefined, stale: 0 },
  };
  const reporter = new Reporter(run.config.steps, start.position.step);
  interrupted.onAsked = () => reporter.line("stopping after this step; press Ctrl-C again to stop at once");
  try {
    return await trainLoop(
      run.config,
      {
        frozen: run.frozen,
        step: run.step,
        batchAt: run.batchAt,
        evaluate: run.evaluator,
        onStep: async (record) => {
          reporter.step(record);
          await folder.appendMetrics({ ...record });
        },
        onEvaluation: async (step, evaluation, best) => {
          reporter.evaluation(step, evaluation, best !== undefined);
          const { metrics, score, invalid, loss, tokenAccuracy, predictions } = evaluation;
          await folder.appendMetrics({ step, evaluation: { ...metrics, score, invalid, loss, tokenAccuracy } });
          if (best !== undefined) await folder.saveBest(best, predictions, run.outputs);
        },
        save: (state, at) => folder.saveCheckpoint(state, at),
        interrupted: interrupted.asked,
      },
      start.state,
      start.position,
    );
  } finally {
    // Also after an error, else the cursor stays hidden.
    reporter.stop();
  }
};

/** The state of an interruption: `asked` tells whether the user wants to stop, `onAsked` runs when the user does. */
export interface Interrupted {
  readonly asked: () => boolean;
  onAsked: () => void;
}

/** Frees what a run holds on the device. */
const free = ({ evaluator, step, frozen }: Prepared, state: unknown): void => {
  evaluator.dispose();
  step.dispose();
  dispose([frozen, state]);
};

/** Tells how a run has ended. */
const say = ({ config, out }: Invocation, { tuned, untuned, majority, ...summary }: Summary): void => {
  const { contestants, best } = wordsOf(config);
  const [ours, bare] = contestants;
  console.log(`\n${scoreTable({ [ours]: tuned, [bare]: untuned, "majority class": majority })}\n`);
  const [name, file] = best;
  const { reason, steps, seconds, bestStep } = summary;
  console.log(`${reason}, ${steps} steps in ${seconds.toFixed(0)} s; ${name} (step ${bestStep}): ${out}/${file}`);
};

/** Trains and evaluates an opened run, and writes what it came to. */
const complete = async (
  run: Prepared,
  folder: RunFolder,
  invocation: Invocation,
  interrupted: Interrupted,
): Promise<Summary> => {
  const { config, resume } = invocation;
  const untuned = await run.evaluator(null);
  const began = performance.now();
  const { position, reason, state } = await train(run, folder, resume, interrupted);
  const { best, step: steps } = position;
  const summary: Summary = {
    tuned: best.metrics,
    untuned: untuned.metrics,
    majority: run.majority,
    bestStep: best.step,
    steps,
    seconds: (performance.now() - began) / 1000,
    executor: stats().executor,
    reason,
  };
  await folder.saveSummary(summary);
  const title = `${config.task}: ${describeMethod(config)}`;
  await folder.saveCurve(learningCurve({ title, ...curveOf(await folder.readMetrics(), best) }));
  free(run, state);
  say(invocation, summary);
  return summary;
};

/**
 * Runs one invocation. Everything is loaded and checked before the first file is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const tune = async (invocation: Invocation, interrupted: Interrupted): Promise<Summary> => {
  const { config, out, resume } = invocation;
  const run = await prepare(config);
  console.log(describeRun(run).join("\n"));
  const folder = await openRunFolder(nodeStore(out), config, resume);
  try {
    console.log(`executor   ${stats().executor}\nresults    ${out}\n`);
    return await complete(run, folder, invocation, interrupted);
  } finally {
    await folder.close();
  }
};
