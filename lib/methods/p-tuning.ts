/**
 * @file P-tuning: a network over trained vectors makes the prompt in training.
 *
 * @see Liu et al. 2021, arXiv:2103.10385
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import { type CellParams, lstmCell, relu, rnn } from "../nn/index.js";
import * as np from "../np/index.js";
import { checkLength } from "../prompt/initial.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { applyDense, type BiasedParams, denseShapes, startDense, uniformTree } from "./dense.js";
import { checkFrozen } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { prompt } from "./prompt.js";
import { checkTree, type ShapeTree } from "./trees.js";

const WHERE = "methods.pTuning";

/** The networks that make a prompt of P-tuning. */
export const PROMPT_ENCODERS = ["mlp", "lstm"] as const;
export type PromptEncoder = (typeof PROMPT_ENCODERS)[number];

export interface PTuningOptions {
  /** Vectors `P` in front of the text. Default 20. */
  readonly length?: number;
  /** The network: three dense layers, or a bidirectional LSTM and two dense layers. Default `mlp`. */
  readonly encoder?: PromptEncoder;
  /** The inner size `h`; of an LSTM each way. Default the width of the model. */
  readonly hidden?: number;
  /** Layers of the LSTM. Default 2. */
  readonly layers?: number;
  /**
   * Parts of the model that the network makes vectors for. PEFT by default has 2 for sequence-to-sequence models: the network reads `2 P` rows, of
   * which T5 gets the first `P`. Default 1.
   */
  readonly submodules?: 1 | 2;
}

/** The options that JSON can hold. */
export const P_TUNING_OPTIONS = {
  length: optional(t.number),
  encoder: optional(t.string as t.Type<PromptEncoder, string, unknown>),
  hidden: optional(t.number),
  layers: optional(t.number),
  submodules: optional(t.number as t.Type<1 | 2, number, unknown>),
};

/** One layer of a bidirectional LSTM; its cells have a bias for the input and one for the state. */
export interface BidirectionalLstm {
  readonly forward: CellParams;
  readonly backward: CellParams;
}

export interface PTuningTree {
  /** `[P, d]`; with two submodules `[2 P, d]` */
  readonly embedding: Tensor;
  /** The layers of the LSTM by their number, from 0. */
  readonly lstm?: Readonly<Record<string, BidirectionalLstm>>;
  /** The dense layers by their number, from 0, with a relu between two. */
  readonly mlp: Readonly<Record<string, BiasedParams>>;
}

interface Settings {
  readonly length: number;
  readonly encoder: PromptEncoder;
  readonly hidden?: number;
  readonly layers?: number;
  readonly submodules: number;
}

