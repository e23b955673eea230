/** @file What a method is: a few pure functions on trees. */
import { takes } from "../core/composite.js";
import { contractOf } from "../core/signature.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import type { Batch } from "../t5/model.js";
import type { Modified } from "../t5/modified.js";
import type { AnyParams } from "../t5/stack.js";

/** Values that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a method is built from: its name in the table of methods, and what belongs to it there. It is saved beside the trained tree. */
export interface MethodSettings {
  readonly name: string;
  readonly [key: string]: Json;
}

/**
 * A method: what is trained, and how it enters a frozen T5.
 *
 * The trained tree `P` is nested records of tensors, so that optimizers, checkpoints and `vmap` take it as it is.
 */
export interface Method<P extends object = object> {
  readonly settings: MethodSettings;
  /** How many tasks the tree has a separate part for; with several, `apply` needs `batch.tasks`. Default 1. */
  readonly tasks?: number;
  /** The tree to start from. */
  init(key: Tensor, config: T5Config, frozen: AnyParams): P;
  /** The model with the tree in it; pure, and differentiable in `tuned`. `t5.merge` makes plain weights of it where there are some. */
  apply(config: T5Config, frozen: AnyParams, tuned: P, batch?: Partial<Batch>): Modified;
  /**
   * What is used after training, where the trained tree holds more: of a prompt that a network makes, the prompt alone. The folded method gives the
   * same model, and what is trained on is the tree that was trained. Where the tree is of several tasks, it is folded for one of them.
   */
  fold?(config: T5Config, frozen: AnyParams, tuned: P, task?: number): Folded;
}

/** A method that makes its vectors without a network, and its tree. */
export interface Folded {
  readonly method: Method;
  readonly tuned: object;
}

/** A function whose errors of JavaScript become those of its arguments; what it refuses by itself it words better. */
const explaining = <A extends readonly unknown[], R>(signature: string, f: (...args: A) => R): ((...args: A) => R) => {
  const { explain } = contractOf(signature, f.length);
  return (...args) => {
    try {
      return f(...args);
    } catch (error) {
      throw explain(args, error);
    }
  };
};

/**
 * As `takes`, for functions that make methods. Training loops outside of the library call `init` and `apply`, whose errors of JavaScript then
 * name the argument.
 */
export const makesMethod = <F extends (...args: never[]) => unknown>(signature: string, f: F): F => {
  const checked = takes(signature, f);
  const name = signature.slice(0, signature.indexOf("("));
  const make = (...args: never[]): Method => {
    const { init, apply, ...others } = checked(...args) as Method;
    return {
      ...others,
      init: explaining(`${name}.init(key, config, frozen)`, (key, config, frozen) => init(key, config, frozen)),
      apply: explaining(
        `${name}.apply(config, frozen, tuned, batch)`,
        (config, frozen, tuned, batch: Partial<Batch> | undefined = undefined) => apply(config, frozen, tuned, batch),
      ),
    };
  };
  return Object.defineProperty(make, "length", { value: f.length }) as unknown as F;
};

/**
 * What is used after training: the folded method and tree where the method has them, otherwise its own.
 *
 * - `task`: of a method for several tasks the one that it is used for; without it these stay together
 *
 * @example const { method, tuned } = methods.forUse(config, frozen, methods.residual(), trained) // methods.prompt and its tree
 */
export const forUse = takes(
  "methods.forUse(config, frozen, method, tuned, task)",
  (
    config: T5Config,
    frozen: AnyParams,
    method: Method,
    tuned: object,
    task: number | undefined = undefined,
  ): Folded => {
    const { fold, tasks = 1 } = method;
    return fold === undefined || (tasks > 1 && task === undefined)
      ? { method, tuned }
      : fold(config, frozen, tuned, task);
  },
);

/**
 * A method for several tasks as a method for one of them: all rows have the prompt of that task. The trained tree stays that of all tasks.
 *
 * - `task`: counted from 0
 *
 * @example const answers = taskEvaluator(model, tokenizer, task, examples, { method: methods.forTask(method, 2) })
 */
export const forTask = takes("methods.forTask(method, task)", (method: Method, task: number): Method => {
  const { fold } = method;
  return {
    ...method,
    tasks: 1,
    apply: (config, frozen, tuned, batch) =>
      method.apply(config, frozen, tuned, { ...batch, tasks: np.scalar(task, "int32") }),
    ...(fold && { fold: (config, frozen, tuned) => fold(config, frozen, tuned, task) }),
  };
});
