/**
 * Tensors of TensorFlow.js as tensors of this library, and back.
 *
 * @packageDocumentation
 */
export { fromTfjs, toTfjs } from "../compile/tfjs/exchange.js";
