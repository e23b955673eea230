/**
 * @file Recurrent cells: one step of a sequence, as `lax.scan` wants it.
 *
 * @example lax.scan((carry, x) => cell.apply(params, carry, x), cell.initCarry([batch]), xs) // xs: [time, batch, in]
 */

import type { Shape } from "../core/aval.js";
import { composite, scope, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { sigmoid } from "./activations.js";
import type { DenseParams } from "./dense.js";
import { type Initializer, lecunNormal, orthogonal } from "./initializers.js";
import { checkFeatures } from "./layer.js";

/** One step: from what is carried and an input to what is carried on and an output. */
export interface Cell<C> {
  readonly init: (key: Tensor) => CellParams;
  /** Zeros, with these leading axes. */
  readonly initCarry: (batch?: Shape) => C;
  readonly apply: (params: CellParams, carry: C, x: Tensor) => readonly [carry: C, y: Tensor];
}

/** The kernels of all gates side by side along the last axis. */
export interface CellParams {
  /** Of the input: kernel `[in, gates · features]`, and for a cell whose input has one a bias `[gates · features]`. */
  readonly input: DenseParams;
  /** Of the state: kernel `[features, gates · features]`, bias. */
  readonly hidden: DenseParams;
}

export interface CellOptions {
  /** Of the input's kernel, each gate by itself. Default `lecunNormal()`. */
  readonly kernelInit?: Initializer;
  /** Of the state's kernel, each gate by itself. Default `orthogonal()`. */
  readonly recurrentInit?: Initializer;
}

/** Kernels whose gates are drawn one by one, since together they would have another fan, or not be orthogonal. */
const gates = (init: Initializer, key: Tensor, from: number, features: number, count: number): Tensor =>
  np.concatenate(
    random.subkeys(key, count).map((own) => init(own, [from, features])),
    1,
  );

interface Sizes {
  readonly inFeatures: number;
  readonly features: number;
  readonly count: number;
  /** Length of the biases of input and state, in gates; 0 for none. */
  readonly biases: readonly [input: number, hidden: number];
}

const starts =
  ({ inFeatures, features, count, biases }: Sizes, options: CellOptions) =>
  (key: Tensor): CellParams =>
    scope(() => {
      const { kernelInit = lecunNormal(), recurrentInit = orthogonal() } = options;
      const [forInput, forHidden] = random.subkeys(key);
      const withBias = (kernel: Tensor, length: number): DenseParams =>
        length === 0 ? { kernel } : { kernel, bias: np.zeros([length * features]) };
      return {
        input: withBias(gates(kernelInit, forInput, inFeatures, features, count), biases[0]),
        hidden: withBias(gates(recurrentInit, forHidden, features, features, count), biases[1]),
      };
    });

const product = (params: DenseParams, x: Tensor): Tensor => {
  const y = np.matmul(x, params.kernel);
  return params.bias === undefined ? y : np.add(y, params.bias);
};

/**
 * The plain cell: `h' = tanh(x · W + h · U + b)`; the output is `h'`.
 *
 * @see Elman 1990; Flax's `SimpleCell`
 */
export const simpleCell = takes(
  "nn.simpleCell(inFeatures, features, { kernelInit, recurrentInit })",
  (inFeatures: number, features: number, options: CellOptions = {}): Cell<Tensor> => ({
    init: starts({ inFeatures, features, count: 1, biases: [1, 0] }, options),
    initCarry: (batch = []) => np.zeros([...batch, features]),
    apply: composite("nn.simpleCell(params, h, x)", (params: CellParams, h: Tensor, x: Tensor) => {
      checkFeatures("nn.simpleCell", x, inFeatures);
      const next = np.tanh(np.add(product(params.input, x), product(params.hidden, h)));
      return [next, next] as const;
    }),
  }),
);

/** What an LSTM carries, each `[..., features]`. */
export interface LstmCarry {
  /** The memory. */
  readonly c: Tensor;
  /** The output. */
  readonly h: Tensor;
}

/**
 * Long short-term memory: `c' = σ(f) · c + σ(i) · tanh(g)`, `h' = σ(o) · tanh(c')`; gates in the order i, f, g, o.
 *
 * The bias (on the state's side, as in Flax) starts at 0, that of the forget gate too.
 * @see Hochreiter and Schmidhuber 1997; Flax's `OptimizedLSTMCell`
 */
export const lstmCell = takes(
  "nn.lstmCell(inFeatures, features, { kernelInit, recurrentInit })",
  (inFeatures: number, features: number, options: CellOptions = {}): Cell<LstmCarry> => ({
    init: starts({ inFeatures, features, count: 4, biases: [0, 4] }, options),
    initCarry: (batch = []) => scope(() => ({ c: np.zeros([...batch, features]), h: np.zeros([...batch, features]) })),
    apply: composite("nn.lstmCell(params, { c, h }, x)", (params: CellParams, { c, h }: LstmCarry, x: Tensor) => {
      checkFeatures("nn.lstmCell", x, inFeatures);
      const all = np.add(product(params.input, x), product(params.hidden, h));
      const [i, f, g, o] = np.split(all, 4, -1);
      const memory = np.add(np.multiply(sigmoid(f), c), np.multiply(sigmoid(i), np.tanh(g)));
      const output = np.multiply(sigmoid(o), np.tanh(memory));
      return [{ c: memory, h: output }, output] as const;
    }),
  }),
);

/**
 * Gated recurrent unit: `n = tanh(xₙ + σ(r) · hₙ)`, `h' = (1 - σ(z)) · n + σ(z) · h`; gates in the order r, z, n.
 *
 * The state's side has a bias for n only, where it is inside of the reset gate; the others would be the same twice.
 * @see Cho et al. 2014, arXiv:1406.1078; Flax's `GRUCell`
 */
export const gruCell = takes(
  "nn.gruCell(inFeatures, features, { kernelInit, recurrentInit })",
  (inFeatures: number, features: number, options: CellOptions = {}): Cell<Tensor> => ({
    init: starts({ inFeatures, features, count: 3, biases: [3, 1] }, options),
    initCarry: (batch = []) => np.zeros([...batch, features]),
    apply: composite("nn.gruCell(params, h, x)", (params: CellParams, h: Tensor, x: Tensor) => {
      checkFeatures("nn.gruCell", x, inFeatures);
      const [xr, xz, xn] = np.split(product(params.input, x), 3, -1);
      const [hr, hz, hn] = np.split(np.matmul(h, params.hidden.kernel), 3, -1);
      const [r, z] = [sigmoid(np.add(xr, hr)), sigmoid(np.add(xz, hz))];
      const inner = params.hidden.bias === undefined ? hn : np.add(hn, params.hidden.bias);
      const n = np.tanh(np.add(xn, np.multiply(r, inner)));
      const next = np.add(np.multiply(np.subtract(1, z), n), np.multiply(z, h));
      return [next, next] as const;
    }),
  }),
);
