import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { agreesWithPeft, CASES, frozenAgrees } from "./golden-checks.js";

const Golden = suite("methods/golden, all cases on three runtimes");
const files = goldenFiles(Golden, "methods/golden.long.ts");
const RUNTIMES = ["wasm", "reference", "onnx"];
frozenAgrees(Golden, files, RUNTIMES);
// Training is compared for all cases on the plain definitions, and for the first case of each method elsewhere. There sums have another order, and
// a relu of T5 1.0 may open at another step: in float64 lora-feed-forward is the golden run to 1e-15, on wasm it leaves it at the sixth step.
agreesWithPeft(Golden, files, RUNTIMES, (_, label, name) =>
  label === "reference" || Object.values(CASES).some(([first]) => first === name) ? ["sgd", "adamw", "adafactor"] : [],
);
Golden.run();
