export { adafactor } from "./adafactor.js";
export { applyUpdates, type GradientTransformation } from "./base.js";
