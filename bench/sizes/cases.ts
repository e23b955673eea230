/** @file What the benchmark of sizes runs. */
import type { InitOptions } from "../../lib/compile/init.js";
import type { ConfigName } from "../../lib/t5/configs.js";

export interface Case {
  readonly model: ConfigName;
  readonly executor: NonNullable<InitOptions["executor"]>;
  /** `evaluate`: the loss of a batch, and tokens decoded greedily. `step`: loss and gradient of a prompt. */
  readonly work: "evaluate" | "step";
  readonly batch: number;
  readonly inputs: number;
  readonly targets: number;
  readonly prompt: number;
}

export const CASES = {
  "small-8x512": {
    model: "t5-1.1-small",
    executor: "tfjs",
    work: "evaluate",
    batch: 8,
    inputs: 512,
    targets: 64,
    prompt: 100,
  },
  "base-1x512": {
    model: "t5-1.1-base",
    executor: "tfjs",
    work: "evaluate",
    batch: 1,
    inputs: 512,
    targets: 64,
    prompt: 100,
  },
  "large-step": {
    model: "t5-1.1-large",
    executor: "onnx",
    work: "step",
    batch: 1,
    inputs: 128,
    targets: 16,
    prompt: 100,
  },
} as const satisfies Record<string, Case>;
