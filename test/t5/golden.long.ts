import { suite } from "uvu";
import { decodesLikeGoldens } from "./decoding-checks.js";
import { agreesWithGoldens } from "./golden-checks.js";

const Golden = suite("t5/golden on the slow runtimes, and all decoding");
agreesWithGoldens(Golden, ["reference", "cpu"]);
// What decoding.test.ts leaves out, too.
decodesLikeGoldens(Golden, ["reference", "cpu", "wasm", "onnx"]);
Golden.run();
