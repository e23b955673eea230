/** @file Files of weights and prompts, in and out. Needs Node. */
export { orThrow } from "../edge/either.js";
export { type CheckpointKind, checkpointKind } from "./checkpoint-kind.js";
export { SOURCE_NAMES } from "./fetch/catalogue.js";
export { cacheFolder, type Fetched, type FetchOptions, type FetchProgress, fetchFiles } from "./fetch/fetch.js";
export { type LoadOptions, loadHuggingFace, type Progress, type StoredT5 } from "./huggingface.js";
export { decodeHuggingFaceConfig, encodeHuggingFaceConfig } from "./huggingface-config.js";
export { type LoadedT5, loadT5 } from "./load-t5.js";
export { loadMeshTensorFlow } from "./meshtf/load.js";
export { encodeNpy, parseNpy } from "./npy.js";
export { exportOnnx } from "./onnx.js";
export { loadParams, type SaveParamsOptions, saveParams } from "./params.js";
export { loadPrompt, type PromptFormat, type SavePromptOptions, type StoredPrompt, savePrompt } from "./prompts.js";
export { openSafetensors, parseSafetensors, type SafetensorsFile } from "./safetensors.js";
export { encodeSafetensors, type FloatStorage } from "./safetensors-write.js";
export { type SavedT5, type SaveOptions, saveHuggingFace } from "./save-huggingface.js";
export type { SourcedT5, SourceOptions } from "./t5-source.js";
export { loadT5x } from "./t5x/load.js";
export { saveT5x, type T5xContent } from "./t5x/save.js";
