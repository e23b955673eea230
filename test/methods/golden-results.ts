/** @file What a method makes of a golden case: numbers on the host, which golden-checks.ts compares. */
import { flatten, leavesOf, pathsOf } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import type { Method } from "../../lib/methods/index.js";
import { methodLoss } from "../../lib/methods/loss.js";
import * as np from "../../lib/np/index.js";
import {
  adafactor,
  adamw,
  applyUpdates,
  type GradientTransformation,
  type StateOf,
  sgd,
} from "../../lib/optim/index.js";
import * as random from "../../lib/random/index.js";
import type { T5Config } from "../../lib/t5/config.js";
import { generate } from "../../lib/t5/generate.js";
import * as t5 from "../../lib/t5/index.js";
import { merge } from "../../lib/t5/merge.js";
import type { Model, Modified } from "../../lib/t5/modified.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { type Host, hostOf } from "../helpers/golden.js";
import { type Case, leafAt, type Tensors, type Training, treeOf } from "./golden-cases.js";
import { placeOf, turned, weightPlace } from "./peft-names.js";

/** A model and a batch on the device. */
export interface Setting {
  readonly config: T5Config;
  readonly params: t5.Params;
  readonly batch: t5.Batch;
  /** Which target is not padding, row after row. */
  readonly real: readonly boolean[];
}

/** Greedy decoding of the batch, and the same sequences read at once. */
export interface Greedy {
  readonly tokens: readonly (readonly number[])[];
  readonly smallestMargin: number;
  readonly teacherForced: boolean;
}

/** Fifteen steps of one optimizer. */
export interface Run {
  readonly losses: readonly number[];
  /** By their names and in their layout. */
  readonly final: Tensors;
}

export type Optimizer = "sgd" | "adamw" | "adafactor";

export interface Measured {
  /** Numbers that `init` makes. */
  readonly trainable: number;
  /** Paths in the tree that `init` makes, with shapes. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly loss: number;
  /** Rows of targets that are not padding. */
  readonly logits: Host;
  /** By their names and in our layout. */
  readonly gradients: Tensors;
  readonly before: Greedy;
  readonly after?: Greedy;
  readonly lossOfSaved?: number;
  readonly merged?: { readonly weights: Tensors; readonly difference: number };
  readonly runs: Readonly<Partial<Record<Optimizer, Run>>>;
  /** What a network makes before and after training, and the losses with them alone. */
  readonly folded: readonly (readonly [prompt: Host, loss: number])[] | undefined;
}

/** Programs that all cases of the same method share. */
export type Programs = ReturnType<typeof programsOf>;

export const programsOf = (config: T5Config, method: Method, maxLength: number) => {
  const lossOf = methodLoss(config, method);
  const loss = (frozen: t5.Params, tuned: object, batch: t5.Batch): Tensor => lossOf(frozen, tuned, batch);
  const step = jit(valueAndGrad(loss, { argnums: 1 }));
  const decode = generate(config, { maxLength });
  const dispose = (): void => {
    step.dispose();
    decode.dispose();
  };
  return { method, step, decode, [Symbol.dispose]: dispose };
};

/** The rows of `[B, S, V]` logits whose target is not padding. */
export const realRows = (logits: Tensor, real: readonly boolean[]): Host => {
  const { shape, data } = hostOf(logits);
  const width = shape[2];
  const rows = real.flatMap((is, i) => (is ? Array.from(data).slice(i * width, (i + 1) * width) : []));
  return { shape: [rows.length / width, width], data: rows };
};

/** Tokens as rows of a batch, padded with 0. */
const padded = (rows: readonly (readonly number[])[], length: number): Tensor =>
  np.array(Int32Array.from(rows.flatMap((row) => Array.from({ length }, (_, i) => row[i] ?? 0))), {
    shape: [rows.length, length],
  });

/** A model without what stands in front of the decoder's input: PEFT's `generate` leaves that out, and a forward pass does not. */
const asGenerated = (model: Model): Model => {
  if (!("decoderPrefix" in model)) return model;
  const { decoderPrefix: _, ...rest } = model;
  return rest;
};

