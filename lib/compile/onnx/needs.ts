/** @file The package that the native executor needs. */

/** As `npm install` takes it. */
export const ONNXRUNTIME = "onnxruntime-node@1.30";
