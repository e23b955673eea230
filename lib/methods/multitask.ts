/**
 * @file Multi-task prompts: a prompt that tasks share, combined with one of each.
 *
 * Source: https://github.com/google-research/prompt-tuning, `extended/multitask_prompts.py`.
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import { checkLength } from "../prompt/initial.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { checkTasks, rowOfTask, rowsByTask } from "./by-task.js";
import { checkFrozen } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { prompt } from "./prompt.js";
import { checkTree, type ShapeTree } from "./trees.js";

const WHERE = "methods.multitask";

/** How the part of a task meets the shared one. */
export const MULTITASK_KINDS = ["add", "concat", "features", "project"] as const;
export type MultitaskKind = (typeof MULTITASK_KINDS)[number];

export interface MultitaskOptions {
  /** Default `add`. */
  readonly kind?: MultitaskKind;
  /** How many tasks there are. */
  readonly tasks: number;
  /** Vectors `P` of the shared prompt. Default 20. */
  readonly length?: number;
  /** `concat`: vectors of each task, behind the shared ones. Default `length`. */
  readonly taskLength?: number;
  /** `features`: how many of the `d` features of each vector are the task's; `project`: the width of the shared prompt. Default a quarter of `d`. */
  readonly features?: number;
}

/** The options that JSON can hold. */
export const MULTITASK_OPTIONS = {
  kind: optional(t.string as t.Type<MultitaskKind, string, unknown>),
  tasks: t.number,
  length: optional(t.number),
  taskLength: optional(t.number),
  features: optional(t.number),
};

export interface MultitaskTree {
  /** `[P, d]`; of `features` and `project` as many columns as are shared. */
  readonly shared: Tensor;
  /** `[tasks, size]`: the numbers of each task in a row. */
  readonly tasks: Tensor;
}

interface Sizes {
  /** The shape of the shared prompt. */
  readonly shared: readonly [length: number, width: number];
  /** Numbers of each task. */
  readonly size: number;
}

/** What a kind trains, and the prompts that it makes of that, `[tasks, …, d]`. */
interface Combination {
  readonly sizes: (length: number, width: number) => Sizes;
  readonly combine: (tree: MultitaskTree, width: number) => Tensor;
}

/** A shared prompt for each of several tasks. */
const forEach = (shared: Tensor, count: number): Tensor => np.broadcastTo(shared, [count, ...shared.shape]);

type Own = Pick<MultitaskOptions, "taskLength" | "features">;

/** The own size of a kind that divides features, or the usual one. */
const quarter = ({ features }: Own, width: number): number => features ?? Math.max(1, Math.floor(width / 4));

const combinationOf = (kind: MultitaskKind, own: Own): Combination => {
  const rowsOf = (tasks: Tensor, width: number): Tensor => np.reshape(tasks, [tasks.shape[0], -1, width]);
  const beside = (axis: 1 | 2, shared: Tensor, rows: Tensor): Tensor =>
    np.concatenate([forEach(shared, rows.shape[0]), rows], axis);
  return {
    add: {
      sizes: (length: number, width: number): Sizes => ({ shared: [length, width], size: length * width }),
      combine: ({ shared, tasks }: MultitaskTree, width: number) => np.add(shared, rowsOf(tasks, width)),
    },
    concat: {
      sizes: (length: number, width: number): Sizes => ({
        shared: [length, width],
        size: (own.taskLength ?? length) * width,
      }),
      combine: ({ shared, tasks }: MultitaskTree, width: number) => beside(1, shared, rowsOf(tasks, width)),
    },
    features: {
      sizes: (length: number, width: number): Sizes => ({
        shared: [length, width - quarter(own, width)],
        size: length * quarter(own, width),
      }),
      combine: ({ shared, tasks }: MultitaskTree, width: number) =>
        beside(2, shared, rowsOf(tasks, width - shared.shape[1])),
    },
    project: {
      sizes: (length: number, width: number): Sizes => ({
        shared: [length, quarter(own, width)],
        size: width * (quarter(own, width) + 1),
      }),
      // The first numbers of a row are a kernel `[d, h]`, the last `d` a bias.
      combine: ({ shared, tasks }: MultitaskTree, width: number) => {
        const split = width * shared.shape[1];
        const kernels = np.reshape(np.slice(tasks, [null, [0, split]]), [tasks.shape[0], width, shared.shape[1]]);
        const biases = np.slice(tasks, [null, [split, split + width]]);
        return np.add(np.matmul(shared, np.swapaxes(kernels, 1, 2)), np.expandDims(biases, 1));
      },
    },
  }[kind];
};

