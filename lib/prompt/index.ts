/** @file Soft prompts: where they start, and which tokens they are near to, how far they move, and how alike they are. */
export { type Drift, drift, labelRanks, similarity } from "./compare.js";
export { fromArray, randomUniform, sampledVocabulary } from "./initial.js";
export { type Metric, type Nearest, type NearestOptions, nearestTokens } from "./neighbours.js";
export { type MlpOptions, type Recycling, recycle } from "./recycle.js";
export { classLabels, fromEmbeddedString, fromText, labelMeans } from "./text.js";
