/**
 * A small new T5 learns from sentences by span corruption, and then a soft prompt is tuned for it, with its weights frozen, so that it says what a person or an animal has. The prompt is
 * tuned on half of those whom the text speaks of and evaluated on the others: what is right about them, the model knows from the text. A guess among the three things is
 * right in 33 % of the cases, and the model without the prompt in none. 40 steps, the default, teach nothing; 600 take one to five minutes on two cores and reach 100 %:
 * `node --conditions=fluxion-source --import tsx examples/pretrain.ts 600`. A text file behind the steps, with a document a line, is mixed in.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Listener, run, type Summary } from "fluxion/lab";
import { nodeStore } from "fluxion/store";
import { task } from "fluxion/tasks";

const [steps = "40", file] = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
const folder = mkdtempSync(join(tmpdir(), "fluxion-pretrain-"));

const who = "cat dog fish horse bear wolf child man woman doctor teacher driver".split(" ");
const what = ["milk", "rice", "salt"];
/** The thing that a person or an animal has in every sentence. */
const thing = (i: number): string => what[(i + Math.floor(i / 6)) % 3];

/** Documents of sentences about who has what, a line each. */
const madeUp = (): string => {
  const sentence = (n: number): string => `${["the", "a", "my"][n % 3]} ${who[n % 12]} has ${thing(n % 12)}.`;
  const line = (d: number): string =>
    Array.from({ length: 6 }, (_, i) => sentence(d * 31 + i * i * 7 + i * 5)).join(" ");
  const path = join(folder, "text.txt");
  writeFileSync(path, Array.from({ length: 400 }, (_, d) => `${line(d)}\n`).join(""));
  return path;
};

const listener: Listener = {
  evaluation: (step, { loss }) => console.log(`step ${step}, loss of held-out text ${loss.toFixed(2)}`),
};

// A T5 of two layers; the vocabulary is that of the model which comes with the package.
const learned = (await run(
  {
    method: "full",
    objective: {
      name: "pretraining",
      kind: { name: "span-corruption", meanNoiseSpanLength: 1 },
      corpus: file === undefined ? [madeUp()] : [madeUp(), file].map((path) => ({ path, weight: 1 })),
      heldOut: 0.05,
      validationRows: 16,
      start: { name: "scratch", dModel: 64, dKv: 16, dFf: 128, numHeads: 4, numLayers: 2 },
    },
    optimizer: { name: "adafactor", learningRate: 0.05, weightDecay: 0, parameterScale: true },
    lengths: { input: 32 },
    batch: { examples: 32 },
    steps: Number(steps),
    evaluation: { every: Math.ceil(Number(steps) / 4) },
    stop: { patience: 0 },
  },
  { store: nodeStore(join(folder, "run")), listener },
)) as Summary;
console.log(`loss after pre-training: ${learned.validationLoss.toFixed(2)} (expected at most 3)`);

// The model is a folder in Hugging Face's layout. Its answers begin with a sentinel, as in the text.
const rowsOf = (chosen: (i: number) => boolean) =>
  who.flatMap((name, i) =>
    chosen(i) ? ["the", "a", "my"].map((a) => ({ text: `${a} ${name} has`, label: thing(i) })) : [],
  );
const columns = { input: "text", target: "label", labels: what } as const;
const has = task({ name: "has", ...columns, train: rowsOf((i) => i < 6), validation: rowsOf((i) => i >= 6) });
const tuned = (await run(
  {
    ...{ model: join(folder, "run", "best"), train: "has", objective: { name: "task", sentinel: true } as const },
    ...{ method: { name: "prompt", length: 16 } as const, batch: { examples: 18 }, steps: Number(steps) / 5 },
  },
  { store: nodeStore(join(folder, "prompt")), tasks: [has] },
)) as Summary;
console.log(`numbers of the prompt: ${tuned.counts.tuned} (expected 1024)`);
const claim = Number(steps) < 600 ? "" : " (expected at least 80 %)";
console.log(`accuracy without the prompt ${tuned.untuned.accuracy.toFixed(1)} %, of guesses 33.3 %`);
console.log(`accuracy with the prompt: ${tuned.tuned.accuracy.toFixed(1)} %${claim}`);
rmSync(folder, { recursive: true });
