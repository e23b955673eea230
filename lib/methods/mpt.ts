/**
 * @file MPT: a prompt that tasks share, multiplied by a low-rank matrix of each.
 *
 * @see Wang et al. 2023, arXiv:2303.02861
 */

import * as t from "io-ts";
import { ArgumentError, ShapeError, TreeError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import { sampledVocabulary } from "../prompt/index.js";
import { checkLength } from "../prompt/initial.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { checkTasks, rowOfTask, rowsByTask } from "./by-task.js";
import { compose } from "./compose.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { INIT_OPTION, type PromptInit, prompt, startPrompt } from "./prompt.js";
import { checkTree, kindOf, type ShapeTree } from "./trees.js";

const WHERE = "methods.mpt";

/** PEFT's deviation of fresh factors. */
const DEVIATION = 0.02;

export interface MptTree {
  /** `P`, `[P, d]`: the shared prompt; with two submodules `[2 P, d]`. */
  readonly prompt: Tensor;
  /** `U`, `[tasks, P, r]`; with two submodules `[tasks, 2 P, r]` */
  readonly taskCols: Tensor;
  /** `V`, `[tasks, r, d]` */
  readonly taskRows: Tensor;
}

/** A trained tree to start from, and what is taken of its factors: their mean, those of one task, or none, so that they are fresh. */
export interface MptSource {
  readonly tuned: MptTree;
  readonly factors: "average" | "fresh" | { readonly task: number };
}

export interface MptOptions {
  /** Vectors `P`. Default 20. */
  readonly length?: number;
  /** The rank `r` of the tasks' matrices. Default 1. */
  readonly rank?: number;
  /** Default 1. */
  readonly tasks?: number;
  /** With 2 there are `2 P` vectors: the second half stands in front of what the decoder reads. Default 1; PEFT's default for T5 is 2. */
  readonly submodules?: 1 | 2;
  /** The values of the shared prompt to start from, `[P, d]`; see `PromptOptions`. Default embeddings of the 5000 most frequent pieces, drawn at random. */
  readonly init?: PromptInit;
  /** What was trained on other tasks, to start from in place of `init`; every task starts from the same factors. */
  readonly source?: MptSource;
}

/** The options that JSON can hold. */
export const MPT_OPTIONS = {
  length: optional(t.number),
  rank: optional(t.number),
  tasks: optional(t.number),
  submodules: optional(t.number as t.Type<1 | 2, number, unknown>),
};

const OPTIONS = { ...MPT_OPTIONS, ...INIT_OPTION, source: optional(t.UnknownRecord as never as t.Type<MptSource>) };

type Settings = Required<Omit<MptOptions, "init" | "source">>;

/** The vectors of the shared prompt. */
const vectorsOf = ({ length, submodules }: Settings): number => length * submodules;

const shapesOf = (settings: Settings, { dModel }: T5Config): ShapeTree => {
  const { rank, tasks } = settings;
  return {
    prompt: [vectorsOf(settings), dModel],
    taskCols: [tasks, vectorsOf(settings), rank],
    taskRows: [tasks, rank, dModel],
  };
};

/** The prompts of all tasks, `[tasks, P, d]`. */
const tableOf = ({ prompt, taskCols, taskRows }: MptTree): Tensor => np.multiply(prompt, np.matmul(taskCols, taskRows));

/** A prompt, `[..., P, d]`, as the parts that stand in front of what the encoder and the decoder read. */
const placed = (prompt: Tensor, { length, submodules }: Settings): { prefix: Tensor; decoderPrefix?: Tensor } => {
  if (submodules === 1) return { prefix: prompt };
  const [prefix, decoderPrefix] = np.split(prompt, [length], -2);
  return { prefix, decoderPrefix };
};

const freshFactors = (key: Tensor, settings: Settings, width: number) => {
  const { rank, tasks } = settings;
  const [first, second] = random.subkeys(key);
  const draw = (own: Tensor, shape: readonly number[]): Tensor => np.multiply(DEVIATION, random.normal(own, shape));
  return { taskCols: draw(first, [tasks, vectorsOf(settings), rank]), taskRows: draw(second, [tasks, rank, width]) };
};

/** What is taken of one source of factors, `[sourceTasks, ...]` to `[tasks, ...]`. */
const taken = (x: Tensor, factors: MptSource["factors"], tasks: number): Tensor => {
  const one = typeof factors === "object" ? np.get(x, factors.task) : np.mean(x, { axis: 0 });
  return np.tile(one, [tasks, 1, 1]);
};

/** @throws {ArgumentError} for a rank or a number of submodules that is out of range */
const checkCounts = ({ rank, submodules }: Settings): void => {
  const fail = (what: string, expected: string, got: number): never => {
    throw new ArgumentError({ where: WHERE, what, expected, got: String(got) });
  };
  if (!(Number.isInteger(rank) && rank > 0)) fail("the rank is not a whole number above 0", "1, 2, …", rank);
  if (submodules !== 1 && submodules !== 2) fail("there are not so many submodules", "1 or 2", submodules);
};

/** @throws {TreeError} {ShapeError} {ArgumentError} for a source of another kind, size or task */
const checkSource = ({ tuned, factors }: MptSource, settings: Settings, config: T5Config): void => {
  const { rank } = settings;
  const sources = (tuned as Partial<MptTree> | undefined)?.taskCols;
  if (!isTensor(sources) || sources.ndim !== 3) {
    const [what, expected] = ["the source is not a trained tree of MPT", "{ prompt, taskCols, taskRows }"];
    throw new TreeError({ where: WHERE, what, expected, got: kindOf(tuned), at: "source.tuned" });
  }
  const [tasks, , own] = sources.shape;
  checkTree(WHERE, shapesOf({ ...settings, rank: own, tasks }, config), tuned, "source.tuned");
  if (factors === "fresh") return;
  if (own !== rank) {
    const what = "the factors of the source have another rank";
    throw new ShapeError({ where: WHERE, what, expected: `rank ${rank}`, got: `rank ${own}`, at: "source.tuned" });
  }
  const isTask = (task: unknown): boolean => Number.isInteger(task) && Number(task) >= 0 && Number(task) < tasks;
  if (factors === "average" || (typeof factors === "object" && isTask(factors?.task))) return;
  const expected = `average, fresh, or { task } from 0 to ${tasks - 1}`;
  const [what, got] = ["there are no such factors in the source", JSON.stringify(factors)];
  throw new ArgumentError({ where: WHERE, what, expected, got, at: "source.factors" });
};

/** A tree that begins with what was trained on other tasks. */
const fromSource = (key: Tensor, { tuned, factors }: MptSource, settings: Settings, width: number): MptTree => {
  const { tasks } = settings;
  const own =
    factors === "fresh"
      ? freshFactors(key, settings, width)
      : { taskCols: taken(tuned.taskCols, factors, tasks), taskRows: taken(tuned.taskRows, factors, tasks) };
  return { prompt: np.copy(tuned.prompt), ...own };
};

/**
 * Multi-task prompt tuning: the prompt of task `t` is `P ⊙ (U_t V_t)`, with `P` `[P, d]` shared, `U_t` `[P, r]`, `V_t` `[r, d]`. Each row of a batch has the
 * prompt of its task, `batch.tasks`. The prompt of one task is an ordinary one, or with two submodules two of them: `fold`.
 *
 * - start: `U` and `V` normal with deviation 0.02, as in PEFT, so that the prompts are small; or of a `source`
 * - trained values: `P d`, and `r (P + d)` for each task
 *
 * @throws {ArgumentError} for options out of range, and (in `apply`, `fold`) for several tasks without a choice; {ShapeError} (in `init`) for a prompt of another
 * length or width or a source of another rank; {TreeError}, {ShapeError} (in `apply`, `fold`) for a tree of other settings or of another model
 * @see Wang et al. 2023, arXiv:2303.02861
 * @example
 * const many = methods.mpt({ length: 20, tasks: 3 });
 * const one = methods.mpt({ length: 20, source: { tuned, factors: "average" } }); // for a new task
 */
export const mpt = makesMethod("methods.mpt(options)", (options: MptOptions = {}): Method<MptTree> => {
  const given = readOptions(WHERE, OPTIONS, options);
  const { length = 20, rank = 1, tasks = 1, submodules = 1, init = sampledVocabulary, source } = given;
  const settings: Settings = { length, rank, tasks, submodules };
  checkLength(WHERE, length);
  checkTasks(WHERE, tasks);
  checkCounts(settings);
  const table = (config: T5Config, tuned: MptTree): Tensor => {
    checkTree(WHERE, shapesOf(settings, config), tuned);
    return tableOf(tuned);
  };
  return {
    settings: { name: "mpt", ...settings },
    tasks,
    init: (key, config, frozen) => {
      const [forPrompt, forFactors] = random.subkeys(key);
      if (source !== undefined) {
        checkSource(source, settings, config);
        return fromSource(forFactors, source, settings, config.dModel);
      }
      const shared = startPrompt(WHERE, init, forPrompt, config, frozen, vectorsOf(settings));
      return { prompt: shared, ...freshFactors(forFactors, settings, config.dModel) };
    },
    apply: (config, frozen, tuned, batch) => ({
      params: frozen,
      ...placed(rowsByTask(WHERE, table(config, tuned), batch), settings),
    }),
    fold: (config, _frozen, tuned, task) => {
      const { prefix, decoderPrefix } = placed(rowOfTask(WHERE, table(config, tuned), task), settings);
      const encoder = { method: prompt({ length }) as Method, tuned: { prompt: prefix } };
      if (decoderPrefix === undefined) return encoder;
      return {
        method: compose({
          encoder: encoder.method,
          decoder: prompt({ length, position: "decoder" }) as Method,
        }) as Method,
        tuned: { encoder: encoder.tuned, decoder: { prompt: decoderPrefix } },
      };
    },
  };
});
