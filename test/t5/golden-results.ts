/** @file What the small models make of a golden batch, and whether it is what the golden file says. */
import * as assert from "uvu/assert";
import { flatten, pathsOf } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { tokenLosses } from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import { huggingFaceName } from "../../lib/t5/huggingface-names.js";
import * as t5 from "../../lib/t5/index.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import {
  assertDigest,
  assertNear,
  assertTensor,
  type Digest,
  fromGolden,
  type GoldenTensor,
  gradientTolerance,
  type Host,
  hostOf,
} from "../helpers/golden.js";

export const HIDDEN = { abs: 2e-5, rel: 1e-5 };
export const LOGITS = { abs: 5e-5, rel: 1e-5 };
export const LOSS = { abs: 1e-5, rel: 2e-6 };
const EXACT = { abs: 0, rel: 0 };
/** Sums of some hundred token losses. */
const SUMS = { abs: 1e-4, rel: 2e-6 };

export interface Model {
  readonly config: T5Config;
  readonly params: t5.Params;
}
export interface Inputs {
  readonly input_ids: GoldenTensor;
  readonly attention_mask: GoldenTensor;
  readonly labels: GoldenTensor;
  readonly decoder_input_ids: GoldenTensor;
}
interface LossDetails {
  readonly token_nll: GoldenTensor;
  readonly token_count: number;
  readonly sum_nll: number;
  readonly sum_nll_per_example: readonly number[];
  readonly mean_nll: number;
  readonly "sum_z_loss_1e-4": number;
}

/** A golden file of one forward and backward pass; the parts that only some have are optional. */
export interface PassGolden {
  readonly inputs: Inputs & { readonly prompt?: GoldenTensor };
  readonly full_attention_mask?: GoldenTensor;
  readonly outputs: {
    readonly encoder_last_hidden_state: GoldenTensor;
    readonly logits?: GoldenTensor;
    readonly logits_at_positions?: { readonly positions: readonly number[]; readonly values: GoldenTensor };
    readonly logits_logsumexp?: GoldenTensor;
    readonly logits_argmax?: GoldenTensor;
    readonly loss: number;
  };
  readonly loss_details: LossDetails;
  readonly prompt_grad?: GoldenTensor;
  readonly gradient_digests: Readonly<Record<string, Digest>>;
  readonly full_gradients?: Readonly<Record<string, GoldenTensor>>;
  readonly shared_weight_gradient_rows?: { readonly rows: readonly number[]; readonly values: GoldenTensor };
}

/** Labels mark padding by -100; our targets by 0. */
const targetsOf = (labels: GoldenTensor): number[] => labels.data.map((id) => (id === -100 ? 0 : id));

export const batchOf = (inputs: Pick<Inputs, "input_ids" | "labels">): t5.Batch => ({
  inputs: fromGolden(inputs.input_ids),
  targets: fromGolden({ ...inputs.labels, data: targetsOf(inputs.labels) }),
});

/** Asserts that the mask and the decoder's inputs of a golden batch are those that we make ourselves. */
export const checkInputs = (inputs: Pick<Inputs, "input_ids" | "attention_mask"> & Partial<Inputs>): void => {
  const { input_ids: ids, attention_mask: mask, labels, decoder_input_ids: shifted } = inputs;
  const seen = { shape: ids.shape, data: ids.data.map((id) => Number(id !== 0)) };
  assertTensor("attention mask", seen, mask, EXACT);
  if (labels === undefined || shifted === undefined) return;
  const length = labels.shape[1];
  const targets = targetsOf(labels);
  const moved = { shape: labels.shape, data: targets.map((_, i) => (i % length === 0 ? 0 : targets[i - 1])) };
  assertTensor("decoder inputs", moved, shifted, EXACT);
};

/** Places of `[rows, length, width]` data that belong to padding. */
export const paddingOf = (ids: GoldenTensor, width: number, prompt = 0): ((i: number) => boolean) => {
  const length = ids.shape[1];
  return (i) => {
    const position = Math.floor(i / width) % (length + prompt);
    const row = Math.floor(i / width / (length + prompt));
    return position >= prompt && ids.data[row * length + position - prompt] <= 0;
  };
};

/** Every tensor of a parameter tree in Hugging Face's layout. */
export const byHuggingFaceName = (config: T5Config, tree: unknown): Record<string, Host> => {
  const [leaves, def] = flatten(tree);
  return Object.fromEntries(
    pathsOf(def).map((path, i) => {
      const { names, transposed } = huggingFaceName(path, config.tiedEmbeddings) ?? { names: [""], transposed: false };
      const x = leaves[i] as Tensor;
      return [names[0], hostOf(transposed ? np.transpose(x) : x)];
    }),
  );
};

/** What our model makes of a batch. */
export interface Pass {
  readonly config: T5Config;
  readonly states: Host;
  readonly logits: Host;
  readonly logSumExp: Host;
  readonly argmax: Host;
  /** Of every target token; 0 for padding. */
  readonly nll: Host;
  readonly loss: number;
  /** Sum of the token losses and of 1e-4 times the squares of their normalisers. */
  readonly sumWithZ: number;
  readonly gradients: Readonly<Record<string, Host>>;
}

