/** @file Whether what was measured of a method is what its golden case says, with the tolerances of the README. */
import * as assert from "uvu/assert";
import { sizeOf } from "../../lib/core/aval.js";
import { assertNear, type GoldenTensor, type Host } from "../helpers/golden.js";
import {
  type Case,
  type CaseJson,
  checkConfig,
  isApart,
  type Sequences,
  type ShortDigest,
  type Training,
} from "./golden-cases.js";
import type { Greedy, Measured, Optimizer, Run } from "./golden-results.js";
import { placeOf, turned } from "./peft-names.js";

/** The README's bounds. */
export const LOSS = { abs: 1e-5, rel: 0 };
const LOGIT = 1e-4;
const GRADIENT = 5e-5;
/** Parameters after AdamW are bounded by their loss; an entry whose gradient is rounding noise moves by a whole step, here 1e-3 to 0.1. */
const ADAMW = 5e-5;
/** Tokens of all greedy sequences. */
export const MAX_TOKENS = 12;
/** Merged weights are sums and products of a few float32 numbers, none of them above 4. */
const WEIGHT = 2e-6;

/** Asserts that a tensor whose elements are each within `each` has the golden digest: its sums gather the errors of all elements. */
const assertDigest = (what: string, { data }: Host, want: ShortDigest, each: number): void => {
  let [squares, sum, cosdot] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    squares += data[i] ** 2;
    sum += data[i];
    cosdot += data[i] * Math.cos(i);
  }
  const abs = 4 * each * Math.sqrt(data.length);
  const got = [Math.sqrt(squares), sum, cosdot];
  assertNear(`${what}: l2, sum and cosdot`, got, [want.l2, want.sum, want.cosdot], { abs, rel: 1e-7 });
};

export const checkLogits = (got: Host, want: CaseJson["forward"]["logits"]): void => {
  assert.equal(got.shape, want.shape, "logits: shape");
  assertDigest("logits", got, want, LOGIT);
  const all = Array.from(got.data);
  const most = all.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const ends = [...all.slice(0, want.first.length), ...all.slice(-want.last.length)];
  assertNear("logits: largest and ends", [most, ...ends], [want.max_abs, ...want.first, ...want.last], {
    abs: LOGIT,
    rel: 0,
  });
};

/** Asserts that tokens are those of sequences with the start token in front, padded to the longest. */
export const checkSequences = (what: string, tokens: Greedy["tokens"], { shape, data }: GoldenTensor): void => {
  const [rows, length] = shape;
  assert.is(tokens.length, rows, `${what}: rows`);
  assert.is(Math.max(...tokens.map((row) => row.length)), length - 1, `${what}: longest`);
  const ours = tokens.flatMap((row) => Array.from({ length }, (_, i) => [0, ...row][i] ?? 0));
  assert.equal(ours, data, what);
};

/** Asserts greedy sequences, how sure they are, and that reading them at once chooses the same tokens. */
const checkGreedy = (what: string, got: Greedy, want: Sequences): void => {
  checkSequences(what, got.tokens, want.sequences);
  assertNear(`${what}: smallest margin`, [got.smallestMargin], [want.smallest_margin], { abs: 2 * LOGIT, rel: 0 });
  assert.is(got.teacherForced, want.same_as_teacher_forced_argmax, `${what}: read at once`);
};

/** The file that holds the start, and whether the adapter does. */
const sourceOf = (name: string): readonly [file: string | undefined, inAdapter: boolean | undefined] => {
  if (name === "model-tuning") return [undefined, undefined];
  if (!isApart(name)) return ["adapter/adapter_model.safetensors", true];
  return ["parameters.safetensors", /^(ptuning|prefix-peft)/.test(name) ? false : undefined];
};

/** Asserts names, shapes and counts of what is trained. */
const checkTensors = (got: Measured, { json, start, name }: Case): void => {
  const named = start ?? Object.fromEntries(Object.keys(json.gradients ?? {}).map((n) => [n, { shape: [], data: [] }]));
  const pathOf = (n: string, x: Host): string => placeOf(n, x.shape).path.join(" ");
  const paths = Object.entries(named).map(([n, x]) => pathOf(n, x));
  assert.equal([...new Set(paths)].sort(), Object.keys(got.shapes).sort(), "names of what is trained");
  let unused = 0;
  for (const [n, x] of Object.entries(start ?? {})) {
    const place = placeOf(n, x.shape);
    const all = turned(place, x).shape;
    // PEFT by default makes rows for two submodules, of which T5 uses the first half.
    const shape = /^prompt-.*submodules2$/.test(name) ? [all[0] / 2, all[1]] : all;
    unused += sizeOf(all) - sizeOf(shape);
    // Networks for each vector are one array.
    const rows = place.row === undefined ? [] : [paths.filter((path) => path === pathOf(n, x)).length];
    assert.equal(got.shapes[pathOf(n, x)], [...rows, ...shape], `${n}: shape`);
  }
  assert.equal([json.parameters, json.adapter_holds_all_trainable], sourceOf(name));
  assert.is(got.trainable + unused, json.trainable_parameters);
  if (typeof json.tensors === "number") assert.is(paths.length, json.tensors);
  else assert.equal(Object.fromEntries(Object.entries(named).map(([n, x]) => [n, x.shape])), { ...json.tensors });
};

