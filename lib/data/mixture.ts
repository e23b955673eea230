/**
 * @file Mixtures of tasks by rates: how often each is drawn, and which example comes next.
 *
 * Source: https://github.com/google/seqio, `dataset_providers.py` and `utils.py`, version 0.0.20; spec 8.6.
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { epochOrder, mix } from "./batch.js";
import { byStep } from "./by-step.js";

/** Rates by the name of a task or of a mixture. A part with rate 0 is never drawn. */
export type Rates = Readonly<Record<string, number>>;

export interface RateOptions {
  /** The size is multiplied by it. Default 1. */
  readonly scale?: number;
  /** The largest rate before the temperature; 0 or none sets no limit. */
  readonly maximum?: number;
  /** Rates are raised to one over it: above 1 small tasks are drawn more often than by their size. Default 1. */
  readonly temperature?: number;
}

const fail = (where: string, what: string, expected: string, got: unknown, at?: string): never => {
  throw new ArgumentError({ where, what, expected, got: String(got), at });
};

const isRate = (x: number): boolean => Number.isFinite(x) && x >= 0;

/**
 * The rate of a task by its number of examples: `min(size * scale, maximum) ** (1 / temperature)`.
 *
 * @throws {ArgumentError} for a size or an option out of range
 * @example rateBySize(250, { temperature: 2 }) // 15.8…
 */
export const rateBySize = takes(
  "rateBySize(size, { scale, maximum, temperature })",
  (size: number, { scale = 1, maximum = 0, temperature = 1 }: RateOptions = {}): number => {
    const where = "rateBySize";
    if (!isRate(size)) fail(where, "the size is out of range", "a number from 0", size);
    if (!(isRate(scale) && scale > 0)) fail(where, "the scale is out of range", "a number above 0", scale);
    if (!isRate(maximum)) fail(where, "the maximum is out of range", "a number from 0", maximum);
    if (!(isRate(temperature) && temperature > 0)) {
      fail(where, "the temperature is out of range", "a number above 0", temperature);
    }
    const capped = maximum === 0 ? size * scale : Math.min(size * scale, maximum);
    return capped ** (1 / temperature);
  },
);

/**
 * The rates of tasks where some of the parts are mixtures themselves: the rate of a mixture goes to its tasks in their own proportions, and a
 * task that is named several times has the sum.
 *
 * - `mixtures`: the rates inside of each mixture, by its name
 * @throws {ArgumentError} for a rate below 0, a mixture that is drawn and whose rates are all 0, and one that is part of itself
 * @example taskRates({ glue: 8, squad: 1 }, { glue: { cola: 1, mnli: 3 } }) // { cola: 2, mnli: 6, squad: 1 }
 */
export const taskRates = takes(
  "taskRates(rates, mixtures)",
  (rates: Rates, mixtures: Readonly<Record<string, Rates>> = {}): Rates => {
    const found = new Map<string, number>();
    const add = (parts: Rates, share: number, path: readonly string[]): void => {
      for (const [name, rate] of Object.entries(parts)) {
        const at = [...path, name].join("/");
        if (!isRate(rate)) fail("taskRates", "a rate is out of range", "a number from 0", rate, at);
        if (path.includes(name)) fail("taskRates", "a mixture is part of itself", "tasks or other mixtures", name, at);
        if (!Object.hasOwn(mixtures, name)) {
          found.set(name, (found.get(name) ?? 0) + rate * share);
          continue;
        }
        const total = Object.values(mixtures[name]).reduce((sum, x) => sum + x, 0);
        if (total === 0 && rate > 0) fail("taskRates", "all rates of a mixture are 0", "one above 0", 0, at);
        add(mixtures[name], total === 0 ? 0 : (rate * share) / total, [...path, name]);
      }
    };
    add(rates, 1, []);
    return Object.fromEntries(found);
  },
);

/** The part whose share of `[0, total)` holds `x`. */
export const partAt = (rates: readonly number[], x: number): number => {
  let left = x;
  const at = rates.findIndex((rate) => {
    left -= rate;
    return left < 0;
  });
  // Rounding may leave nothing for the end.
  return at >= 0 ? at : rates.findLastIndex((rate) => rate > 0);
};

/** An example of a mixture: the part it is of, and its row there. */
export interface Drawn {
  readonly part: number;
  readonly row: number;
}

export interface MixtureOptions {
  /** Whether a part starts again, in another order, after its last example. Default true. */
  readonly repeat?: boolean;
}

