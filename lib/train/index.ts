/** @file Training by any method: the pure step, the loop around it, and evaluation. */

export type { HostTree } from "../methods/trees.js";
export { type Answer, type Answerer, choosing, type ReadyModel, writing } from "./answer.js";
export { likeliestLabel, majorityVote, type Voice } from "./ensemble.js";
export {
  type EnsembleEvaluation,
  type EnsembleEvaluator,
  type EnsembleScores,
  ensembleEvaluator,
} from "./ensemble-evaluator.js";
export {
  type Evaluator,
  makeEvaluator,
  type Respondent,
  type Responding,
  type Responses,
  scoreAnswers,
  t5Respondent,
} from "./evaluate.js";
export { type InsertedLengths, insertedLengths } from "./inserted.js";
export { joinBatches, joinStates, makeJointStep, splitStates } from "./joint.js";
export { type LoopParts, type SharedParts, type StartedRun, trainLoop, trainTogether } from "./loop.js";
export { type OutputFile, type OutputOptions, type Outputs, outputsOf } from "./outputs.js";
export { type AnsweredBatch, type TaskPredictor, taskPredictor } from "./predict.js";
export type { Best, Evaluation, LoopOptions, Outcome, Position, Prediction, RunParts, StepRecord } from "./progress.js";

export type { Regularizer } from "./regularize.js";

export { DECODINGS, type Decoding, INPUT_PREFIXES, type InputPrefix } from "./settings.js";
export {
  evaluatedTree,
  initState,
  makeTrainStep,
  type StepFunction,
  type StepOptions,
  type TrainState,
  type TrainStep,
} from "./state.js";
export { type TaskEvaluator, type TaskEvaluatorOptions, taskEvaluator } from "./task-evaluator.js";
