/**
 * @file LoRA: low-rank terms beside kernels, with rank-stabilised scaling and DoRA.
 *
 * @see Hu et al. 2021, arXiv:2106.09685; Kalajdzievski 2023, arXiv:2312.03732; Liu et al. 2024, arXiv:2402.09353
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { Kernel, LowRank, T5Config } from "../t5/config.js";
import { mapKernels } from "../t5/kernel-nodes.js";
import type { Batch } from "../t5/model.js";
import type { AnyParams } from "../t5/stack.js";
import { stopGradient } from "../transforms/stop-gradient.js";
import { type Kernels, KernelsCodec } from "./kernel-names.js";
import { byPattern, checkKeys, selectKernels, type Target } from "./kernels.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { checkTree, type ShapeTree } from "./trees.js";

const WHERE = "methods.lora";

export interface LoraOptions {
  /** The inner size `r`. Default 8. */
  readonly rank?: number;
  /** The term is scaled by `alpha / rank`. Default 8. */
  readonly alpha?: number;
  /** Which kernels. Default queries and values of all attentions, as in PEFT. */
  readonly kernels?: Kernels;
  /** Other ranks for kernels whose Hugging Face name (`q`, `DenseReluDense.wo`) ends with a key, a regular expression; the first that fits counts. */
  readonly rankPattern?: Readonly<Record<string, number>>;
  /** Other `alpha`s, likewise. */
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** The share of the input that is dropped in the low-rank term in training, in [0, 1). Default 0. */
  readonly dropout?: number;
  /** Whether the term is scaled by `alpha / sqrt(rank)`. Default false. */
  readonly rankStabilized?: boolean;
  /** DoRA: whether the length of each column is trained for itself. Default false. */
  readonly dora?: boolean;
}

const byPatterns = t.record(t.string, t.number, "numbers by pattern");

export const LORA_OPTIONS = {
  rank: optional(t.number),
  alpha: optional(t.number),
  kernels: optional(KernelsCodec),
  rankPattern: optional(byPatterns),
  alphaPattern: optional(byPatterns),
  dropout: optional(t.number),
  rankStabilized: optional(t.boolean),
  dora: optional(t.boolean),
};

/** The factors of one kernel; with layers stacked each has a first axis for the layer. */
export interface LoraFactors {
  /** `[in, r]` */
  readonly a: Tensor;
  /** `[r, out]` */
  readonly b: Tensor;
  /** DoRA: `[out]`, the length of each column. */
  readonly magnitude?: Tensor;
}

/** By the path of a kernel's node, such as `encoder/layers/0/attention/query`. */
export type LoraTree = Readonly<Record<string, LoraFactors>>;

const fail = (what: string, expected: string, got: unknown): never => {
  throw new ArgumentError({ where: WHERE, what, expected, got: String(got) });
};

const checkOptions = ({ rank, alpha, rankPattern, alphaPattern, dropout }: Required<LoraOptions>): void => {
  const ranks = [rank, ...Object.values(rankPattern)];
  const badRank = ranks.find((r) => !(Number.isInteger(r) && r > 0));
  if (badRank !== undefined) fail("the rank is not a whole number above 0", "1, 2, …", badRank);
  const badAlpha = [alpha, ...Object.values(alphaPattern)].find((x) => !(Number.isFinite(x) && x > 0));
  if (badAlpha !== undefined) fail("alpha is not a number above 0", "such as 8", badAlpha);
  if (!(dropout >= 0 && dropout < 1)) fail("the dropout is out of range", "0 <= dropout < 1", dropout);
};

/** The length of each column, `[..., out]`. */
const columnLengths = (kernel: Tensor): Tensor => np.sqrt(np.sum(np.square(kernel), { axis: -2 }));

/** @throws {ArgumentError} when another method has put something beside the kernel that a low-rank term would change in silence */
const checkNode = ({ path, node }: Target, dora: boolean): void => {
  const taken = node.in !== undefined || node.out !== undefined || (dora && node.low !== undefined);
  if (!taken) return;
  throw new ArgumentError({
    where: WHERE,
    what: "another method has already changed this kernel",
    expected: dora ? "a kernel with nothing beside it" : "a kernel without scales beside it",
    got: Object.keys(node).join(", "),
    at: path,
    hint: dora
      ? "DoRA does not compose with another method on one kernel"
      : "put LoRA before IA3, compose({ lora, ia3 }), and leave out LoRA where DoRA is",
  });
};