export const greedyOf = ({ config, batch }: Setting, model: Model, decode: Programs["decode"]): Greedy => {
  const tokens = decode(asGenerated(model), batch.inputs).map(([best]) => best.tokens);
  const length = Math.max(...tokens.map((row) => row.length));
  // Token 0 may be chosen in the midst of a sequence, so nothing is masked as padding.
  const read = t5.shiftRight(config, padded(tokens, length));
  const states = t5.decode(config, model, t5.encode(config, model, batch.inputs), read);
  const { data } = hostOf(t5.logitsOf(config, model, states));
  let [smallestMargin, teacherForced] = [Number.POSITIVE_INFINITY, true];
  tokens.forEach((row, i) => {
    row.forEach((token, at) => {
      const start = (i * length + at) * config.vocabSize;
      const scores = Array.from(data).slice(start, start + config.vocabSize);
      const [first, second] = [...scores].sort((a, b) => b - a);
      smallestMargin = Math.min(smallestMargin, first - second);
      teacherForced &&= scores[token] === first;
    });
  });
  return { tokens, smallestMargin, teacherForced };
};

/** Weights that differ from the frozen ones, by transformers' names and in its layout. */
const changedWeights = (frozen: t5.Params, merged: t5.Params, names: readonly string[]): Tensors => {
  const changed = new Map<string, Host>();
  const [before, def] = flatten(frozen);
  const after = leavesOf(merged) as Tensor[];
  pathsOf(def).forEach((path, i) => {
    const [old, fresh] = [hostOf(before[i] as Tensor), hostOf(after[i])];
    if (Array.from(old.data).some((x, k) => x !== fresh.data[k])) changed.set(path.join("/"), fresh);
  });
  const named = names.map((name): [string, Host | undefined] => {
    const place = weightPlace(name);
    const x = changed.get(place.path[0]);
    changed.delete(place.path[0]);
    return [name, x && turned(place, x)];
  });
  return Object.fromEntries([...named.filter((pair): pair is [string, Host] => pair[1] !== undefined), ...changed]);
};

const mergedOf = ({ config, params, batch, real }: Setting, { json }: Case, apart: Modified) => {
  if (json.merged === undefined) return undefined;
  const merged = merge(apart) as t5.Params;
  const logitsOf = (model: Model): ArrayLike<number> => realRows(t5.logits(config, model, batch), real).data;
  const [plain, kept] = [logitsOf(merged), logitsOf(apart)];
  const difference = Array.from(plain).reduce((most, x, i) => Math.max(most, Math.abs(x - kept[i])), 0);
  return { weights: changedWeights(params, merged, Object.keys(json.merged.weights)), difference };
};

/** Their tensors of a tree of ours; rows of a prompt that T5 does not use are `unused` times those of the start. */
const theirs = (tree: object, start: Tensors, unused: number): Tensors =>
  Object.fromEntries(
    Object.entries(start).map(([name, x]) => {
      const own = turned(placeOf(name, x.shape), hostOf(leafAt(tree, name, x.shape)));
      const rest = Array.from(x.data).slice(own.data.length);
      return [name, { shape: x.shape, data: [...Array.from(own.data), ...rest.map((v) => v * unused)] }];
    }),
  );

const train = <S>(
  programs: Programs,
  { params, batch }: Setting,
  start: object,
  tx: GradientTransformation<S>,
  steps: number,
) => {
  using update = jit((p: object, state: StateOf<S, object>, gradient: object) => {
    const [updates, next] = tx.update(gradient, state, p);
    return { tuned: applyUpdates(p, updates), state: next };
  });
  let [tuned, state] = [start, tx.init(start)];
  const losses: number[] = [];
  for (let i = 0; i <= steps; i++) {
    const [loss, gradient] = programs.step(params, tuned, batch);
    losses.push(loss.item());
    if (i < steps) ({ tuned, state } = update(tuned, state, gradient as object));
  }
  return { losses, tuned };
};

