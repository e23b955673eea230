/** @file Methods: what is trained, and how it enters a frozen T5. */
export { type AdapterTable, type AdapterTableOptions, adapterTable, byRow } from "./adapter-table.js";
export { type ComposedTree, compose, type TreeOf } from "./compose.js";
export { design } from "./design.js";
export { type Ia3Options, type Ia3Scale, type Ia3Tree, ia3 } from "./ia3.js";
export type { Kernels } from "./kernel-names.js";
export { type LoraFactors, type LoraOptions, type LoraTree, lora } from "./lora.js";
export { methodLoss, methodLossSums } from "./loss.js";
export { type Folded, forTask, forUse, type Json, type Method, type MethodSettings } from "./method.js";
export { type MptOptions, type MptSource, type MptTree, mpt } from "./mpt.js";
export {
  MULTITASK_KINDS,
  type MultitaskKind,
  type MultitaskOptions,
  type MultitaskTree,
  multitask,
} from "./multitask.js";
export {
  type BidirectionalLstm,
  PROMPT_ENCODERS,
  type PromptEncoder,
  type PTuningOptions,
  type PTuningTree,
  pTuning,
} from "./p-tuning.js";
export { type PeftPrefixOptions, type PeftPrefixTree, peftPrefix } from "./peft-prefix.js";
export { type Combine, type PerLayerOptions, type PerLayerTree, perLayer } from "./per-layer.js";
export { type PrefixAttention, type PrefixOptions, type PrefixPart, type PrefixTree, prefix } from "./prefix.js";
export type { ProjectionParams } from "./projection.js";
export { type PromptOptions, type PromptPosition, prompt, VISIBILITIES, type Visibility } from "./prompt.js";
export { type ResidualNetwork, type ResidualOptions, type ResidualTree, residual } from "./residual.js";
export { type WaywardOptions, wayward } from "./wayward.js";
export { full, norms, type WeightTree, weights } from "./weights.js";
