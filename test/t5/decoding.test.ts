import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { decodesLikeGoldens } from "./decoding-checks.js";

const Decoding = suite("t5/decoding");
const files = goldenFiles(Decoding, "t5/decoding.test.ts");
// All models, cases and runtimes: see golden.long.ts.
decodesLikeGoldens(Decoding, files, ["wasm"], (name, prompt) => name === "t5-tiny" && !prompt);
decodesLikeGoldens(Decoding, files, ["onnx"], (name, prompt) => name === "t5-tiny-v1_0" && prompt);
Decoding.run();
