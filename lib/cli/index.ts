/** @file The command line, for programs with one like it. Needs Node. */
export { interruption, runMain } from "./main.js";
export { train } from "./train.js";
export { readArguments, type TrainArguments } from "./train-arguments.js";
