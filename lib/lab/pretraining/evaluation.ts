/** @file How well a model predicts the targets of held-out text: loss and token accuracy. */
import { dispose } from "../../core/tensor.js";
import { longestOf, makeBatch, type TokenBatch, type Tokens } from "../../data/batch.js";
import type { Method } from "../../methods/method.js";
import type { T5Config } from "../../t5/config.js";
import type { Params } from "../../t5/model.js";
import { score as scoreTargets } from "../../t5/score.js";
import { openT5 } from "../../train/evaluate.js";
import { breathe } from "../../train/loop.js";
import { batchOf } from "../batches.js";
import type { SuiteEvaluation, SuiteEvaluator } from "../suite.js";

/** What evaluations call the texts. */
const NAME = "corpus";

/** Batches of at most so many ids, all but the last of one size. */
const inBatches = (examples: readonly Tokens[], maxTokens: number, padId: number): readonly TokenBatch[] => {
  const [inputs, targets] = [longestOf(examples.map((e) => e.inputs)), longestOf(examples.map((e) => e.targets))];
  const fitting = Math.max(1, Math.floor(maxTokens / (inputs + targets)));
  const size = Math.ceil(examples.length / Math.ceil(examples.length / fitting));
  return Array.from({ length: Math.ceil(examples.length / size) }, (_, i) => {
    const part = examples.slice(i * size, (i + 1) * size);
    return makeBatch(part, [...part.keys()], [inputs], targets, padId);
  });
};

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

/** The metric of texts: the geometric mean of the probabilities of the target ids, in percent. It is higher exactly where the loss is lower. */
const metricsOf = (loss: number) => ({ likelihood: 100 * Math.exp(-loss) });

/** The metric of a model that knows how often each target id comes, and nothing else. */
export const byFrequency = (examples: readonly Tokens[]) => {
  const counts = new Map<number, number>();
  for (const { targets } of examples) for (const id of targets) counts.set(id, (counts.get(id) ?? 0) + 1);
  const all = sum([...counts.values()]);
  return metricsOf(sum([...counts.values()].map((n) => (n / all) * Math.log(all / n))));
};

/** Evaluates trees of a method on some examples, in batches of at most `maxTokens` ids. The score is higher where the loss is lower. */
export const textEvaluator = (
  config: T5Config,
  frozen: Params,
  method: Method,
  examples: readonly Tokens[],
  maxTokens: number,
): SuiteEvaluator => {
  const score = scoreTargets(config);
  const batches = inBatches(examples, maxTokens, config.padId);
  const tokens = sum(examples.map(({ targets }) => targets.length));
  const evaluate = async (tuned: object | null): Promise<SuiteEvaluation> => {
    const { model, dispose: close } = openT5({ config, params: frozen }, method, tuned);
    let [logLikelihood, correct] = [0, 0];
    try {
      for (const padded of batches) {
        await breathe();
        const { inputs, targets } = batchOf(padded);
        const found = score(model, inputs, targets);
        logLikelihood += sum(found.logLikelihood.dataSync());
        correct += sum(found.correct.dataSync());
        dispose([inputs, targets, found]);
      }
    } finally {
      close();
    }
    const loss = -logLikelihood / tokens;
    const metrics = metricsOf(loss);
    const found = { metrics, score: metrics.likelihood, loss, tokenAccuracy: (100 * correct) / tokens };
    const evaluation = { ...found, invalid: 0, unlabelled: 0, predictions: [] };
    return { ...evaluation, tasks: { [NAME]: evaluation } };
  };
  return Object.assign(evaluate, { dispose: () => score.dispose() });
};
