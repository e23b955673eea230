/** @file What one method reaches on a task, in a process of its own: `score.ts METHOD TASK SEED STEPS` trains t5-nano and prints a line of JSON. */

import { longestOf } from "../../lib/data/batch.js";
import { batchRows, bucketLengths, demonstrations, makeBatch, type Tokens, tokenize } from "../../lib/data/index.js";
import { init, np, prompt, random, stats, type t5 } from "../../lib/index.js";
import { loadT5 } from "../../lib/io/index.js";
import { MINI_DATA, NANO_MODEL } from "../../lib/lab/assets.js";
import { loadTask, taskOf } from "../../lib/tasks/index.js";
import { loadTokenizer } from "../../lib/tokenizer/index.js";
import { initState, makeTrainStep, taskEvaluator, trainLoop } from "../../lib/train/index.js";
import { type MethodRow, ROWS, type RowName } from "./rows.js";

const BATCH = 32;
const LENGTHS = 3;
const EVALUATIONS = 10;
const EXAMPLES_SHOWN = 4;

const [name, taskName, seedText, stepsText] = process.argv.slice(2) as [RowName, string, string, string];
const [seed, steps] = [Number(seedText), Number(stepsText)];
const { title, method: methodOf, optimizer, rates }: MethodRow = ROWS[name];

await init();
const task = taskOf(taskName);
const { train, validation } = await loadTask(task, MINI_DATA);
const tokenizer = await loadTokenizer(NANO_MODEL);
const { config, params: stored } = await loadT5(NANO_MODEL);
const params = np.devicePut(stored, { donate: true }) as t5.Params;

const encode = (text: string): readonly number[] => tokenizer.encode(text);
const method = methodOf?.({
  start: (key, embeddings, length) => prompt.classLabels(key, embeddings, encode, task.labels ?? [], length),
  shown: demonstrations(train, tokenizer, { count: EXAMPLES_SHOWN, seed }),
});
const { evaluate } = taskEvaluator({ config, params }, tokenizer, task, validation, { ...(method && { method }) });

/** The batch of a step. */
const batches = (tokens: readonly Tokens[]) => {
  const lengths = bucketLengths(
    tokens.map(({ inputs }) => inputs.length),
    LENGTHS,
  );
  const longest = longestOf(tokens.map(({ targets }) => targets));
  return (step: number) => {
    const b = makeBatch(tokens, batchRows(tokens.length, BATCH, seed, step), lengths, longest);
    const inputs = np.array(b.inputs, { shape: [b.size, b.inputLength] });
    return { batch: { inputs, targets: np.array(b.targets, { shape: [b.size, b.targetLength] }) }, tokens: b.tokens };
  };
};

/** The best of the evaluations, as the paper reports it. */
const best = async (): Promise<{ readonly score: number; readonly bestStep: number }> => {
  if (method === undefined) return { score: (await evaluate(null)).score, bestStep: 0 };
  const tuned = method.init(random.foldIn(random.key(seed), 1), config, params);
  if (optimizer === undefined) return { score: (await evaluate(tuned)).score, bestStep: 0 };
  const { position } = await trainLoop(
    { steps, evaluateEvery: Math.ceil(steps / EVALUATIONS), patience: 0 },
    {
      frozen: params,
      step: makeTrainStep(config, method, optimizer),
      batchAt: batches(tokenize(train, tokenizer)),
      evaluate,
      onStep: () => undefined,
      onEvaluation: async () => undefined,
      save: async () => undefined,
      interrupted: () => false,
    },
    initState(optimizer, tuned, random.key(seed)),
    { step: 0, best: undefined, stale: 0 },
  );
  return { score: position.best.score, bestStep: position.best.step };
};

const began = performance.now();
const { score, bestStep } = await best();
const seconds = Math.round((performance.now() - began) / 1000);
const about = { executor: stats().executor, batch: BATCH, rates, seconds };
console.log(
  JSON.stringify({
    bench: "methods",
    part: "score",
    method: title,
    task: taskName,
    seed,
    steps,
    score,
    bestStep,
    ...about,
  }),
);
process.exit(0);
