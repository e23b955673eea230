/** @file The models and batches that costs of methods are measured with. */

export interface CostSize {
  /** A released shape with random weights; `nano` is assets/t5-nano. */
  readonly model: "nano" | "t5-1.1-small";
  readonly batch: number;
  readonly inputs: number;
  readonly targets: number;
}

export const COST_SIZES = {
  nano: { model: "nano", batch: 32, inputs: 48, targets: 8 },
  small: { model: "t5-1.1-small", batch: 8, inputs: 128, targets: 8 },
} as const satisfies Record<string, CostSize>;
export type CostSizeName = keyof typeof COST_SIZES;
