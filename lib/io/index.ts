/** @file Files of weights and prompts, in and out. Needs Node. */
export { orThrow } from "../edge/either.js";
export { methodOf, methodOfE } from "../methods/registry.js";
export { checkFits, checkFitsE } from "./adapter-fit.js";
export { type Adapter, type AdapterFormat, loadAdapter, loadAdapterTE, readAdapter } from "./adapters.js";
export { type CheckpointKind, checkpointKind, checkpointKindTE } from "./checkpoint-kind.js";
export { SOURCE_NAMES } from "./fetch/catalogue.js";
export {
  cacheFolder,
  type Fetched,
  type FetchOptions,
  type FetchProgress,
  fetchFiles,
  fetchFilesTE,
} from "./fetch/fetch.js";
export { type LoadOptions, loadHuggingFace, loadHuggingFaceTE, type Progress, type StoredT5 } from "./huggingface.js";
export { decodeHuggingFaceConfig, decodeHuggingFaceConfigE, encodeHuggingFaceConfig } from "./huggingface-config.js";
export { type LoadedT5, loadT5, loadT5TE } from "./load-t5.js";
export { loadMeshTensorFlow, loadMeshTensorFlowTE } from "./meshtf/load.js";
export { encodeNpy, parseNpy, parseNpyE } from "./npy.js";
export { exportOnnx, exportOnnxTE } from "./onnx.js";
export {
  loadParams,
  loadParamsTE,
  type SaveParamsOptions,
  saveParams,
  saveParamsTE,
  type TensorTree,
} from "./params.js";
export {
  loadPrompt,
  loadPromptTE,
  type PromptFormat,
  type SavePromptOptions,
  type StoredPrompt,
  savePrompt,
  savePromptTE,
} from "./prompts.js";
export {
  type OpenSafetensors,
  openSafetensors,
  openSafetensorsTE,
  parseSafetensors,
  parseSafetensorsE,
  type SafetensorsFile,
} from "./safetensors.js";
export { encodeSafetensors, type FloatStorage } from "./safetensors-write.js";
export { type SaveAdapterOptions, type SavedAdapter, saveAdapter, saveAdapterTE } from "./save-adapter.js";
export { type SavedT5, type SaveOptions, saveHuggingFace, saveHuggingFaceTE } from "./save-huggingface.js";
export type { SourcedT5, SourceOptions } from "./t5-source.js";
export { loadT5x, loadT5xTE } from "./t5x/load.js";
export { saveT5x, saveT5xTE, type T5xContent } from "./t5x/save.js";
export { loadTuned, loadTunedTE, type StoredTuned, saveTuned, saveTunedTE, type Tuned } from "./tuned.js";
