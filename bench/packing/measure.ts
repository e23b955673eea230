/**
 * @file What packing saves: `measure.ts TASK ROUNDS` trains all weights of a small T5 on a task's training examples, in batches of about as many ids each, and
 * prints a JSON line for each way to make them.
 *
 * The tokens of a second are those of an epoch over the seconds of the processor that its steps take on one thread, which count no other programs; each shape
 * has its least time of some rounds.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { longestOf } from "../../lib/data/batch.js";
import {
  bucketLengths,
  makeBatch,
  makePackedBatch,
  packedBatchRows,
  packedLengths,
  packedRow,
  type TokenBatch,
  type Tokens,
  tokenBatchRows,
  tokenize,
} from "../../lib/data/index.js";
import { dispose, init, np, optim, random, t5 } from "../../lib/index.js";
import { full } from "../../lib/methods/index.js";
import { streamExamples, taskOf } from "../../lib/tasks/index.js";
import { loadTokenizer } from "../../lib/tokenizer/index.js";
import { initState, makeTrainStep } from "../../lib/train/index.js";

const [name, rounds] = process.argv.slice(2) as [string, string];
/** Ids of a batch, padding included, as far as whole rows come to it. */
const BATCH = 4096;
/** The longest input. */
const INPUTS = 512;
/** Inputs of a short packed row, unless the longest input is longer. */
const SHORT = 128;
/** The longest target. */
const TARGETS = 64;
/** Examples that are read at most. */
const EXAMPLES = 2000;

const shared = (path: string, own: string): string => {
  const there = fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
  return existsSync(there) ? there : fileURLToPath(new URL(`../../assets/${own}`, import.meta.url));
};

const read = async (): Promise<{ readonly tokens: Tokens[]; readonly vocabSize: number }> => {
  const tokenizer = await loadTokenizer(shared("t5/sentencepiece.model", "t5-nano/spiece.model"));
  const task = taskOf(name);
  const examples = [];
  for await (const example of streamExamples(task, "train", shared("superglue", "superglue-mini"))) {
    examples.push(example);
    if (examples.length === EXAMPLES) break;
  }
  const how = { inputLength: INPUTS, targetLength: TARGETS, ...(task.prefix !== undefined && { name: task.prefix }) };
  return { tokens: tokenize(examples, tokenizer, how), vocabSize: tokenizer.vocabSize };
};

interface Padded extends TokenBatch {
  readonly inputsSegments?: Int32Array;
  readonly targetsSegments?: Int32Array;
}
const { tokens, vocabSize } = await read();
const longest = longestOf(tokens.map(({ targets }) => targets));
const rowsOf = (length: number): number => Math.max(1, Math.floor(BATCH / length));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);

/** The batches of an epoch whose rows have as many buckets of length. */
const padded = (buckets: readonly number[]): Padded[] => {
  const groups = tokens.map(({ inputs }) => buckets.findIndex((length) => length >= inputs.length));
  const rowsAt = tokenBatchRows(
    groups,
    buckets.map((length) => rowsOf(length + longest)),
    0,
  );
  const batches: Padded[] = [];
  for (let count = 0; count < tokens.length; count += (batches.at(-1) as Padded).size) {
    batches.push(makeBatch(tokens, rowsAt(batches.length).rows, buckets, longest));
  }
  return batches;
};
/** The batches of an epoch of rows that are packed into so many ids of inputs. */
const packed = (length: number): Padded[] => {
  const lengths = packedLengths(tokens, length);
  const sizes = tokens.map(({ inputs, targets }) => [inputs.length, targets.length]);
  const rowsAt = packedBatchRows(sizes, [length, lengths.targets], rowsOf(length + lengths.targets), 0);
  const batches: Padded[] = [];
  for (let count = 0; count < tokens.length; ) {
    const groups = rowsAt(batches.length);
    count += groups.flat().length;
    const rows = groups.map((group) =>
      packedRow(
        group.map((i) => tokens[i]),
        ["inputs", "targets"],
      ),
    );
    batches.push(makePackedBatch(rows, lengths));
  }
  return batches;
};

const WAYS: Readonly<Record<string, readonly Padded[]>> = {
  "rows of one length": padded([INPUTS]),
  "rows of like length": padded(
    bucketLengths(
      tokens.map(({ inputs }) => inputs.length),
      4,
      INPUTS,
    ),
  ),
  "packed rows": packed(INPUTS),
  "packed rows, short": packed(Math.max(SHORT, Math.ceil(longestOf(tokens.map(({ inputs }) => inputs)) / 8) * 8)),
};

await init({ backend: "wasm", executor: "onnx", threads: 1 });
const config: t5.T5Config = {
  ...t5.configs["t5-1.1-small"],
  ...{ vocabSize: Math.ceil(vocabSize / 128) * 128, dModel: 128, dKv: 32, dFf: 256, numHeads: 4 },
  ...{ numLayers: 2, numDecoderLayers: 2 },
};
const params = t5.init(config, random.key(0));
const method = full();
const tx = optim.adafactor({ learningRate: 1e-3 });
const step = makeTrainStep(config, method, tx, { normalize: "none", zLoss: 1e-4 });
let state = initState(tx, method.init(random.key(1), config, params), random.key(2));

const arrays = (batch: Padded): t5.Batch => {
  const { inputs, targets, inputsSegments, targetsSegments, size, inputLength, targetLength } = batch;
  const [wide, narrow] = [{ shape: [size, inputLength] }, { shape: [size, targetLength] }];
  return {
    ...{ inputs: np.array(inputs, wide), targets: np.array(targets, narrow) },
    ...(inputsSegments && { inputsSegments: np.array(inputsSegments, wide) }),
    ...(targetsSegments && { targetsSegments: np.array(targetsSegments, narrow) }),
  };
};
const timed = (padded: Padded): number => {
  const batch = arrays(padded);
  const began = process.cpuUsage();
  const result = step(params, state, batch);
  result.loss.item();
  const { user, system } = process.cpuUsage(began);
  dispose([batch, result.loss]);
  state = result.state;
  return (user + system) / 1000;
};

const shapeOf = (way: string, { size, inputLength }: Padded): string => `${way}: ${size} of ${inputLength}`;
/** A batch of each shape. */
const shapes = new Map(
  Object.entries(WAYS).flatMap(([way, batches]) => batches.map((batch) => [shapeOf(way, batch), batch] as const)),
);
const least = new Map<string, number>();
for (let round = 0; round <= Number(rounds); round++) {
  for (const [shape, batch] of shapes) {
    const ms = timed(batch);
    // The first round compiles.
    if (round > 0) least.set(shape, Math.min(ms, least.get(shape) ?? Number.POSITIVE_INFINITY));
  }
}

for (const [way, batches] of Object.entries(WAYS)) {
  const real = sum(batches.map((batch) => batch.tokens));
  const all = sum(batches.map(({ size, inputLength, targetLength }) => size * (inputLength + targetLength)));
  const ms = sum(batches.map((batch) => least.get(shapeOf(way, batch)) as number));
  const line = { bench: "packing", task: name, way, examples: tokens.length, steps: batches.length };
  const numbers = { filled: Number((real / all).toFixed(3)), tokensPerSecond: Math.round((real / ms) * 1000) };
  console.log(JSON.stringify({ ...line, ...numbers }));
}
