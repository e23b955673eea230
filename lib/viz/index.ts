/** @file Pictures. */
export { type LearningCurve, learningCurve } from "./charts.js";
