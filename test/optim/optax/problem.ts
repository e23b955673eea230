/** @file The problem of optax's trajectories in plain numbers: where it starts, its loss and its gradient. */

/** `[m, n, k, q, shift, den]`: element (i, j) is `((m i + n j + k) mod q - shift) / den`. */
type Formula = readonly number[];
interface LeafFormulas {
  readonly shape: readonly number[];
  readonly start: Formula;
  readonly weight: Formula;
  readonly goal: Formula;
}

export interface ProblemGolden {
  readonly leaves: Readonly<Record<string, LeafFormulas>>;
  readonly logistic: {
    readonly x: { readonly shape: readonly number[]; readonly formula: Formula };
    readonly y: readonly number[];
  };
}

/** The elements of each leaf by its path. */
export type Values = Readonly<Record<string, Float64Array>>;

interface Leaf {
  readonly shape: readonly number[];
  readonly start: Float64Array;
  readonly weight: Float64Array;
  readonly goal: Float64Array;
}

export interface Problem {
  readonly leaves: Readonly<Record<string, Leaf>>;
  readonly x: Float64Array;
  readonly y: readonly number[];
}

const elements = (shape: readonly number[], [m, n, k, q, shift, den]: Formula): Float64Array => {
  const columns = shape.length < 2 ? 1 : shape[1];
  const size = shape.reduce((a, b) => a * b, 1);
  return Float64Array.from({ length: size }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return (((m * i + n * j + k) % q) - shift) / den;
  });
};

export const problemOf = ({ leaves, logistic }: ProblemGolden): Problem => ({
  leaves: Object.fromEntries(
    Object.entries(leaves).map(([name, { shape, start, weight, goal }]) => {
      const of = (formula: Formula) => elements(shape, formula);
      return [name, { shape, start: of(start), weight: of(weight), goal: of(goal) }];
    }),
  ),
  x: elements(logistic.x.shape, logistic.x.formula),
  y: logistic.y,
});

export const startOf = ({ leaves }: Problem): Values =>
  Object.fromEntries(Object.entries(leaves).map(([name, { start }]) => [name, start]));

/** Loss and gradient at `params`, as the sum of squares and of logistic losses that the file states. */
export const lossAndGradient = ({ leaves, x, y }: Problem, params: Values): { loss: number; gradient: Values } => {
  let loss = 0;
  const gradient: Record<string, Float64Array> = {};
  for (const [name, { weight, goal }] of Object.entries(leaves)) {
    const off = params[name].map((p, i) => p - goal[i]);
    gradient[name] = off.map((d, i) => weight[i] * d);
    loss += off.reduce((sum, d, i) => sum + 0.5 * weight[i] * d * d, 0);
  }
  const [w, b] = [params["head/w"], params["head/b"]];
  y.forEach((label, i) => {
    const row = x.subarray(i * w.length, (i + 1) * w.length);
    const margin = label * row.reduce((sum, v, j) => sum + v * w[j], b[0]);
    loss += Math.log1p(Math.exp(-margin));
    const slope = -label / (1 + Math.exp(margin));
    row.forEach((v, j) => {
      gradient["head/w"][j] += slope * v;
    });
    gradient["head/b"][0] += slope;
  });
  return { loss, gradient };
};
