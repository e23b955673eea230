/**
 * @file The learning rates that worked, by method and optimizer, for a first look at a run that learned nothing.
 *
 * They are read off the sweeps of `scripts/learning-rates.ts` (t5-nano on the synthetic rows that come with the package). A large model, or a long run, may
 * want others.
 */

/** The lowest and the highest rate that worked. */
export interface RateRange {
  readonly lowest: number;
  readonly highest: number;
}

/** By method, then by optimizer. */
export const WORKING_RATES: Readonly<Partial<Record<string, Readonly<Partial<Record<string, RateRange>>>>>> = {
  prompt: { adafactor: { lowest: 0.003, highest: 0.3 }, adamw: { lowest: 0.003, highest: 1 } },
  lora: { adafactor: { lowest: 0.0001, highest: 0.01 }, adamw: { lowest: 0.0001, highest: 0.01 } },
  ia3: { adafactor: { lowest: 0.001, highest: 0.3 } },
  prefix: { adafactor: { lowest: 0.001, highest: 0.1 } },
  "per-layer": { adafactor: { lowest: 0.01, highest: 1 } },
  residual: { adafactor: { lowest: 0.0001, highest: 0.3 } },
  "p-tuning": { adafactor: { lowest: 0.0001, highest: 0.3 } },
  norms: { adafactor: { lowest: 0.001, highest: 0.1 } },
  full: { adafactor: { lowest: 0.00001, highest: 0.003 } },
};
