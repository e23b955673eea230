/**
 * A small new T5 learns from a text file by span corruption, and then a soft prompt is tuned for it, with its weights frozen. The text is any file with a
 * document a line; without one, sentences are made up. A few minutes: `node --conditions=fluxion-source --import tsx examples/pretrain.ts FILE 1500`
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Listener, run, type Summary } from "fluxion/lab";
import { nodeStore } from "fluxion/store";
import { task } from "fluxion/tasks";

const [file, steps = "40"] = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
const folder = mkdtempSync(join(tmpdir(), "fluxion-pretrain-"));

/** Documents of sentences about who likes what, a line each. */
const madeUp = (): string => {
  const [who, what] = [["the cat", "my dog", "a bird"], "milk bread fish apples".split(" ")];
  const sentence = (i: number): string => `${who[i % 3]} ${i % 5 < 3 ? "likes" : "hates"} ${what[(7 * i) % 4]}.`;
  const line = (d: number): string => [0, 1, 2, 3, 4, 5].map((i) => sentence(d * 11 + i * i)).join(" ");
  const path = join(folder, "text.txt");
  writeFileSync(path, Array.from({ length: 200 }, (_, d) => `${line(d)}\n`).join(""));
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
      corpus: file ?? madeUp(),
      heldOut: 0.05,
      validationRows: 16,
      start: { name: "scratch", dModel: 64, dKv: 16, dFf: 128, numHeads: 4, numLayers: 2 },
    },
    optimizer: { name: "adafactor", learningRate: 0.05, weightDecay: 0, parameterScale: true },
    lengths: { input: 64 },
    batch: { examples: 16 },
    steps: Number(steps),
    evaluation: { every: Math.ceil(Number(steps) / 4) },
    stop: { patience: 0 },
  },
  { store: nodeStore(join(folder, "run")), listener },
)) as Summary;
console.log(`loss after pre-training: ${learned.validationLoss.toFixed(2)} (expected at most 3)`);

// The model is a folder in Hugging Face's layout. Eight vectors in front of its inputs learn two labels, behind the sentinel that it begins with.
const [no, yes] = ["the cat hates milk", "the cat likes milk"];
const rows = Array.from({ length: 32 }, (_, i) => ({ text: [no, yes][i % 2], label: ["no", "yes"][i % 2] }));
const columns = { input: "text", target: "label" } as const;
const mood = task({ name: "mood", labels: ["no", "yes"], ...columns, train: rows, validation: rows });
const tuned = (await run(
  {
    ...{ model: join(folder, "run", "best"), train: "mood", objective: { name: "task", sentinel: true } as const },
    ...{ method: { name: "prompt", length: 8 } as const, batch: { examples: 8 }, steps: 20 },
    evaluation: { decoding: "rank" },
  },
  { store: nodeStore(join(folder, "prompt")), tasks: [mood] },
)) as Summary;
console.log(`numbers of the prompt: ${tuned.counts.tuned} (expected 512)`);
console.log(`accuracy with the prompt: ${tuned.tuned.accuracy.toFixed(1)} % (expected at least 50 %)`);
rmSync(folder, { recursive: true });
