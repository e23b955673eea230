/** @file Scores of predictions. */
export { accuracy, macroF1, majority } from "./classification.js";
