/** @file Scores of answered examples. */
export type { Answered, Example, Metric } from "./answered.js";
export { type AucOptions, aucPr, aucRoc } from "./auc.js";
export {
  bestStep,
  type Evaluation,
  glueAverage,
  glueScores,
  type Scores,
  superglueAverage,
  superglueScores,
} from "./average.js";
export { accuracy, f1WithInvalid, macroF1, majority, matthews } from "./classification.js";
export { pearson, spearman } from "./correlation.js";
export { allMatch, exactMatch, firstOfGroup, meanOverGroups } from "./groups.js";
export { type LabelSets, labelSets } from "./label-set.js";
export { genderParity } from "./parity.js";
export { stringToFloat } from "./python-text.js";
export {
  coqaF1,
  type ExactAndF1,
  normalizeSquad,
  normalizeTriviaQa,
  type SpanTruth,
  spanSquad,
  squad,
  triviaQa,
} from "./qa.js";
export { type Candidate, type RankOptions, rankClassification } from "./ranking.js";
export { sameReferent } from "./referent.js";
