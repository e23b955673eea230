import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { decodesLikeGoldens } from "./decoding-checks.js";
import { agreesWithGoldens } from "./golden-checks.js";

const Golden = suite("t5/golden on the slow runtimes, and all decoding");
const files = goldenFiles(Golden, "t5/golden.long.ts");
agreesWithGoldens(Golden, files, ["reference", "cpu"]);
// What decoding.test.ts leaves out, too.
decodesLikeGoldens(Golden, files, ["reference", "cpu", "wasm", "onnx"]);
Golden.run();