/** The optimizer of a run, and what it does in a step to a parameter without a gradient. */
const optimizerOf = (
  name: Optimizer,
  run: Training & Record<string, unknown>,
): [GradientTransformation<unknown>, number] => {
  const learningRate = run.lr;
  if (name === "sgd") return [sgd({ learningRate, momentum: run.momentum as number }) as never, 1];
  if (name === "adafactor") {
    const rule = { multiplyByParameterScale: run.scale_parameter as boolean, minDimSizeToFactor: 1 };
    const [epsilon1] = run.eps as readonly number[];
    const decayRate = -(run.decay_rate as number);
    return [
      adafactor({
        learningRate,
        ...rule,
        epsilon1,
        decayRate,
        clippingThreshold: run.clip_threshold as number,
      }) as never,
      1,
    ];
  }
  const [beta1, beta2] = run.betas as readonly number[];
  const tx = adamw({ learningRate, beta1, beta2, epsilon: run.eps as number, weightDecay: run.weight_decay });
  return [tx as never, 1 - learningRate * run.weight_decay];
};

/** The tree that a case starts from, and the one that it saved after training. */
export const treesOf = (c: Case, { config, params }: Setting, method: Method): [start: object, trained?: object] => {
  if (c.start === undefined || c.trained === undefined) return [method.init(random.key(0), config, params)];
  const length = c.config?.peft_type === "PROMPT_TUNING" ? c.config.num_virtual_tokens : undefined;
  return [treeOf(c.start, length), treeOf(c.trained, length)];
};

/** The names and layout of all trained tensors: those of the saved adapter, or of all weights. */
const startOf = (c: Case, start: object): Tensors =>
  c.start ??
  Object.fromEntries(
    Object.keys(c.json.gradients ?? {}).map((name) => {
      const place = weightPlace(name);
      return [name, turned(place, hostOf((start as Record<string, Tensor>)[place.path[0]]))];
    }),
  );

/** What is kept of networks for use, of each tree. */
const foldedOf = ({ config, params, batch }: Setting, method: Method, trees: readonly object[]): Measured["folded"] => {
  const { fold } = method;
  if (fold === undefined || (method.tasks ?? 1) > 1) return undefined;
  return trees.map((tree) => {
    const { method: plain, tuned } = fold(config, params, tree);
    const loss = t5
      .loss<Model>(config)(plain.apply(config, params, tuned, batch), batch)
      .item();
    return [hostOf(leavesOf(tuned)[0] as Tensor), loss];
  });
};

/** Everything of one case, with as many optimizers as are asked for. */
export const measure = (plain: Setting, c: Case, programs: Programs, optimizers: readonly Optimizer[]): Measured => {
  const { task_ids: ids } = c.json;
  const tasks = ids && { tasks: np.array(Int32Array.from(ids)) };
  const setting = { ...plain, batch: { ...plain.batch, ...tasks } };
  const { config, params, batch, real } = setting;
  const { method } = programs;
  const [start, trained] = treesOf(c, setting, method);
  const named = startOf(c, start);
  const fresh = method.init(random.key(1), config, params);
  const [leaves, def] = flatten(fresh);
  const model = method.apply(config, params, start, batch);
  const [loss, gradient] = programs.step(params, start, batch);
  const ends: Partial<Record<Optimizer, object>> = {};
  const runs = optimizers.map((name): [Optimizer, Run] => {
    const [tx, each] = optimizerOf(name, c.json.training[name] as never);
    const { losses, tuned } = train(programs, setting, start, tx, c.json.training.steps);
    ends[name] = tuned;
    return [name, { losses, final: theirs(tuned, named, each ** c.json.training.steps) }];
  });
  const merged = mergedOf(setting, c, model);
  // All weights were not saved, so here our own are read.
  const after = trained ?? ends.adamw;
  const saved = after && method.apply(config, params, after, batch);
  return {
    trainable: (leaves as Tensor[]).reduce((n, x) => n + x.size, 0),
    shapes: Object.fromEntries(pathsOf(def).map((path, i) => [path.join(" "), (leaves[i] as Tensor).shape])),
    loss: loss.item(),
    logits: realRows(t5.logits(config, model, batch), real),
    gradients: Object.fromEntries(
      Object.entries(named).map(([name, x]) => [name, hostOf(leafAt(gradient as object, name, x.shape))]),
    ),
    before: greedyOf(setting, model, programs.decode),
    ...(saved && {
      after: greedyOf(setting, saved, programs.decode),
      lossOfSaved: programs.step(params, after as object, batch)[0].item(),
    }),
    ...(merged && { merged }),
    folded: foldedOf(setting, method, trained === undefined ? [] : [start, trained]),
    runs: Object.fromEntries(runs),
  };
};
