import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { agreesWithPeft, CASES, frozenAgrees } from "./golden-checks.js";

const Golden = suite("methods/golden, all cases on three runtimes");
const files = goldenFiles(Golden, "methods/golden.long.ts");
const RUNTIMES = ["wasm", "reference", "onnx"];
frozenAgrees(Golden, files, RUNTIMES);
// Training is compared for all cases on one runtime, and for the first case of each method on the others.
agreesWithPeft(Golden, files, RUNTIMES, (_, label, name) =>
  label === "wasm" || Object.values(CASES).some(([first]) => first === name) ? ["sgd", "adamw", "adafactor"] : [],
);
Golden.run();
