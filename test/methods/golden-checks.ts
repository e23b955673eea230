/** @file What methods make of the golden cases against the numbers of PEFT and transformers, with the tolerances of their README. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../lib/core/aval.js";
import { generate } from "../../lib/t5/generate.js";
import * as t5 from "../../lib/t5/model.js";
import { assertNear, type GoldenTensor, type Host } from "../helpers/golden.js";
import type { GoldenFiles } from "../helpers/golden-file.js";
import { onModels } from "../t5/golden-checks.js";
import { batchOf, checkInputs, type Model as T5 } from "../t5/golden-results.js";
import {
  type Case,
  type CaseJson,
  checkConfig,
  methodOf,
  openCase,
  type Sequences,
  type ShortDigest,
  type Training,
} from "./golden-cases.js";
import {
  type Greedy,
  greedyOf,
  type Measured,
  measure,
  type Optimizer,
  programsOf,
  type Run,
  realRows,
  type Setting,
} from "./golden-results.js";
import { placeOf, turned } from "./peft-names.js";

/** The README's bounds. */
const LOSS = { abs: 1e-5, rel: 0 };
const LOGIT = 1e-4;
const GRADIENT = 5e-5;
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

const checkLogits = (got: Host, want: CaseJson["forward"]["logits"]): void => {
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
const checkSequences = (what: string, tokens: Greedy["tokens"], { shape, data }: GoldenTensor): void => {
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

/** Asserts names, shapes and counts of what is trained. */
const checkTensors = (got: Measured, { json, start, name }: Case): void => {
  const named = start ?? Object.fromEntries(Object.keys(json.gradients ?? {}).map((n) => [n, { shape: [], data: [] }]));
  const paths = Object.entries(named).map(([n, x]) => placeOf(n, x.shape).path.join(" "));
  assert.equal(paths.sort(), Object.keys(got.shapes).sort(), "names of what is trained");
  let unused = 0;
  for (const [n, x] of Object.entries(start ?? {})) {
    const all = turned(placeOf(n, x.shape), x).shape;
    // PEFT by default makes rows for two submodules, of which T5 uses the first half.
    const shape = name.endsWith("submodules2") ? [all[0] / 2, all[1]] : all;
    unused += sizeOf(all) - sizeOf(shape);
    assert.equal(got.shapes[placeOf(n, x.shape).path.join(" ")], shape, `${n}: shape`);
  }
  if (name.startsWith("ptuning")) {
    assert.equal([json.parameters, json.adapter_holds_all_trainable], ["parameters.safetensors", false]);
    return;
  }
  const where = name === "model-tuning" ? [undefined, undefined] : ["adapter/adapter_model.safetensors", true];
  assert.equal([json.parameters, json.adapter_holds_all_trainable], where);
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

const checkRun = (what: string, got: Run, want: Training, { trained }: Case): void => {
  const abs = tenfold(want.losses_float32_minus_float64);
  assertNear(`${what}: losses`, got.losses, want.losses_float64, { abs, rel: 0 });
  assertNear(`${what}: losses in float32`, got.losses, want.losses, { abs: 1.1 * abs, rel: 0 });
  const each = tenfold(want.final_float32_minus_float64);
  if (typeof want.final !== "string") {
    assert.equal(Object.keys(got.final).sort(), Object.keys(want.final).sort(), `${what}: names`);
    for (const [name, digest] of Object.entries(want.final))
      assertDigest(`${what}: ${name}`, got.final[name], digest, each);
    return;
  }
  assert.is(want.final, "trained/adapter_model.safetensors");
  for (const [name, x] of Object.entries(trained ?? {})) {
    assert.equal(got.final[name].shape, x.shape, `${what}: ${name}`);
    assertNear(`${what}: ${name}`, got.final[name].data, x.data, { abs: each, rel: 0 });
  }
};

/** Asserts that what was measured is what a case says. */
export const checkCase = (got: Measured, c: Case): void => {
  const { json } = c;
  assert.equal([json.base, json.name], [c.model, c.name]);
  checkConfig(c);
  checkTensors(got, c);
  assertNear("loss", [got.loss], [json.forward.loss], LOSS);
  checkLogits(got.logits, json.forward.logits);
  checkGradients(got, c);
  checkGreedy("greedy before training", got.before, json.greedy.before_training);
  if (got.after !== undefined) checkGreedy("greedy after AdamW", got.after, json.greedy.after_adamw);
  checkMerged(got, json);
  const { adamw, sgd } = json.training;
  if (adamw.loss_of_saved_adapter !== undefined) {
    assertNear("loss of the saved adapter", [got.lossOfSaved as number], [adamw.loss_of_saved_adapter], LOSS);
  }
  for (const [name, run] of Object.entries(got.runs)) {
    checkRun(name, run, json.training[name as Optimizer] as Training, c);
  }
  assert.not.ok(sgd.nesterov || sgd.weight_decay !== 0, "sgd is plain momentum");
};

interface BatchJson {
  readonly inputs: {
    readonly input_ids: GoldenTensor;
    readonly attention_mask: GoldenTensor;
    readonly labels: GoldenTensor;
  };
  readonly loss: number;
  readonly logits: CaseJson["forward"]["logits"];
  readonly greedy: { readonly max_new_tokens: number; readonly sequences: GoldenTensor };
}

/** The cases of one method by their names, of which the first is the one that is tried where not all are. */
export const CASES: Readonly<Record<string, readonly string[]>> = {
  prompt: [
    "prompt-random-submodules2",
    "prompt-random",
    "prompt-sample",
    "prompt-text",
    "prompt-text-submodules2",
    "ptuning-mlp",
    "ptuning-lstm",
    "ptuning-lstm-submodules2",
  ],
  lora: ["lora-patterns", "lora", "lora-all-linear", "lora-feed-forward", "lora-regex", "lora-rslora"],
  dora: ["dora-feed-forward", "dora"],
  ia3: ["ia3", "ia3-wi"],
  "norm scales": ["ln-tuning"],
  "all weights": ["model-tuning"],
};

/** The optimizers that are tried on a case and a runtime; undefined where the case is not tried at all. */
export type Wanted = (model: string, label: string, name: string) => readonly Optimizer[] | undefined;

/** Without a gate there is no second kernel that could be scaled. */
const isThere = (model: string, name: string): boolean => name !== "ia3-wi" || model === "t5-tiny";

/** Runs a check; what it throws says of which case. */
const named = (name: string, f: () => void): void => {
  try {
    f();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
};

/** The model and batch of a golden test. */
const settingOf = (files: GoldenFiles, root: string, { config, params }: T5, model: string): [Setting, BatchJson] => {
  const golden = files.open<BatchJson>(root, `methods/${model}/batch.json`);
  const real = golden.inputs.labels.data.map((id) => id !== -100);
  return [{ config, params, batch: batchOf(golden.inputs), real }, golden];
};

/** The programs of each method, which cases of the same settings share. */
const programsByMethod = (config: Setting["config"]) => {
  const made = new Map<string, ReturnType<typeof programsOf>>();
  return {
    of: (c: Case): ReturnType<typeof programsOf> => {
      const method = methodOf(c);
      const key = JSON.stringify(method.settings);
      const programs = made.get(key) ?? programsOf(config, method, c.json.greedy.max_new_tokens);
      made.set(key, programs);
      return programs;
    },
    [Symbol.dispose]: () => {
      for (const programs of made.values()) programs[Symbol.dispose]();
    },
  };
};

/** Adds the checks of both models on every runtime of these labels; a test for each method. */
export const agreesWithPeft = (suite: Test, files: GoldenFiles, labels: readonly string[], wanted: Wanted): void => {
  for (const label of labels) {
    onModels(suite, [label], (check, model) => {
      for (const [title, names] of Object.entries(CASES)) {
        const mine = names.filter((name) => isThere(model, name) && wanted(model, label, name) !== undefined);
        if (mine.length === 0) continue;
        check(title, (t5Model, root) => {
          const [setting] = settingOf(files, root, t5Model, model);
          using programs = programsByMethod(setting.config);
          for (const name of mine) {
            const c = openCase(files, root, model, name);
            const asked = name.startsWith("ptuning") ? [] : (wanted(model, label, name) ?? []);
            const optimizers = asked.filter((o) => c.json.training[o] !== undefined);
            const got = measure(setting, c, programs.of(c), optimizers);
            named(name, () => checkCase(got, c));
          }
        });
      }
    });
  }
};

/** Adds the check of the frozen models, which all methods start from. */
export const frozenAgrees = (suite: Test, files: GoldenFiles, labels: readonly string[]): void =>
  onModels(suite, labels, (check, model) =>
    check("the frozen model", (t5Model, root) => {
      const [setting, golden] = settingOf(files, root, t5Model, model);
      const { config, params, batch, real } = setting;
      checkInputs(golden.inputs);
      assertNear("loss", [t5.loss(config)(params, batch).item()], [golden.loss], LOSS);
      checkLogits(realRows(t5.logits(config, params, batch), real), golden.logits);
      using decode = generate(config, { maxLength: golden.greedy.max_new_tokens });
      checkSequences("greedy", greedyOf(setting, params, decode).tokens, golden.greedy.sequences);
    }),
  );
