/** @file What is asked about a text, as a recipe says it. */
import {
  fullLm,
  iidDenoising,
  type Objective,
  prefixLm,
  spanCorruption,
  textInfilling,
  tokenDeletion,
  type Vocabulary,
} from "../../data/objectives/index.js";
import type { Recipe } from "../recipe-settings.js";
import type { KindRecipe } from "./settings.js";

const make = (kind: KindRecipe, vocabulary: Vocabulary, inputLength: number, targetLength: number): Objective => {
  if (kind.name === "lm") return fullLm(vocabulary, { targetLength: targetLength || inputLength });
  const { name, ...options } = kind;
  const sized = { ...options, inputLength };
  if (name === "span-corruption")
    return spanCorruption(vocabulary, { ...sized, ...(targetLength && { targetLength }) });
  if (name === "iid-denoising") return iidDenoising(vocabulary, sized);
  if (name === "prefix-lm") return prefixLm(vocabulary, sized);
  if (name === "text-infilling") return textInfilling(vocabulary, sized);
  return tokenDeletion(vocabulary, sized);
};

/**
 * The objective of a recipe. `lengths` are the ids that a row holds, EOS included; without one for targets the objective's own, which of LM is that for inputs.
 *
 * @throws {ArgumentError} for numbers that the objective cannot have
 */
export const objectiveOfKind = (
  kind: KindRecipe,
  { input, target }: Pick<Recipe["lengths"], "input" | "target">,
  vocabulary: Vocabulary,
): Objective => {
  const made = make(kind, vocabulary, input, target);
  return target > made.targetLength ? { ...made, targetLength: target } : made;
};
