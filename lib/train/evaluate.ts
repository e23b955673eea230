/** @file Asking a model for its answers: decoded greedily, or ranked by likelihood, and scored as the task scores them. */
import { dispose, type Tensor } from "../core/tensor.js";
import { type EvaluationBatch, longestOf } from "../data/batch.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import { generate, type Prefixed } from "../t5/generate.js";
import type { Params, PromptParams } from "../t5/model.js";
import { rank } from "../t5/rank.js";
import type { Answered, Example, Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { breathe, type Evaluation, type Prediction } from "./loop.js";

/** `greedy` decodes a string, which may be no label; `rank` takes the label of highest likelihood. */
export type EvaluationMethod = "greedy" | "rank";

export interface Evaluator {
  /** Evaluates a prompt, or the bare model. Lets timers and signals in between batches; the prompt must live until it is done. */
  (prompt: PromptParams | null): Promise<Evaluation>;
  dispose(): void;
}

interface Parts {
  readonly config: T5Config;
  readonly frozen: Params;
  readonly tokenizer: Tokenizer;
  readonly task: Task;
  readonly examples: readonly Example[];
  readonly batches: readonly EvaluationBatch[];
  readonly method: EvaluationMethod;
  /** Most tokens to decode, EOS included. */
  readonly maxTargetLength: number;
}

/** Answers for one batch of inputs, a string a row. */
interface Answerer {
  (prompt: PromptParams | null, inputs: Tensor): readonly string[];
  dispose(): void;
}

const prefixOf = (prompt: PromptParams | null): Prefixed => (prompt === null ? {} : { prefix: prompt.prompt });

const byGreedy = ({ config, frozen, tokenizer, maxTargetLength }: Parts): Answerer => {
  const decode = generate(config, { maxLength: maxTargetLength });
  const answer = (prompt: PromptParams | null, inputs: Tensor): string[] =>
    decode(frozen, inputs, prefixOf(prompt)).map(([{ tokens }]) =>
      tokenizer.decode(tokens.filter((id) => id !== config.eosId)),
    );
  return Object.assign(answer, { dispose: () => decode.dispose() });
};

const byRank = ({ config, frozen, tokenizer, task }: Parts): Answerer => {
  const score = rank(config);
  const labels = task.labels ?? [];
  const rows = labels.map((label) => [...tokenizer.encode(label), config.eosId]);
  const longest = longestOf(rows);
  const padded = rows.flatMap((row) => [...row, ...new Array<number>(longest - row.length).fill(config.padId)]);
  const answer = (prompt: PromptParams | null, inputs: Tensor): string[] => {
    const candidates = np.array(Int32Array.from(padded), { shape: [rows.length, longest] });
    const scores = score(frozen, inputs, candidates, prefixOf(prompt));
    const best = np.argmax(scores, { axis: 1 });
    const names = Array.from(best.dataSync(), (i) => labels[i]);
    dispose([candidates, scores, best]);
    return names;
  };
  return Object.assign(answer, { dispose: () => score.dispose() });
};

/**
 * An evaluation of one task on fixed batches of examples.
 *
 * Predictions that are not exactly a label count as wrong and are counted in `invalid` (6.6 and 6.8 of T5's rules).
 */
export const makeEvaluator = (parts: Parts): Evaluator => {
  const answer = parts.method === "greedy" ? byGreedy(parts) : byRank(parts);
  const evaluate = async (prompt: PromptParams | null): Promise<Evaluation> => {
    const predictions: Prediction[] = [];
    const answered: Answered[] = [];
    for (const batch of parts.batches) {
      await breathe();
      const inputs = np.array(batch.inputs, { shape: [batch.size, batch.inputLength] });
      const answers = answer(prompt, inputs);
      inputs.dispose();
      batch.rows.forEach((index, row) => {
        const example = parts.examples[index];
        const prediction = answers[row];
        const read = parts.task.read(prediction, example);
        answered.push({ answer: read, example });
        predictions.push({
          id: example.id,
          inputs: example.inputs,
          target: example.targets,
          prediction,
          correct: parts.task.correct(read, example),
        });
      });
    }
    const metrics = Object.fromEntries(
      Object.entries(parts.task.metrics).map(([name, metric]) => [name, metric(answered)]),
    );
    const values = Object.values(metrics);
    return {
      metrics,
      score: values.reduce((a, b) => a + b, 0) / values.length,
      invalid: answered.filter(({ answer }) => parts.task.valid?.(answer) === false).length,
      predictions,
    };
  };
  return Object.assign(evaluate, { dispose: () => answer.dispose() });
};
