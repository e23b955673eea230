import { suite } from "uvu";
import { QUICK_METHODS } from "../golden/method-lines.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { agreesWithPeft, frozenAgrees } from "./golden-checks.js";

const Golden = suite("methods/golden");
const files = goldenFiles(Golden, "methods/golden.test.ts");
frozenAgrees(Golden, files, ["wasm", "onnx"]);
// All cases, and all optimizers: see golden.long.ts.
agreesWithPeft(Golden, files, ["wasm"], (model, _, name) =>
  QUICK_METHODS[model].includes(name) ? ["adamw"] : undefined,
);
Golden.run();
