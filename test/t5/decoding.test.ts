import { suite } from "uvu";
import { decodesLikeGoldens } from "./decoding-checks.js";

const Decoding = suite("t5/decoding");
// All models, cases and runtimes: see golden.long.ts.
decodesLikeGoldens(Decoding, ["wasm"], (name, prompt) => name === "t5-tiny" && !prompt);
decodesLikeGoldens(Decoding, ["onnx"], (name, prompt) => name === "t5-tiny-v1_0" && prompt);
Decoding.run();
