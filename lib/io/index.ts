/** @file Files of weights and prompts, in and out. Needs Node. */
export { type LoadOptions, loadHuggingFace, type Progress, type StoredT5 } from "./huggingface.js";
export { decodeHuggingFaceConfig } from "./huggingface-config.js";
export { encodeNpy, parseNpy } from "./npy.js";
export { exportOnnx } from "./onnx.js";
export { loadParams, saveParams } from "./params.js";
export { encodeSafetensors, openSafetensors, parseSafetensors, type SafetensorsFile } from "./safetensors.js";
export type { SourcedT5, SourceOptions } from "./t5-source.js";
export { loadT5x, type StoredT5x } from "./t5x/load.js";
export { saveT5x, type T5xContent } from "./t5x/save.js";
