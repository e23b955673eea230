/** @file Soft prompts. */
export { type Metric, type Nearest, type NearestOptions, nearestTokens } from "./neighbours.js";
export {
  classLabels,
  fakePrompt,
  fromArray,
  prefixMask,
  prepend,
  randomUniform,
  sampledVocabulary,
} from "./prompt.js";
