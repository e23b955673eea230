/** @file Soft prompts. */
export {
  classLabels,
  fakePrompt,
  fromArray,
  prefixMask,
  prepend,
  randomUniform,
  sampledVocabulary,
} from "./prompt.js";
