import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { agreesWithPeft, CASES, frozenAgrees } from "./golden-checks.js";

const Golden = suite("methods/golden, all cases on three runtimes");
const files = goldenFiles(Golden, "methods/golden.long.ts");
const RUNTIMES = ["wasm", "reference", "onnx"];
frozenAgrees(Golden, files, RUNTIMES);

/**
 * Training runs of T5 1.0 that leave the golden losses after a few steps where sums have another order, and that the plain definitions follow to the end. In
 * all but `ptuning-lstm` it was seen why: within a change of what is trained by 1e-5 the gradient jumps, since a unit of ReLU is at its bend.
 */
const SENSITIVE = ["lora-feed-forward", "ptuning-lstm", "residual-no-norm", "mpt-from-task"];
/** One that does so on the native executor alone. */
const SENSITIVE_NATIVELY = "prompt-random-submodules2";

const ALL = ["sgd", "adamw", "adafactor"] as const;

// All cases on one runtime, and the first case of each method on the others.
agreesWithPeft(Golden, files, RUNTIMES, (model, label, name) => {
  const isOld = model === "t5-tiny-v1_0";
  if (isOld && SENSITIVE.includes(name)) return label === "reference" ? ALL : label === "wasm" ? [] : undefined;
  if (isOld && label === "onnx" && name === SENSITIVE_NATIVELY) return [];
  if (label === "wasm") return ALL;
  return Object.values(CASES).some(([one]) => one === name) ? ALL : undefined;
});
Golden.run();
