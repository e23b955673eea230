/** @file Files of weights and prompts, in and out. Needs Node. */
export { decodeHuggingFaceConfig, loadHuggingFace, type StoredT5 } from "./huggingface.js";
export { encodeNpy, parseNpy } from "./npy.js";
export { exportOnnx } from "./onnx.js";
export { loadParams, saveParams } from "./params.js";
export { encodeSafetensors, openSafetensors, parseSafetensors, type SafetensorsFile } from "./safetensors.js";