const fail = (what: string, expected: string, got: unknown): never => {
  throw new ArgumentError({ where: WHERE, what, expected, got: String(got) });
};

const checkOptions = (kind: MultitaskKind, { taskLength, features }: t.TypeOfProps<typeof MULTITASK_OPTIONS>): void => {
  if (!MULTITASK_KINDS.includes(kind)) fail("there is no such kind", MULTITASK_KINDS.join(", "), kind);
  const isCount = (n: number | undefined): boolean => n === undefined || (Number.isInteger(n) && n > 0);
  if (!isCount(taskLength)) fail("taskLength is not a whole number above 0", "1, 2, …", taskLength);
  if (!isCount(features)) fail("features is not a whole number above 0", "1, 2, …", features);
  if (taskLength !== undefined && kind !== "concat") fail("only concat has a taskLength", 'kind: "concat"', kind);
  if (features !== undefined && kind !== "features" && kind !== "project") {
    fail("only features and project have features", 'kind: "features" or "project"', kind);
  }
};

/** @throws {ArgumentError} when no feature is left to share */
const checkWidth = ({ shared }: Sizes, width: number, features: number | undefined): void => {
  if (shared[1] < 1 || shared[1] > width) fail("the features do not fit the model", `below its ${width}`, features);
};

/**
 * Multi-task prompts: a shared prompt and a row of numbers for each task, which make the prompt of that task. Each row of a batch has the prompt of its task,
 * `batch.tasks`. The prompt of one task is an ordinary one: `fold`.
 *
 * - `add`: the sum of `[P, d]` shared and `[P, d]` of the task
 * - `concat`: `[P, d]` shared, then `[taskLength, d]` of the task
 * - `features`: each vector has `d - features` numbers that are shared, then `features` of the task
 * - `project`: `S Kᵀ + b` of a shared `S` `[P, features]`, with `K` `[d, features]` and `b` `[d]` of the task
 * - start: uniform numbers from [-0.5, 0.5]
 *
 * @throws {ArgumentError} for options out of range, and (in `apply`, `fold`) for several tasks without a choice; {TreeError}, {ShapeError} (in `apply`, `fold`) for a
 * tree of other settings or of another model
 * @see the extensions of https://github.com/google-research/prompt-tuning
 * @example const method = methods.multitask({ kind: "add", tasks: 8, length: 20 })
 */
export const multitask = makesMethod(
  "methods.multitask(options)",
  (options: MultitaskOptions): Method<MultitaskTree> => {
    const given = readOptions(WHERE, MULTITASK_OPTIONS, options);
    const { kind = "add", tasks, length = 20, taskLength, features } = given;
    checkTasks(WHERE, tasks);
    checkLength(WHERE, length);
    checkOptions(kind, given);
    const own: Own = { ...(taskLength !== undefined && { taskLength }), ...(features !== undefined && { features }) };
    const { sizes, combine } = combinationOf(kind, own);
    const shapesOf = ({
      dModel,
    }: T5Config): { readonly shared: readonly number[]; readonly tasks: readonly number[] } => {
      const all = sizes(length, dModel);
      checkWidth(all, dModel, features);
      return { shared: all.shared, tasks: [tasks, all.size] };
    };
    const table = (config: T5Config, tuned: MultitaskTree): Tensor => {
      checkTree(WHERE, shapesOf(config) as ShapeTree, tuned);
      return combine(tuned, config.dModel);
    };
    return {
      settings: { name: "multitask", kind, tasks, length, ...own },
      tasks,
      init: (key, config, frozen) => {
        checkFrozen(WHERE, frozen);
        const [first, second] = random.subkeys(key);
        const shapes = shapesOf(config);
        const draw = (one: Tensor, shape: readonly number[]) =>
          random.uniform(one, shape, { minval: -0.5, maxval: 0.5 });
        return { shared: draw(first, shapes.shared), tasks: draw(second, shapes.tasks) };
      },
      apply: (config, frozen, tuned, batch) => ({
        params: frozen,
        prefix: rowsByTask(WHERE, table(config, tuned), batch),
      }),
      fold: (config, _frozen, tuned, task) => {
        const one = rowOfTask(WHERE, table(config, tuned), task);
        return { method: prompt({ length: one.shape[0] }) as Method, tuned: { prompt: one } };
      },
    };
  },
);