/** One forward and backward pass, with the prompt where the batch has one. */
export const passOf = (
  { config, params }: Model,
  inputs: Pick<Inputs, "input_ids" | "labels"> & { readonly prompt?: GoldenTensor },
): Pass => {
  const batch = batchOf(inputs);
  const prefix = inputs.prompt === undefined ? undefined : fromGolden(inputs.prompt);
  const options = prefix === undefined ? {} : { prefix };
  const logits = t5.logits(config, params, batch, options);
  const lossOf =
    (how: t5.LossOptions = {}) =>
    (p: t5.Params, b: t5.Batch): Tensor =>
      prefix === undefined ? t5.loss(config, how)(p, b) : t5.promptLoss(config, how)(p, { prompt: prefix }, b);
  using step = jit(valueAndGrad(lossOf()));
  const [loss, grads] = step(params, batch);
  return {
    config,
    states: hostOf(t5.encode(config, params, batch.inputs, options).states),
    logits: hostOf(logits),
    logSumExp: hostOf(np.logsumexp(logits, { axis: -1 })),
    argmax: hostOf(np.argmax(logits, { axis: -1 })),
    nll: hostOf(tokenLosses(logits, batch.targets).loss),
    loss: loss.item(),
    sumWithZ: lossOf({ normalize: "none", zLoss: 1e-4 })(params, batch).item(),
    gradients: byHuggingFaceName(config, grads),
  };
};

const checkLosses = (got: Pass, { inputs: { labels }, outputs, loss_details: want }: PassGolden): void => {
  const isPadding = paddingOf(labels, 1);
  const losses = Array.from(got.nll.data, (x, i) => (isPadding(i) ? 0 : x));
  const length = labels.shape[1];
  const sums = Array.from({ length: labels.shape[0] }, (_, i) =>
    losses.slice(i * length, (i + 1) * length).reduce((a, b) => a + b, 0),
  );
  assertNear("loss", [got.loss, got.loss], [outputs.loss, want.mean_nll], LOSS);
  assertTensor("token losses", { shape: labels.shape, data: losses }, want.token_nll, LOGITS);
  assert.is(labels.data.filter((id) => id !== -100).length, want.token_count, "number of target tokens");
  assertNear("losses of examples", sums, want.sum_nll_per_example, SUMS);
  assertNear("summed loss", [sums.reduce((a, b) => a + b, 0)], [want.sum_nll], SUMS);
  assertNear("summed loss with z-loss", [got.sumWithZ], [want.sum_nll + want["sum_z_loss_1e-4"]], SUMS);
};

const checkGradients = ({ config, gradients }: Pass, golden: PassGolden): void => {
  assert.equal(Object.keys(golden.gradient_digests).sort(), Object.keys(gradients).sort());
  for (const [weight, digest] of Object.entries(golden.gradient_digests)) {
    assertDigest(weight, gradients[weight], digest);
  }
  for (const [weight, full] of Object.entries(golden.full_gradients ?? {})) {
    assertTensor(weight, gradients[weight], full, gradientTolerance(full.data));
  }
  if (golden.shared_weight_gradient_rows === undefined) return;
  const { rows, values } = golden.shared_weight_gradient_rows;
  const whole = gradients["shared.weight"].data;
  const data = rows.flatMap((r) => Array.from(whole).slice(r * config.dModel, (r + 1) * config.dModel));
  assertTensor(
    "rows of shared.weight",
    { shape: [rows.length, config.dModel], data },
    values,
    gradientTolerance(whole),
  );
};

/** Asserts the logits of the positions that the golden has. */
const checkSomeLogits = ({ config, logits, logSumExp, argmax }: Pass, { inputs: { labels }, outputs }: PassGolden) => {
  const skip = paddingOf(labels, 1);
  if (outputs.logits_logsumexp !== undefined)
    assertTensor("logsumexp", logSumExp, outputs.logits_logsumexp, LOGITS, skip);
  if (outputs.logits_argmax !== undefined) assertTensor("argmax", argmax, outputs.logits_argmax, EXACT, skip);
  if (outputs.logits_at_positions === undefined) return;
  const { positions, values } = outputs.logits_at_positions;
  const [rows, length] = labels.shape;
  const width = config.vocabSize;
  const places = Array.from({ length: rows }, (_, row) => positions.map((at) => row * length + at)).flat();
  const data = places.flatMap((place) => Array.from(logits.data).slice(place * width, (place + 1) * width));
  const padded = (i: number): boolean => labels.data[places[Math.floor(i / width)]] <= 0;
  assertTensor("some logits", { shape: [rows, positions.length, width], data }, values, LOGITS, padded);
};

/** Asserts that a pass is the golden one. */
export const checkPass = (got: Pass, golden: PassGolden): void => {
  const { inputs, outputs } = golden;
  checkInputs(inputs);
  const prompt = inputs.prompt?.shape[0] ?? 0;
  if (golden.full_attention_mask !== undefined) {
    const [rows, length] = inputs.input_ids.shape;
    const data = Array.from({ length: rows }, (_, i) => [
      ...Array.from({ length: prompt }, () => 1),
      ...inputs.attention_mask.data.slice(i * length, (i + 1) * length),
    ]).flat();
    assertTensor("mask with the prompt", { shape: [rows, prompt + length], data }, golden.full_attention_mask, EXACT);
  }
  const hidden = paddingOf(inputs.input_ids, got.config.dModel, prompt);
  assertTensor("encoder", got.states, outputs.encoder_last_hidden_state, HIDDEN, hidden);
  const padding = paddingOf(inputs.labels, got.config.vocabSize);
  if (outputs.logits !== undefined) assertTensor("logits", got.logits, outputs.logits, LOGITS, padding);
  checkSomeLogits(got, golden);
  checkLosses(got, golden);
  checkGradients(got, golden);
};
