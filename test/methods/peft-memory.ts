/** @file Adapters of PEFT in memory, and the settings that they are compared with. */
import { orThrow } from "../../lib/edge/either.js";
import type { Json, MethodSettings } from "../../lib/methods/method.js";
import type { JsonObject, PeftAdapter, PeftContent, PeftForm } from "../../lib/methods/peft/adapter.js";
import { METHODS } from "../../lib/methods/registry.js";

/** The form that reads adapters of the type that a configuration names. */
export const formOf = (config: JsonObject): PeftForm => {
  const forms = Object.values(METHODS).flatMap(({ peft }) => peft ?? []);
  return forms.find(({ types }) => types.includes(config.peft_type as string)) as PeftForm;
};

/** What an adapter says. */
export const open = (adapter: PeftAdapter): PeftContent => orThrow(formOf(adapter.config).fromPeft(adapter, "adapter"));

/** An adapter with this content. */
export const write = (content: PeftContent): PeftAdapter =>
  orThrow((METHODS[content.settings.name].peft as PeftForm).toPeft(content));

/** Settings of LoRA, by default those of most golden adapters. */
export const lora = (kernels: Json, rest: JsonObject = {}): MethodSettings => ({
  name: "lora",
  rank: 4,
  alpha: 8,
  kernels,
  rankPattern: {},
  alphaPattern: {},
  dropout: 0,
  rankStabilized: false,
  dora: false,
  ...rest,
});
/** Settings of the golden prompts. */
export const prompt: MethodSettings = { name: "prompt", length: 5, position: "before" };
