/**
 * @file Tuned norm scales as PEFT's LN tuning stores them: the whole `weight` of each norm.
 *
 * Source: https://github.com/huggingface/peft, `LNTuningConfig` and `LNTuningModel`, version 0.21.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { UnsupportedError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { listing } from "../../edge/decode.js";
import type { Wanted } from "../../edge/fit.js";
import { unstackTree } from "../trees.js";
import {
  COMMON,
  checkTensors,
  type JsonObject,
  MERGE_HINT,
  type PeftAdapter,
  type PeftContent,
  peftForm,
  selectTensors,
  sortedConfig,
  tensorName,
} from "./adapter.js";
import { kernelsOf, moduleNames, modulesOf } from "./module-names.js";

/** The trained tree: weights by their slash paths. */
export type HostWeights = Readonly<Record<string, HostArray>>;
type WeightsSettings = { readonly name: "weights"; readonly where: readonly string[] };
type Content = PeftContent<WeightsSettings, HostWeights>;

const SCALE = "/scale";
const ALL_SCALES = `**${SCALE}`;
const ALL_NORMS = ["final_layer_norm", "layer_norm"];

const Config = t.type({ target_modules: moduleNames }, "adapter configuration");
const USUAL: JsonObject = { exclude_modules: null, modules_to_save: null, peft_type: "LN_TUNING" };
const RULES = { codec: Config, read: ["target_modules"], free: [], usual: USUAL, hint: MERGE_HINT };

const WEIGHT = /\.ln_tuning_layers(\.default)?\.weight$/;

const isEveryNorm = (target: t.TypeOf<typeof moduleNames>): boolean =>
  typeof target !== "string" && ALL_NORMS.every((name) => target.includes(name));

const fromPeft = ({ target_modules }: t.TypeOf<typeof Config>, adapter: PeftAdapter, source: string) => {
  const nodes = selectTensors(adapter, WEIGHT, kernelsOf(target_modules));
  const wanted = nodes.map(
    ([, { name, array }]): Wanted => ({ names: [name], dtype: "float32", shape: [array.data.length] }),
  );
  return pipe(
    checkTensors(wanted, adapter, source, "the weights of the norms in target_modules"),
    E.map((): Content => {
      const tuned = Object.fromEntries(nodes.map(([node, { array }]) => [node + SCALE, array]));
      const where = isEveryNorm(target_modules) ? [ALL_SCALES] : Object.keys(tuned).sort();
      return { settings: { name: "weights", where }, tuned, config: adapter.config };
    }),
  );
};

const toPeft = ({ settings, tuned: stored, config }: Content): E.Either<UnsupportedError, PeftAdapter> => {
  const tuned = unstackTree(stored);
  const others = Object.keys(tuned).filter((path) => !path.endsWith(SCALE));
  if (others.length > 0) {
    return E.left(
      new UnsupportedError({
        where: "saveAdapter",
        what: "PEFT has no adapter for tuned weights that are not scales of norms",
        expected: `paths that end in ${SCALE}`,
        got: listing(others),
        hint: "save it in fluxion's own form, a .safetensors file, or merge it into the model",
      }),
    );
  }
  const nodes = Object.keys(tuned).map((path) => path.slice(0, -SCALE.length));
  const tensors = nodes.map((node): [string, HostArray] => [
    tensorName(node, "ln_tuning_layers.weight"),
    tuned[node + SCALE],
  ]);
  const target_modules = settings.where.includes(ALL_SCALES) ? ALL_NORMS : modulesOf(nodes);
  return E.right({ config: sortedConfig(COMMON, USUAL, config, { target_modules }), tensors: new Map(tensors) });
};

/** Tuned weights in PEFT's form. */
export const LN_TUNING = peftForm(["LN_TUNING"], RULES, fromPeft, toPeft);
