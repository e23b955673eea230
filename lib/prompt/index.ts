/** @file Soft prompts. */
export { classLabels, fakePrompt, fromArray, prepend, randomUniform, sampledVocabulary } from "./prompt.js";
