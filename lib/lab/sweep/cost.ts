/** @file What a sweep would cost: an estimate of one run of each kind, for all of its kind. */
import { canonicalJson } from "../canonical.js";
import { type Estimate, estimate } from "../estimate.js";
import type { Recipe } from "../recipe.js";
import type { PlannedRun } from "./plan.js";

/** What runs of a sweep would cost. */
export interface SweepCost {
  /** Of all runs, one after another. */
  readonly seconds: number;
  /** The most memory that this process has had, in bytes. */
  readonly peakBytes: number;
  /** How many kinds of runs were measured. */
  readonly kinds: number;
}

/** What a step and an evaluation of a recipe cost depends on the rest: neither on its seed nor on its rates. */
const kindOf = ({ seed: _, optimizer, method, ...rest }: Recipe): string => {
  const { init: __, ...shape } = method as typeof method & { readonly init?: unknown };
  return canonicalJson({ ...rest, optimizer: optimizer.name, method: shape });
};

/** Estimates the cost of runs; `onKind` is called before each kind is measured. */
export const costOf = async (
  runs: readonly PlannedRun[],
  onKind: (done: number, kinds: number) => void,
): Promise<SweepCost> => {
  const kinds = new Map<string, PlannedRun[]>();
  for (const run of runs) kinds.set(kindOf(run.recipe), [...(kinds.get(kindOf(run.recipe)) ?? []), run]);
  const found: Estimate[] = [];
  let seconds = 0;
  for (const [first, ...others] of kinds.values()) {
    onKind(found.length, kinds.size);
    const one = await estimate(first.recipe);
    seconds += one.seconds * (others.length + 1);
    found.push(one);
  }
  return { seconds, peakBytes: Math.max(0, ...found.map(({ peakBytes }) => peakBytes)), kinds: kinds.size };
};