const checkGradients = (got: Measured, { json, gradients }: Case): void => {
  for (const [name, digest] of Object.entries(json.gradients ?? {})) {
    const place = placeOf(name, []);
    const x = turned(place, got.gradients[name]);
    const most = Array.from(x.data).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    assertDigest(`gradient of ${name}`, x, digest, GRADIENT * most);
  }
  for (const [name, x] of Object.entries(gradients ?? {})) {
    const want = turned(placeOf(name, x.shape), x);
    const most = Array.from(want.data).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const own = got.gradients[name];
    assert.equal(own.shape.slice(1), want.shape.slice(1), `gradient of ${name}: shape`);
    assert.is(want.data.length, sizeOf(want.shape), `gradient of ${name}: size`);
    // Rows that T5 does not use have no gradient.
    const all = Array.from({ length: want.data.length }, (_, i) => own.data[i] ?? 0);
    assertNear(`gradient of ${name}`, all, want.data, { abs: GRADIENT * most, rel: 0 });
  }
};

const checkMerged = (got: Measured, { merged: want }: CaseJson): void => {
  assert.is(got.merged === undefined, want === undefined);
  if (want === undefined || got.merged === undefined) return;
  assert.equal(
    Object.keys(got.merged.weights).sort(),
    Object.keys(want.weights).sort(),
    "weights that change when merged",
  );
  for (const [name, digest] of Object.entries(want.weights)) {
    assertDigest(`merged ${name}`, got.merged.weights[name], digest, WEIGHT);
  }
  const { difference } = got.merged;
  assertNear("logits of merged and unmerged", [difference, want.logits_max_abs_difference], [0, 0], {
    abs: LOGIT,
    rel: 0,
  });
};

/** The bound of a training run: ten times what float32 costs the producer, and at least what a loss may be off. */
const tenfold = (floats: number): number => Math.max(10 * floats, 1e-5);

const checkRun = (what: string, got: Run, want: Training, { trained, name: caseName }: Case): void => {
  const abs = tenfold(want.losses_float32_minus_float64);
  assertNear(`${what}: losses`, got.losses, want.losses_float64, { abs, rel: 0 });
  assertNear(`${what}: losses in float32`, got.losses, want.losses, { abs: 1.1 * abs, rel: 0 });
  const each = Math.max(tenfold(want.final_float32_minus_float64), what === "adamw" ? ADAMW : 0);
  if (typeof want.final !== "string") {
    assert.equal(Object.keys(got.final).sort(), Object.keys(want.final).sort(), `${what}: names`);
    for (const [name, digest] of Object.entries(want.final))
      assertDigest(`${what}: ${name}`, got.final[name], digest, each);
    return;
  }
  assert.is(want.final, isApart(caseName) ? "trained.safetensors" : "trained/adapter_model.safetensors");
  for (const [name, x] of Object.entries(trained ?? {})) {
    assert.equal(got.final[name].shape, x.shape, `${what}: ${name}`);
    assertNear(`${what}: ${name}`, got.final[name].data, x.data, { abs: each, rel: 0 });
  }
};

/** Asserts that the optimizers are those that `measure` runs. */
const checkRules = ({ sgd, adafactor }: CaseJson["training"]): void => {
  assert.equal([sgd.nesterov, sgd.weight_decay], [false, 0], "momentum is plain");
  if (adafactor === undefined) return;
  const { beta1, weight_decay, relative_step, factored } = adafactor;
  assert.equal([beta1, weight_decay, relative_step, factored], [null, 0, false, "every tensor of two dims"]);
};

/** Asserts that the prompts of networks are those that PEFT saves, and that they alone have the losses of the networks. */
const checkFolded = ({ folded = [], loss, lossOfSaved }: Measured, { json, results }: Case): void => {
  folded.forEach(([, own], i) => {
    assertNear("loss of what is kept for use", [own], [[loss, lossOfSaved as number][i]], LOSS);
  });
  results?.forEach(({ prompt_embeddings: saved }, i) => {
    const { shape, data } = folded[i][0];
    assert.equal([shape[1], saved.shape[0] % shape[0]], [saved.shape[1], 0], `${json.name}: saved prompt`);
    assertNear("the saved prompt", data, Array.from(saved.data).slice(0, data.length), { abs: 1e-5, rel: 0 });
  });
};

/** Asserts that what was measured is what a case says. */
export const checkMethod = (got: Measured, c: Case): void => {
  const { json } = c;
  assert.equal([json.base, json.name], [c.model, c.name]);
  checkConfig(c);
  checkTensors(got, c);
  assertNear("loss", [got.loss], [json.forward.loss], LOSS);
  checkLogits(got.logits, json.forward.logits);
  checkGradients(got, c);
  assert.is(json.greedy.max_new_tokens, MAX_TOKENS);
  checkGreedy("greedy before training", got.before, json.greedy.before_training);
  if (got.after !== undefined) checkGreedy("greedy after AdamW", got.after, json.greedy.after_adamw);
  checkMerged(got, json);
  checkFolded(got, c);
  const { adamw } = json.training;
  if (adamw.loss_of_saved_adapter !== undefined) {
    assertNear("loss of the saved adapter", [got.lossOfSaved as number], [adamw.loss_of_saved_adapter], LOSS);
  }
  for (const [name, run] of Object.entries(got.runs)) {
    checkRun(name, run, json.training[name as Optimizer] as Training, c);
  }
  checkRules(json.training);
};
