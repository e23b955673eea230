/**
 * @file Losses over choices, by PyTorch 2.14.1 and transformers 5.24.0 in float64, on the models of the golden folder.
 *
 * `T5ForConditionalGeneration` gives the logits of each choice on its own, without padding, behind an input whose embeddings begin with the rows of
 * the embedding of `PROMPT_IDS`; `logsumexp`, `log_softmax` and autograd do the rest, by the formulas of T5X's `cross_entropy_with_logits` and of the
 * perceptron of the reference implementation.
 */
import type { LossOptions } from "../../lib/t5/index.js";
import type { Digest } from "../helpers/golden.js";

export const PROMPT_IDS = [7, 8, 9];
export const INPUTS = [
  [21, 305, 77, 9, 1],
  [44, 8, 1, 0, 0],
  [130, 131, 132, 1, 0],
];
/** The second example has one choice less. */
export const CHOICES = [
  [
    [5, 1, 0, 0],
    [60, 61, 1, 0],
    [200, 17, 33, 1],
  ],
  [
    [9, 10, 11, 1],
    [300, 1, 0, 0],
    [0, 0, 0, 0],
  ],
  [
    [12, 1, 0, 0],
    [401, 402, 1, 0],
    [33, 1, 0, 0],
  ],
];
export const ANSWER = [1, 0, 2];

export interface LabelCase {
  readonly options: LossOptions;
  readonly weights: readonly number[];
  /** The sum over the examples. */
  readonly sum: number;
  readonly gradient: Digest;
}

export const LABEL_CASES: Readonly<Record<string, readonly LabelCase[]>> = {
  "t5-tiny": [
    {
      options: { loss: "labels", zLoss: 0.01 },
      weights: [1, 1, 1],
      sum: 6.78912717,
      gradient: {
        shape: [3, 64],
        l2: 2.21794515,
        sum: 1.41499745,
        cosdot: -1.9389432,
        max_abs: 0.443983437,
        first: [-0.0421716864, 0.180279379, 0.051646324, 0.214444142],
        last: [0.0549983712, 0.0171063239, -0.333003847, -0.25314781],
      },
    },
    {
      options: { loss: "labels", zLoss: 0.01, labelSmoothing: 0.1, lengthNormalize: false },
      weights: [1, 1, 1],
      sum: 28.0631912,
      gradient: {
        shape: [3, 64],
        l2: 8.64271534,
        sum: 1.69113283,
        cosdot: -4.07256519,
        max_abs: 2.53967664,
        first: [0.635518946, 0.881280582, 0.795910797, 0.604473533],
        last: [0.691350014, 0.334778869, -0.747808775, -0.587623122],
      },
    },
    {
      options: { loss: "labels", labelSmoothing: 0.3 },
      weights: [1, 0.5, 2],
      sum: 5.13301613,
      gradient: {
        shape: [3, 64],
        l2: 3.11537429,
        sum: 1.97635381,
        cosdot: -2.7972829,
        max_abs: 0.640188688,
        first: [-0.173871445, 0.0370285526, -0.0826501458, 0.264192927],
        last: [0.0179155424, -0.0595120853, -0.470815646, -0.319181441],
      },
    },
    {
      options: { loss: "hinge" },
      weights: [1, 1, 1],
      sum: 4.9975001,
      gradient: {
        shape: [3, 64],
        l2: 2.62909295,
        sum: 2.01071409,
        cosdot: -2.26421612,
        max_abs: 0.561794706,
        first: [-0.166004979, 0.126925307, -0.0690059478, 0.197468421],
        last: [-0.0526626004, 0.00537765059, -0.329968041, -0.305079063],
      },
    },
    {
      options: { loss: "hinge", hinge: 1.5, lengthNormalize: false },
      weights: [0.5, 2, 1],
      sum: 37.2421444,
      gradient: {
        shape: [3, 64],
        l2: 18.3970853,
        sum: -7.24806378,
        cosdot: -1.32286899,
        max_abs: 6.06975201,
        first: [1.77255862, 1.91619725, 2.02840971, 1.08434451],
        last: [1.44198614, 0.472906104, -1.02725267, -0.945457854],
      },
    },
  ],
  "t5-tiny-v1_0": [
    {
      options: { loss: "labels", zLoss: 0.01 },
      weights: [1, 1, 1],
      sum: 5.03244984,
      gradient: {
        shape: [3, 64],
        l2: 12.1418342,
        sum: 5.12338459,
        cosdot: 14.6533602,
        max_abs: 2.33530192,
        first: [-0.287463916, -0.327316757, -0.212754445, -0.85904462],
        last: [0.0173281336, 0.0280656668, 1.0139318, -0.888580024],
      },
    },
    {
      options: { loss: "labels", zLoss: 0.01, labelSmoothing: 0.1, lengthNormalize: false },
      weights: [1, 1, 1],
      sum: 35.4813809,
      gradient: {
        shape: [3, 64],
        l2: 49.4761622,
        sum: -4.09409499,
        cosdot: 53.5203923,
        max_abs: 10.7474747,
        first: [-2.43547136, -3.13312374, -1.85311554, -3.26765346],
        last: [-4.0121985, 2.92254225, 2.71987565, -10.7474747],
      },
    },
    {
      options: { loss: "labels", labelSmoothing: 0.3 },
      weights: [1, 0.5, 2],
      sum: 1.64070761,
      gradient: {
        shape: [3, 64],
        l2: 16.1477495,
        sum: -2.05519744,
        cosdot: 10.2287469,
        max_abs: 3.33926326,
        first: [0.204176933, 0.0764842865, -0.20146622, -0.736222997],
        last: [0.736295134, -1.00988731, 0.447067501, 0.838100784],
      },
    },
    {
      options: { loss: "hinge" },
      weights: [1, 1, 1],
      sum: 1.83346946,
      gradient: {
        shape: [3, 64],
        l2: 13.5786477,
        sum: -4.85815733,
        cosdot: 7.56102658,
        max_abs: 2.7062792,
        first: [0.31949775, -0.264591054, -0.112934579, -0.455805878],
        last: [0.487314739, -0.680029233, 0.406259251, 0.330800147],
      },
    },
    {
      options: { loss: "hinge", hinge: 1.5, lengthNormalize: false },
      weights: [0.5, 2, 1],
      sum: 47.4207949,
      gradient: {
        shape: [3, 64],
        l2: 80.744973,
        sum: 83.7961406,
        cosdot: 118.617603,
        max_abs: 15.3121882,
        first: [-5.44462313, -1.20870034, -3.15180808, -6.12453128],
        last: [-6.69631637, 6.29156261, 4.69789327, -13.1242728],
      },
    },
  ],
};
