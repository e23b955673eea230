/**
 * Tunes a soft prompt for a frozen T5 on a SuperGLUE task (Lester et al. 2021), evaluates it, and writes a run folder.
 *
 * `npm run superglue` needs no other set-up; `npm run superglue -- --help` lists every setting.
 */
import { onInterrupt, runMain } from "../lib/cli/main.js";
import { readInvocation } from "../lib/cli/options.js";
import { Reporter, scoreTable } from "../lib/cli/report.js";
import { stats } from "../lib/index.js";
import { trainLoop } from "../lib/train/loop.js";
import { describeRun, prepare } from "../lib/train/prepare.js";
import { curveOf, type Summary } from "../lib/train/results.js";
import { openRunFolder } from "../lib/train/run-folder.js";
import { learningCurve } from "../lib/viz/index.js";

await runMain(async () => {
  const invocation = await readInvocation(process.argv.slice(2));
  if (invocation === undefined) return;
  const { config, out, resume } = invocation;

  // Everything is loaded and checked before the first file is written.
  const run = await prepare(config);
  console.log(describeRun(run).join("\n"));
  const folder = await openRunFolder(out, config, resume);
  console.log(`executor   ${stats().executor}\nresults    ${folder.dir}\n`);

  const untuned = await run.evaluator(null);
  const start = (resume ? await folder.restoreCheckpoint(run.state) : undefined) ?? {
    state: run.state,
    position: { step: 0, best: undefined, stale: 0 },
  };
  const began = performance.now();
  const reporter = new Reporter(config.steps, start.position.step);
  const interrupted = onInterrupt(() => reporter.line("stopping after this step; press Ctrl-C again to stop at once"));
  const { position, reason } = await trainLoop(
    config,
    {
      frozen: run.frozen,
      step: run.step,
      batchAt: run.batchAt,
      evaluate: (state) => run.evaluator(state.prompt),
      onStep: (record) => {
        reporter.step(record);
        folder.appendMetrics({ ...record });
      },
      onEvaluation: async (step, evaluation, best) => {
        reporter.evaluation(step, evaluation, best !== undefined);
        const { metrics, score, invalid, loss, tokenAccuracy, predictions } = evaluation;
        folder.appendMetrics({ step, evaluation: { ...metrics, score, invalid, loss, tokenAccuracy } });
        if (best !== undefined) await folder.saveBest(best, predictions);
      },
      save: (state, at) => folder.saveCheckpoint(state, at),
      interrupted,
    },
    start.state,
    start.position,
  );
  reporter.stop();
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
  const title = `${config.task}: ${config.promptLength} soft tokens`;
  await folder.saveCurve(learningCurve({ title, ...curveOf(folder.readMetrics(), best) }));
  folder.close();
  const { tuned, majority, seconds } = summary;
  console.log(`\n${scoreTable({ "tuned prompt": tuned, "no prompt": untuned.metrics, "majority class": majority })}\n`);
  console.log(
    `${reason}, ${steps} steps in ${seconds.toFixed(0)} s; the best prompt (step ${best.step}): ${out}/prompt.npy`,
  );
});
