/** @file The T5 of the benchmarks: sizes, seeded weights and batch, and the count of floating-point operations. */

export interface Size {
  readonly d: number;
  readonly ff: number;
  readonly layers: number;
  readonly heads: number;
  readonly dkv: number;
  readonly vocab: number;
  readonly batch: number;
  readonly input: number;
  readonly target: number;
  readonly prompt: number;
}

const toy = { d: 128, ff: 256, layers: 2, heads: 4, dkv: 32, batch: 8, input: 64, target: 8, prompt: 20 };

const full = { dkv: 64, vocab: 32128, input: 128, target: 8, prompt: 100 };

/** `small` and `base` are those of T5 1.1; `tiny` is `nano` with T5's vocabulary. */
export const SIZES = {
  nano: { ...toy, vocab: 4096 },
  tiny: { ...toy, vocab: 32128 },
  small: { ...full, d: 512, ff: 1024, layers: 8, heads: 6, batch: 8 },
  base: { ...full, d: 768, ff: 2048, layers: 12, heads: 12, batch: 4 },
} as const satisfies Record<string, Size>;
export type SizeName = keyof typeof SIZES;

/** A small seeded generator of uniform numbers in [0, 1) (the mulberry32 recurrence). */
export const uniforms = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** `n` normal numbers of standard deviation `sd`, by Box and Muller. */
export const normals = (next: () => number, n: number, sd: number): Float32Array => {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = sd * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return out;
};

export interface Weight {
  readonly name: string;
  /** `[in, out]`. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * All weights, one at a time, so that a peer that copies them need not hold them twice; `enc.0.self.q` is the query kernel of the first encoder
 * layer.
 */
export function* drawWeights(c: Size): Generator<Weight, void> {
  const next = uniforms(1);
  const inner = c.heads * c.dkv;
  const draw = (name: string, shape: readonly [number, number], sd: number): Weight => ({
    name,
    shape,
    data: normals(next, shape[0] * shape[1], sd),
  });
  const ones = (name: string): Weight => ({ name, shape: [c.d], data: new Float32Array(c.d).fill(1) });
  function* attention(name: string): Generator<Weight, void> {
    yield draw(`${name}.q`, [c.d, inner], (c.d * c.dkv) ** -0.5);
    yield draw(`${name}.k`, [c.d, inner], c.d ** -0.5);
    yield draw(`${name}.v`, [c.d, inner], c.d ** -0.5);
    yield draw(`${name}.o`, [inner, c.d], inner ** -0.5);
  }
  yield draw("embedding", [c.vocab, c.d], 1);
  for (const stack of ["enc", "dec"]) {
    yield draw(`${stack}.bias`, [c.heads, 32], 0.1);
    for (let i = 0; i < c.layers; i++) {
      yield ones(`${stack}.${i}.norm1`);
      yield* attention(`${stack}.${i}.self`);
      if (stack === "dec") {
        yield ones(`${stack}.${i}.norm2`);
        yield* attention(`${stack}.${i}.cross`);
      }
      yield ones(`${stack}.${i}.norm3`);
      yield draw(`${stack}.${i}.wi0`, [c.d, c.ff], c.d ** -0.5);
      yield draw(`${stack}.${i}.wi1`, [c.d, c.ff], c.d ** -0.5);
      yield draw(`${stack}.${i}.wo`, [c.ff, c.d], c.ff ** -0.5);
    }
    yield ones(`${stack}.norm`);
  }
  yield draw("head", [c.d, c.vocab], c.d ** -0.5);
}

/** All weights by name, each taken over by `put` as it is drawn. */
export const weightsBy = <T>(c: Size, put: (weight: Weight) => T): Record<string, T> =>
  Object.fromEntries(Array.from(drawWeights(c), (weight) => [weight.name, put(weight)]));

export interface Data {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  readonly prompt: Float32Array;
}

/** A batch without padding, and a prompt. */
export const drawData = (c: Size): Data => {
  const next = uniforms(2);
  const ids = (n: number): Int32Array => Int32Array.from({ length: n }, () => 2 + Math.floor(next() * (c.vocab - 2)));
  const inputs = ids(c.batch * c.input);
  const targets = ids(c.batch * c.target);
  return { inputs, targets, prompt: normals(uniforms(3), c.prompt * c.d, 0.5) };
};

/** Operations of the forward pass. A step has twice as many, since the weights are frozen: the backward pass is to activations only. */
export const flopsOf = (c: Size): number => {
  const inner = c.heads * c.dkv;
  const length = c.input + c.prompt;
  const [encoderRows, decoderRows] = [c.batch * length, c.batch * c.target];
  const mlp = 3 * c.d * c.ff;
  const encoder = encoderRows * (2 * (4 * c.d * inner + mlp) + 4 * length * inner);
  const decoder =
    decoderRows * (2 * (6 * c.d * inner + mlp) + 4 * (c.target + length) * inner) + encoderRows * 4 * c.d * inner;
  return c.layers * (encoder + decoder) + decoderRows * 2 * c.d * c.vocab;
};

/** What the decoder reads: the targets moved right by one, with 0 in front. */
export const shifted = (c: Size, targets: Int32Array): Int32Array =>
  targets.map((_, i) => (i % c.target === 0 ? 0 : targets[i - 1]));
