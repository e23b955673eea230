/**
 * @file Prompt recycling: a prompt that was tuned for one model, carried over to another by the words that both have embeddings of.
 *
 * @see Lester et al. 2022, arXiv:2208.05577, and `prompt_tuning/recycling` of google-research/prompt-tuning
 */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { dense, type Layer, l2Loss, relu, sequential } from "../nn/index.js";
import * as np from "../np/index.js";
import { adam, applyUpdates, type GradientTransformation } from "../optim/index.js";
import * as random from "../random/index.js";
import { grad } from "../transforms/grad.js";
import { scan } from "../transforms/scan.js";

/** How the network of `v2v-nn` is made and fitted. */
export interface MlpOptions {
  /** Draws the first weights and the order of the words. Default `random.key(0)`. */
  readonly key?: Tensor;
  /** Hidden units for each feature of the target. Default 4. */
  readonly hiddenScale?: number;
  /** Default 25. */
  readonly epochs?: number;
  /** Words in a batch; the last batch of an epoch may be smaller. Default 50. */
  readonly batchSize?: number;
  /** That of Adam. Default 3e-4. */
  readonly learningRate?: number;
}

/**
 * A way to recycle a prompt `P` by the embeddings `A`, `B` of the same words in two models:
 *
 * - `v2v-lin`: `P X`, where `X` is the least squares solution of `A X = B`
 * - `lin-comb`: `xᵀ B`, where `x` is the solution of least norm of `Aᵀ x = Pᵀ`
 * - `v2v-nn`: a perceptron with one hidden layer that was fitted to map `A` to `B`, applied to `P`
 */
export type Recycling =
  | { readonly method: "v2v-lin" }
  | { readonly method: "lin-comb" }
  | ({ readonly method: "v2v-nn" } & MlpOptions);

const check = (prompt: Tensor, source: Tensor, target: Tensor): void => {
  const ranks = [prompt, source, target].every(({ ndim }) => ndim === 2);
  if (ranks && prompt.shape[1] === source.shape[1] && source.shape[0] === target.shape[0]) return;
  throw new ShapeError({
    where: "prompt.recycle",
    what: "the prompt and the embeddings do not fit each other",
    expected: "a prompt [P, dA], embeddings [N, dA] and embeddings [N, dB]",
    got: `prompt ${prompt.aval}, source ${source.aval}, target ${target.aval}`,
    hint: "take the rows of the same N words from both tables",
  });
};

const positive = (what: string, x: number): void => {
  if (Number.isInteger(x) && x > 0) return;
  throw new ArgumentError({
    where: "prompt.recycle",
    what: `${what} is not positive`,
    expected: "1, 2, …",
    got: `${x}`,
  });
};

const DEFAULTS = { hiddenScale: 4, epochs: 25, batchSize: 50, learningRate: 3e-4 } as const;

/** The keys of all epochs, `[epochs, 2]`: each time the first half draws, and the second is split for the next. */
const epochKeys = (key: Tensor, epochs: number): Tensor => {
  const next = (key: Tensor): [after: Tensor, draw: Tensor] => {
    const [draw, after] = random.subkeys(key);
    return [after, draw];
  };
  return scan(next, key, null, { length: epochs })[1];
};

type Network = Layer<object>;
interface Fit {
  readonly params: object;
  readonly opt: object;
}

/** One step of Adam on the words at `rows`. */
const stepOf = (network: Network, source: Tensor, target: Tensor, tx: GradientTransformation<object>) => {
  const loss = (params: object, rows: Tensor): Tensor => {
    const mapped = network.apply(params, np.take(source, rows, 0, "clip"));
    return np.mean(l2Loss(mapped, np.take(target, rows, 0, "clip")));
  };
  return ({ params, opt }: Fit, rows: Tensor): Fit => {
    const grads = grad(loss)(params, rows);
    const [updates, next] = tx.update(grads, opt, params);
    return { params: applyUpdates(params, updates), opt: next };
  };
};

/** A perceptron with one hidden layer that maps the rows of `source` to those of `target`, as a function. */
const fitted = (source: Tensor, target: Tensor, options: MlpOptions): ((x: Tensor) => Tensor) => {
  const { key = random.key(0), hiddenScale, epochs, batchSize, learningRate } = { ...DEFAULTS, ...options };
  positive("hiddenScale", hiddenScale);
  positive("epochs", epochs);
  positive("batchSize", batchSize);
  const [words, width] = source.shape;
  const [outputs, hidden] = [target.shape[1], hiddenScale * target.shape[1]];
  const network = sequential(dense(width, hidden), relu, dense(hidden, outputs)) as Network;
  const tx = adam({ learningRate }) as GradientTransformation<object>;
  const step = stepOf(network, source, target, tx);
  const whole = words - (words % batchSize);
  const epoch = (fit: Fit, key: Tensor) => {
    const order = np.argsort(random.uniform(key, [words]));
    const batches = np.reshape(np.slice(order, [[0, whole]]), [whole / batchSize, batchSize]);
    const [done] = scan((fit: Fit, rows: Tensor) => [step(fit, rows), null], fit, batches);
    return [whole === words ? done : step(done, np.slice(order, [[whole, words]])), null] as const;
  };
  const params = network.init(key);
  const [fit] = scan(epoch, { params, opt: tx.init(params) }, epochKeys(key, epochs));
  return (x) => network.apply(fit.params, x);
};

/**
 * A prompt for the target model, made of one that was tuned for the source model. Both models need embeddings of the same words, for which the
 * paper takes 4,000 common ones.
 *
 * - `prompt`: `[P, dA]`
 * - `source`, `target`: `[N, dA]` and `[N, dB]`, the embeddings of the same N words in the same order
 * - `recycling`: default `v2v-lin`; the linear ones take a singular value decomposition of `source`
 * @returns `[P, dB]`
 * @throws {ShapeError} when the three do not fit each other; {ArgumentError} when an option of `v2v-nn` is not positive
 * @example
 * const rows = (embeddings: Tensor) => np.take(embeddings, ids, 0);
 * const start = prompt.recycle(tuned, rows(small), rows(base), { method: "v2v-nn" });
 */
export const recycle = composite(
  "prompt.recycle(prompt, source, target, { method, key, hiddenScale, epochs, batchSize, learningRate })",
  (prompt: Tensor, source: Tensor, target: Tensor, options: Recycling = { method: "v2v-lin" }): Tensor => {
    check(prompt, source, target);
    if (options.method === "v2v-nn") return fitted(source, target, options)(prompt);
    if (options.method === "v2v-lin") return np.matmul(prompt, np.linalg.lstsq(source, target)[0]);
    const combination = np.linalg.lstsq(np.transpose(source), np.transpose(prompt))[0];
    return np.matmul(np.transpose(combination), target);
  },
);
