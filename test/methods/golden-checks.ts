/** @file The golden cases of methods on runtimes by name, a test for each method. */
import type { Test } from "uvu";
import { generate } from "../../lib/t5/generate.js";
import * as t5 from "../../lib/t5/index.js";
import { assertNear, type GoldenTensor } from "../helpers/golden.js";
import type { GoldenFiles } from "../helpers/golden-file.js";
import { onModels } from "../t5/golden-checks.js";
import { batchOf, checkInputs, type Model as T5 } from "../t5/golden-results.js";
import { type Case, type CaseJson, methodOf, openCase } from "./golden-cases.js";
import { checkLogits, checkMethod, checkSequences, LOSS, MAX_TOKENS } from "./golden-compare.js";
import { greedyOf, measure, type Optimizer, programsOf, realRows, type Setting } from "./golden-results.js";

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
  prompt: ["prompt-random-submodules2", "prompt-random", "prompt-sample", "prompt-text", "prompt-text-submodules2"],
  "P-tuning": ["ptuning-lstm-submodules2", "ptuning-lstm", "ptuning-mlp"],
  prefix: ["prefix-all-projection", "prefix-all", "prefix-encoder"],
  "PEFT's prefix": ["prefix-peft-projection", "prefix-peft"],
  "prompts of each layer": ["per-layer-add", "per-layer-replace"],
  "residual prompt": ["residual-separate", "residual-shared", "residual-no-norm"],
  "multi-task prompts": ["multitask-project", "multitask-add", "multitask-concat", "multitask-features"],
  MPT: ["mpt", "mpt-from-average", "mpt-from-shared", "mpt-from-task", "mpt-submodules2"],
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
export const settingOf = (
  files: GoldenFiles,
  root: string,
  { config, params }: T5,
  model: string,
): [Setting, BatchJson] => {
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
      const programs = made.get(key) ?? programsOf(config, method, MAX_TOKENS);
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
            const optimizers = (wanted(model, label, name) ?? []).filter((o) => c.json.training[o] !== undefined);
            const got = measure(setting, c, programs.of(c), optimizers);
            named(name, () => checkMethod(got, c));
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