/** A record by the numbers of a list. */
const numbered = <A, B>(list: readonly A[], f: (item: A, i: number) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(list.map((item, i) => [String(i), f(item, i)]));

/** What the network of some settings is made of in a model. */
interface Sizes {
  readonly rows: number;
  readonly width: number;
  readonly hidden: number;
  /** Inputs of each layer of the LSTM. */
  readonly lstm: readonly number[];
  /** Inputs and outputs of each dense layer. */
  readonly mlp: readonly (readonly [inputs: number, outputs: number])[];
}

const sizesOf = (settings: Settings, { dModel }: T5Config): Sizes => {
  const { length, submodules, encoder, hidden = dModel, layers = 0 } = settings;
  const both = 2 * hidden;
  const common = { rows: length * submodules, width: dModel, hidden };
  const lstm = Array.from({ length: layers }, (_, i) => (i === 0 ? dModel : both));
  const widths = encoder === "mlp" ? [dModel, hidden, hidden, dModel] : [both, both, dModel];
  return { ...common, lstm, mlp: widths.slice(1).map((outputs, i) => [widths[i], outputs]) };
};

/** The shapes of a cell of an LSTM with two biases. */
const cellShapes = (inputs: number, hidden: number): ShapeTree => ({
  input: denseShapes(inputs, 4 * hidden),
  hidden: denseShapes(hidden, 4 * hidden),
});

const shapesOf = ({ rows, width, hidden, lstm, mlp }: Sizes): ShapeTree => ({
  embedding: [rows, width],
  ...(lstm.length > 0 && {
    lstm: numbered(lstm, (inputs) => ({ forward: cellShapes(inputs, hidden), backward: cellShapes(inputs, hidden) })),
  }),
  mlp: numbered(mlp, ([inputs, outputs]) => denseShapes(inputs, outputs)),
});

/** A cell to start from: all numbers uniform within ±1/√hidden, as PyTorch starts its `LSTM`. */
const startCell = (key: Tensor, inputs: number, hidden: number): CellParams => {
  const [first, second] = random.subkeys(key);
  const bound = 1 / Math.sqrt(hidden);
  return {
    input: uniformTree(first, denseShapes(inputs, 4 * hidden), bound) as unknown as BiasedParams,
    hidden: uniformTree(second, denseShapes(hidden, 4 * hidden), bound) as unknown as BiasedParams,
  };
};

const startTree = (key: Tensor, { rows, width, hidden, lstm, mlp }: Sizes): PTuningTree => {
  const [forRows, forLstm, forMlp] = random.subkeys(key, 3);
  const startLayer = (inputs: number, i: number): BidirectionalLstm => {
    const [first, second] = random.subkeys(random.foldIn(forLstm, i));
    return { forward: startCell(first, inputs, hidden), backward: startCell(second, inputs, hidden) };
  };
  return {
    embedding: random.normal(forRows, [rows, width]),
    ...(lstm.length > 0 && { lstm: numbered(lstm, startLayer) }),
    mlp: numbered(mlp, ([inputs, outputs], i) => startDense(random.foldIn(forMlp, i), inputs, outputs)),
  };
};

/** `[rows, inputs]` to `[rows, 2 hidden]`: the states of both ways side by side. */
const applyLstm = ({ forward, backward }: BidirectionalLstm, x: Tensor, hidden: number): Tensor => {
  const { apply } = rnn(lstmCell(x.shape[1], hidden));
  const zeros = np.zeros([hidden], x.dtype);
  const initialCarry = { c: zeros, h: zeros };
  const [, there] = apply(forward, x, { initialCarry });
  const [, back] = apply(backward, x, { initialCarry, reverse: true });
  return np.concatenate([there, back], -1);
};

/** The prompt that the network makes, `[P, d]`. */
const promptOf = ({ embedding, lstm = {}, mlp }: PTuningTree, { hidden }: Sizes, length: number): Tensor => {
  const read = Object.values(lstm).reduce((x, layer) => applyLstm(layer, x, hidden), embedding);
  const made = Object.values(mlp).reduce((x, layer, i) => applyDense(layer, i === 0 ? x : relu(x)), read);
  return made.shape[0] === length ? made : np.slice(made, [[0, length]]);
};

type Given = t.TypeOfProps<typeof P_TUNING_OPTIONS>;

const checkOptions = ({ encoder, layers, hidden = 1, submodules = 1 }: Given): void => {
  const fail = (what: string, expected: string, got: unknown): never => {
    throw new ArgumentError({ where: WHERE, what, expected, got: String(got) });
  };
  const isCount = (n: number): boolean => Number.isInteger(n) && n > 0;
  if (!PROMPT_ENCODERS.includes(encoder as PromptEncoder)) {
    fail("there is no such network", PROMPT_ENCODERS.join(", "), encoder);
  }
  if (!isCount(hidden)) fail("the inner size is not a whole number above 0", "1, 2, …", hidden);
  if (layers !== undefined && !isCount(layers)) fail("the layers are not a whole number above 0", "1, 2, …", layers);
  if (layers !== undefined && encoder === "mlp")
    fail("only an LSTM has a number of layers", 'encoder: "lstm"', encoder);
  if (submodules !== 1 && submodules !== 2) fail("there are not so many submodules", "1 or 2", submodules);
};

/**
 * P-tuning: a prompt in front of the text that a network makes of trained vectors `E` `[P, d]`, which is trained with them. After training the
 * result is an ordinary prompt: `fold`.
 *
 * - `mlp`: `relu(relu(E A) B) C`, `A` `[d, h]`, `B` `[h, h]`, `C` `[h, d]`, each with a bias
 * - `lstm`: a bidirectional LSTM of `h` each way over the vectors, then `relu(· A) B`, `A` `[2 h, 2 h]`, `B` `[2 h, d]`
 * - start: `E` normal, kernels and biases uniform within ±1 over the root of their inputs, of the LSTM within ±1/√h
 * - trained values: `mlp` has `P d + (d + 1) h + (h + 1) h + (h + 1) d`, `lstm` of two layers has
 *   `P d + 8 h (d + h + 2) + 8 h (3 h + 2) + (2 h + 1) 2 h + (2 h + 1) d`
 *
 * @throws {ArgumentError} for options out of range; {TreeError}, {ShapeError} (in `apply`, `fold`) for a tree of other settings or of another model
 * @see Liu et al. 2021, arXiv:2103.10385
 * @example const method = methods.pTuning({ length: 20, encoder: "lstm", hidden: 128 })
 */
export const pTuning = makesMethod("methods.pTuning(options)", (options: PTuningOptions = {}): Method<PTuningTree> => {
  const given = readOptions(WHERE, P_TUNING_OPTIONS, options);
  const { length = 20, encoder = "mlp", submodules = 1, hidden } = given;
  checkLength(WHERE, length);
  checkOptions({ ...given, encoder });
  const layers = encoder === "lstm" ? (given.layers ?? 2) : undefined;
  const sized = { ...(hidden !== undefined && { hidden }), ...(layers !== undefined && { layers }) };
  const settings: Settings = { length, encoder, ...sized, submodules };
  const result = (config: T5Config, tuned: PTuningTree): Tensor => {
    const sizes = sizesOf(settings, config);
    checkTree(WHERE, shapesOf(sizes), tuned);
    return promptOf(tuned, sizes, length);
  };
  return {
    settings: { name: "p-tuning", ...settings },
    init: (key, config, frozen) => {
      checkFrozen(WHERE, frozen);
      return startTree(key, sizesOf(settings, config));
    },
    apply: (config, frozen, tuned) => ({ params: frozen, prefix: result(config, tuned) }),
    fold: (config, _frozen, tuned) => ({
      method: prompt({ length }) as Method,
      tuned: { prompt: result(config, tuned) },
    }),
  };
});
