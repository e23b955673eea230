/** @file What `convert` can write. */
export const MODEL_FORMATS = ["hf", "t5x"] as const;
export const ADAPTER_FORMATS = ["npy", "peft", "safetensors"] as const;
export const FORMATS = [...MODEL_FORMATS, ...ADAPTER_FORMATS] as const;
export type Format = (typeof FORMATS)[number];
export type ModelFormat = (typeof MODEL_FORMATS)[number];
export type AdapterFormat = (typeof ADAPTER_FORMATS)[number];