/** @throws {ArgumentError} for rates that are not as many as parts, out of range, or all 0 */
export const checkRates = (where: string, parts: number, rates: readonly number[]): void => {
  if (parts !== rates.length) fail(where, "each part has a size and a rate", `${parts} rates`, rates.length);
  const bad = rates.find((rate) => !isRate(rate));
  if (bad !== undefined) fail(where, "a rate is out of range", "a number from 0", bad);
  if (!rates.some((rate) => rate > 0))
    fail(where, "no part is drawn", "a rate above 0", rates.join(", ") || "no rates");
};

/** As `checkRates`. @throws {ArgumentError} also for a part that is drawn and empty */
const checkParts = (sizes: readonly number[], rates: readonly number[]): void => {
  const where = "drawMixture";
  checkRates(where, sizes.length, rates);
  const empty = sizes.findIndex((size, i) => size === 0 && rates[i] > 0);
  if (empty >= 0) fail(where, "a part has no examples", "at least one, or the rate 0", 0, `part ${empty}`);
};

/**
 * Draws examples one after another: each is of part `i` with probability `rates[i] / sum(rates)`, and the examples of a part come in the
 * order of a shuffle. Without repetition it ends when the part that is drawn has none left.
 *
 * @throws {ArgumentError} for rates that do not fit the sizes, or a part that is drawn and empty
 * @see seqio's `Mixture.get_dataset`
 */
export const drawMixture = takes(
  "drawMixture(sizes, rates, seed, { repeat })",
  function* (
    sizes: readonly number[],
    rates: readonly number[],
    seed: number,
    { repeat = true }: MixtureOptions = {},
  ): Generator<Drawn, void> {
    checkParts(sizes, rates);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const seeds = sizes.map((_, part) => mix(seed, part + 1));
    const parts = sizes.map((size, part) => ({ epoch: 0, at: 0, order: epochOrder(size, seeds[part], 0) }));
    for (let n = 0; ; n++) {
      const part = partAt(rates, (mix(mix(seed, 0), n) / 2 ** 32) * total);
      const own = parts[part];
      if (own.at === own.order.length) {
        if (!repeat) return;
        parts[part] = { epoch: own.epoch + 1, at: 0, order: epochOrder(sizes[part], seeds[part], own.epoch + 1) };
      }
      yield { part, row: parts[part].order[parts[part].at++] };
    }
  },
);

/**
 * Selects the examples of each step's batch from a mixture.
 *
 * @returns a function of the step, counted from 0, that depends on nothing else; a step before the last one asked for begins anew
 * @throws {ArgumentError} as `drawMixture`
 * @example mixtureRows([250, 9427], [250, 9427], 32, seed)(0) // 32 of { part, row }
 */
export const mixtureRows = takes(
  "mixtureRows(sizes, rates, batchSize, seed)",
  (
    sizes: readonly number[],
    rates: readonly number[],
    batchSize: number,
    seed: number,
  ): ((step: number) => readonly Drawn[]) => {
    checkParts(sizes, rates);
    return byStep(function* batches(): Generator<readonly Drawn[]> {
      const draws = drawMixture(sizes, rates, seed);
      for (;;) yield Array.from({ length: batchSize }, () => draws.next().value as Drawn);
    });
  },
);

/**
 * Selects the examples of each step's batch from a mixture, where a batch takes examples of one group of like length: those that are drawn wait until
 * their group has a batch.
 *
 * - `groups`: the group of each example, by part
 * - `batchSizes`: how many examples a batch of each group holds
 * @returns a function of the step, as `mixtureRows`
 * @throws {ArgumentError} as `drawMixture`
 * @example mixtureTokenRows([[0, 1], [0, 0]], [1, 1], [2, 1], seed)(0) // { part, row } of one group
 */
export const mixtureTokenRows = takes(
  "mixtureTokenRows(groups, rates, batchSizes, seed)",
  (
    groups: readonly (readonly number[])[],
    rates: readonly number[],
    batchSizes: readonly number[],
    seed: number,
  ): ((step: number) => readonly Drawn[]) => {
    const sizes = groups.map(({ length }) => length);
    checkParts(sizes, rates);
    return byStep(function* batches(): Generator<readonly Drawn[]> {
      const waiting = batchSizes.map((): Drawn[] => []);
      for (const drawn of drawMixture(sizes, rates, seed)) {
        const group = groups[drawn.part][drawn.row];
        waiting[group].push(drawn);
        if (waiting[group].length === batchSizes[group]) yield waiting[group].splice(0);
      }
    });
  },
);