/**
 * LoRA: `y = x K + s (x a) b` for each selected kernel `K` `[in, out]`, where `a` `[in, r]`, `b` `[r, out]` are trained and `s = alpha / r`.
 *
 * - start: `a` uniform within ±1/√in, `b` zero, so that the model is unchanged
 * - trained values: `r (in + out)` for each kernel; queries and values of `L + L` layers: `3 L · 2 r (d + a)`, `a` the attention's width
 * - `dora`: `y_j = (m_j / c_j) (x V)_j` with `V = K + s a b`, `c_j` the length of its column `j`, a constant in the gradient, and `m` `[out]`
 *   trained too
 *
 * In `apply`, `a` and `b` may have an axis more in front of their last two, for the rows of a batch that has factors for each (not in DoRA).
 * @throws {ArgumentError} for options out of range, and (in `init`, `apply`) a name, pattern or key that fits no kernel, with the closest one;
 * {TreeError}, {ShapeError} (in `apply`) for a tree of other settings or of another model
 * @see Hu et al. 2021, arXiv:2106.09685
 * @example const method = methods.lora({ rank: 8, alpha: 16, kernels: ["query", "value"] })
 */
export const lora = makesMethod("methods.lora(options)", (options: LoraOptions = {}): Method<LoraTree> => {
  const given = readOptions(WHERE, LORA_OPTIONS, options);
  const { rank = 8, alpha = 8, kernels = ["query", "value"], rankPattern = {}, alphaPattern = {} } = given;
  const { dropout = 0, rankStabilized = false, dora = false } = given;
  const settings = { rank, alpha, kernels, rankPattern, alphaPattern, dropout, rankStabilized, dora };
  checkOptions(settings);
  const rankOf = (target: Target): number => byPattern(WHERE, target, rankPattern, rank);
  const scaleOf = (target: Target): number => {
    const size = rankOf(target);
    return byPattern(WHERE, target, alphaPattern, alpha) / (rankStabilized ? Math.sqrt(size) : size);
  };

  const targetsOf = (config: T5Config, frozen: AnyParams): Target[] => {
    const targets = selectKernels(WHERE, config, frozen, kernels);
    checkKeys(WHERE, targets, rankPattern);
    checkKeys(WHERE, targets, alphaPattern);
    return targets;
  };

  /** The shapes of the factors; `rows` is the axis of a batch whose rows have factors each. */
  const shapesOf = (target: Target, rows: readonly number[] = []): ShapeTree => {
    const { shape } = target.node.kernel;
    const [layers, [inputs, outputs], rank] = [shape.slice(0, -2), shape.slice(-2), rankOf(target)];
    const factors = { a: [...layers, ...rows, inputs, rank], b: [...layers, ...rows, rank, outputs] };
    return dora ? { ...factors, magnitude: [...layers, outputs] } : factors;
  };
  const wantedFor = (
    target: Target,
    factors: LoraFactors | undefined,
    batch: Partial<Batch> | undefined,
  ): ShapeTree => {
    const a: unknown = factors?.a;
    const { ndim } = target.node.kernel;
    const byRow = !dora && isTensor(a) && a.ndim === ndim + 1;
    return shapesOf(target, byRow ? [batch?.inputs?.shape[0] ?? a.shape[ndim - 2]] : []);
  };

  /** The node with a low-rank term beside its kernel. */
  const withTerm = (target: Target, { a, b, magnitude }: LoraFactors): Kernel<Tensor> => {
    const { node } = target;
    checkNode(target, dora);
    const constant = (value: number): Tensor => np.full(node.kernel.shape.slice(0, -2), value, node.kernel.dtype);
    const scale = constant(scaleOf(target));
    const term: LowRank<Tensor> = { a, b, scale, ...(dropout > 0 && { dropout: constant(dropout) }) };
    const low = [...(node.low ?? []), term];
    if (magnitude === undefined) return { ...node, low };
    const product = np.multiply(np.matmul(a, b), np.expandDims(scale, [-2, -1]));
    const lengths = columnLengths(stopGradient(np.add(node.kernel, product)));
    return { ...node, low, out: np.divide(magnitude, lengths) };
  };

  return {
    settings: { name: "lora", ...settings },
    init: (key, config, frozen) =>
      Object.fromEntries(
        targetsOf(config, frozen).map((target, i) => {
          const { kernel } = target.node;
          const bound = 1 / Math.sqrt(kernel.shape[kernel.ndim - 2]);
          const shapes = shapesOf(target) as Readonly<Record<"a" | "b", readonly number[]>>;
          const a = random.uniform(random.foldIn(key, i), shapes.a, { minval: -bound, maxval: bound });
          const b = np.zeros(shapes.b);
          return [target.path, dora ? { a, b, magnitude: columnLengths(kernel) } : { a, b }];
        }),
      ),
    apply: (config, frozen, tuned, batch) => {
      const targets = targetsOf(config, frozen);
      const factorsAt = (path: string): LoraFactors | undefined => (tuned as LoraTree | undefined)?.[path];
      checkTree(
        WHERE,
        Object.fromEntries(targets.map((one) => [one.path, wantedFor(one, factorsAt(one.path), batch)])),
        tuned,
      );
      const nodes = new Map(targets.map((target) => [target.path, withTerm(target, tuned[target.path])]));
      return { params: mapKernels<AnyParams>(frozen, (node, path) => nodes.get(path) ?? node) };
    },
  };
});
