/**
 * Tensors of TensorFlow.js as tensors of this library, and back.
 *
 * @packageDocumentation
 */
export { fromTfjs, type TfjsTensor, toTfjs } from "../compile/tfjs/exchange.js";
