/** @file The methods of the comparison: what each trains, and by which optimizer. */
import {
  compose,
  design,
  full,
  ia3,
  lora,
  type Method,
  multitask,
  norms,
  perLayer,
  prefix,
  prompt,
  pTuning,
  residual,
  weights,
} from "../../lib/methods/index.js";
import type { PromptOptions } from "../../lib/methods/prompt.js";
import { adafactor, type GradientTransformation, multiTransform } from "../../lib/optim/index.js";

/** What a method may start from: it depends on the task. */
export interface Given {
  /** The values a prompt starts from: class labels, then pieces of the vocabulary. */
  readonly start: NonNullable<PromptOptions["init"]>;
  /** Ids of examples with their answers. */
  readonly shown: readonly number[];
}

export type Optimizer = GradientTransformation<unknown>;

export interface MethodRow {
  /** The name in the table. */
  readonly title: string;
  /** Left out for the model as it is. */
  readonly method?: (given: Given) => Method;
  /** Left out where nothing is trained. */
  readonly optimizer?: Optimizer;
  /** The learning rates, for the table. */
  readonly rates: readonly number[];
  /** The tasks of a batch, where they are several: such a method has no score on one. */
  readonly tasks?: number;
}

/** T5X's Adafactor with the paper's settings and another constant rate. */
const adafactorOf = (learningRate: number): Optimizer =>
  adafactor({ learningRate, multiplyByParameterScale: false, weightDecayRate: 1e-5 }) as Optimizer;

const row = (title: string, rate: number, method: Method | ((given: Given) => Method)): MethodRow => ({
  title,
  method: typeof method === "function" ? method : () => method,
  optimizer: adafactorOf(rate),
  rates: [rate],
});

/** A prompt and another method, with a rate for each. */
const withPrompt = (title: string, rates: readonly [number, number], length: number, other: Method): MethodRow => ({
  title,
  method: ({ start }) => compose({ prompt: prompt({ length, init: start }), other }),
  optimizer: multiTransform({ prompt: adafactorOf(rates[0]), other: adafactorOf(rates[1]) }, (path) =>
    path.startsWith("prompt/") ? "prompt" : "other",
  ) as Optimizer,
  rates,
});

const LENGTH = 20;
const OUTPUT = "decoder/logitsDense/kernel";
const TASKS = 3;
const RATES = { prompt: 0.1, layers: 0.1, networks: 0.01, lora: 0.003, scales: 0.01, weights: 0.001 } as const;

/** By the names of the command line, in the order of the table. */
export const ROWS = {
  none: { title: "no tuning", rates: [] },
  design: { title: "prompt design, 4 examples", method: ({ shown }) => design(shown), rates: [] },
  prompt: row(`prompt, ${LENGTH}`, RATES.prompt, ({ start }) => prompt({ length: LENGTH, init: start })),
  "prompt-after": row(`prompt, ${LENGTH}, after the text`, RATES.prompt, ({ start }) =>
    prompt({ length: LENGTH, init: start, position: "after" }),
  ),
  "prompt-decoder": row(`prompt, ${LENGTH}, in the decoder`, RATES.prompt, ({ start }) =>
    prompt({ length: LENGTH, init: start, position: "decoder" }),
  ),
  "p-tuning": row(`P-tuning, ${LENGTH}, MLP`, RATES.networks, pTuning({ length: LENGTH })),
  "p-tuning-lstm": row(`P-tuning, ${LENGTH}, LSTM`, RATES.networks, pTuning({ length: LENGTH, encoder: "lstm" })),
  residual: row(`residual prompt, ${LENGTH}`, RATES.networks, ({ start }) => residual({ length: LENGTH, init: start })),
  "per-layer": row(`prompt of each layer, ${LENGTH}`, RATES.layers, perLayer({ length: LENGTH })),
  prefix: row(`prefix, ${LENGTH}, all attentions`, RATES.networks, prefix({ length: LENGTH })),
  "prefix-encoder": row(
    `prefix, ${LENGTH}, encoder`,
    RATES.networks,
    prefix({ length: LENGTH, attentions: ["encoder"] }),
  ),
  multitask: {
    ...row(`prompts of ${TASKS} tasks, ${LENGTH}`, RATES.prompt, multitask({ length: LENGTH, tasks: TASKS })),
    tasks: TASKS,
  },
  norms: row("norm scales", RATES.scales, norms()),
  ia3: row("IA3", RATES.scales, ia3()),
  lora: row("LoRA, q and v, rank 8", RATES.lora, lora()),
  dora: row("DoRA, q and v, rank 8", RATES.lora, lora({ dora: true })),
  "lora-all": row("LoRA, all kernels, rank 8", RATES.lora, lora({ kernels: "all-linear" })),
  "prompt-lora": withPrompt(`prompt, ${LENGTH}, and LoRA`, [RATES.prompt, RATES.lora], LENGTH, lora()),
  warp: withPrompt("WARP: prompt, 8, and output layer", [RATES.prompt, RATES.weights], 8, weights(OUTPUT)),
  full: row("all weights", RATES.weights, full()),
} as const satisfies Readonly<Record<string, MethodRow>>;
export type RowName = keyof typeof ROWS;
