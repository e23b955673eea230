/** @file The words and phrases of the tasks that t5-nano was pre-trained on, from the readme of its weights: data that tests it avoids them. */
import { wordsOf } from "./superglue-mini.js";

/** Content words, in lower case. */
export const SEEN: ReadonlySet<string> = new Set(
  wordsOf(`Tom Alice Henry Lucy George Kate Simon Ruth Oscar Nina Walter Irene Hugo Clara Felix Martha Edgar Rose Victor Helen
  washed moved carried counted drew kicked saw wanted kept sent followed built missed shared dropped hid lifted weighed filled named
  table stone ship paper horse plate coat ring map lamp chair bottle basket wheel drum fence mirror bridge ladder candle
  London Paris Rome Berlin Madrid Vienna Boston Chicago Sydney Oslo`),
);
export const SEEN_PREMISES: readonly string[] = [
  "We are sure that {}.",
  "Indeed {}.",
  "It is known that {}.",
  "It is wrong that {}.",
  "Nobody says that {}.",
  "It is not so that {}.",
  "No, it is a lie that {}.",
  "I deny that {}.",
  "Maybe {}.",
  "Do you think {}?",
  "They asked if {}.",
  "Who can tell whether {}?",
  "It is possible that {}.",
];
