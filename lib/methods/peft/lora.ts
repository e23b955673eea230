/**
 * @file LoRA and DoRA as PEFT stores them: `lora_A` `[r, in]`, `lora_B` `[out, r]` and `lora_magnitude_vector` `[out]` for each module.
 *
 * Source: https://github.com/huggingface/peft, `LoraConfig` and `LoraModel`, version 0.21.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { Shape } from "../../core/aval.js";
import type { HostArray } from "../../core/host.js";
import { positiveInteger, such, withDefault } from "../../edge/decode.js";
import { transposed } from "../../edge/elements.js";
import type { Wanted } from "../../edge/fit.js";
import { type Kernels, kernelName, patternValue } from "../kernel-names.js";
import type { LoraOptions } from "../lora.js";
import { unstackTree } from "../trees.js";
import {
  COMMON,
  checkTensors,
  type JsonObject,
  MERGE_HINT,
  type Parts,
  type PeftAdapter,
  type PeftContent,
  type PeftFailure,
  peftForm,
  selectNodes,
  sortedConfig,
  tensorName,
  WHERE,
} from "./adapter.js";
import {
  isPattern,
  kernelsOf,
  lastNames,
  moduleList,
  moduleNames,
  modulesOf,
  usedEntries,
  usedKeys,
} from "./module-names.js";

/** The trained tree: by kernel `a` `[in, r]`, `b` `[r, out]`, and DoRA's `magnitude` `[out]`. */
export type HostLora = Readonly<
  Record<string, { readonly a: HostArray; readonly b: HostArray; readonly magnitude?: HostArray }>
>;
type Content = PeftContent<LoraSettings, HostLora>;

type LoraSettings = { readonly name: "lora" } & Required<LoraOptions>;

const patterns = <A>(values: t.Type<A, A, unknown>): t.Type<Record<string, A>, unknown, unknown> =>
  such(
    t.record(t.string, values),
    (x) => Object.keys(x).every(isPattern),
    "object with regular expressions for keys, which match in few ways",
  );

const Config = t.type(
  {
    r: withDefault(positiveInteger, 8),
    lora_alpha: withDefault(t.number, 8),
    lora_dropout: withDefault(t.number, 0),
    target_modules: moduleNames,
    rank_pattern: withDefault(patterns(positiveInteger), {}),
    alpha_pattern: withDefault(patterns(t.number), {}),
    use_rslora: withDefault(t.boolean, false),
    use_dora: withDefault(t.boolean, false),
  },
  "adapter configuration",
);

const USUAL: JsonObject = {
  alora_invocation_tokens: null,
  alpha_pattern: {},
  arrow_config: null,
  bias: "none",
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  init_lora_weights: true,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_bias: false,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: "megatron.core",
  modules_to_save: null,
  monteclora_config: null,
  peft_type: "LORA",
  qalora_group_size: 16,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

const RULES = {
  codec: Config,
  read: Object.keys(Config.props),
  free: ["eva_config", "megatron_core", "qalora_group_size"],
  usual: USUAL,
  // Other starts change the base model, or take something from its weights.
  harmless: { init_lora_weights: ["gaussian", "eva", "orthogonal", "mica"] },
  hint: MERGE_HINT,
};

const settingsOf = (config: t.TypeOf<typeof Config>): LoraSettings => ({
  name: "lora",
  rank: config.r,
  alpha: config.lora_alpha,
  kernels: kernelsOf(config.target_modules),
  rankPattern: config.rank_pattern,
  alphaPattern: config.alpha_pattern,
  dropout: config.lora_dropout,
  rankStabilized: config.use_rslora,
  dora: config.use_dora,
});

const PARTS = {
  a: /\.lora_A(\.default)?\.weight$/,
  b: /\.lora_B(\.default)?\.weight$/,
  magnitude: /\.lora_magnitude_vector(\.default)?(\.weight)?$/,
} as const;
const NAMES = { a: "lora_A.weight", b: "lora_B.weight", magnitude: "lora_magnitude_vector" } as const;
type Part = keyof typeof PARTS;

/** The tensors that the settings want of a kernel; its own sizes are those that its tensors have. */
const wantedOf = ({ rank, rankPattern, dora }: LoraSettings, node: string, parts: Parts<Part>): Wanted[] => {
  const r = patternValue(WHERE, rankPattern, rank)(kernelName(node));
  const [inputs, outputs] = [parts.a?.array.shape[1] ?? 0, parts.b?.array.shape[0] ?? 0];
  const shapes: [Part, Shape][] = [
    ["a", [r, inputs]],
    ["b", [outputs, r]],
  ];
  if (dora) shapes.push(["magnitude", [outputs]]);
  return shapes.map(([part, shape]) => ({
    names: [parts[part]?.name ?? tensorName(node, NAMES[part])],
    dtype: "float32",
    shape,
  }));
};

/** The settings without names and keys that fit none of these kernels. */
const used = (settings: LoraSettings, nodes: readonly string[]): LoraSettings => {
  const { kernels, rankPattern, alphaPattern } = settings;
  return {
    ...settings,
    kernels: kernels === "all-linear" || "pattern" in kernels ? kernels : usedEntries(kernels, nodes),
    rankPattern: usedKeys(rankPattern, nodes),
    alphaPattern: usedKeys(alphaPattern, nodes),
  };
};

const treeOf = (settings: LoraSettings, adapter: PeftAdapter, source: string): E.Either<PeftFailure, Content> => {
  const nodes = selectNodes(adapter, PARTS, settings.kernels);
  const wanted = nodes.flatMap(([node, parts]) => wantedOf(settings, node, parts));
  const array = (parts: Parts<Part>, part: Part): HostArray => (parts[part] as { array: HostArray }).array;
  return pipe(
    checkTensors(wanted, adapter, source, "lora_A and lora_B of the modules in target_modules"),
    E.map(() => ({
      settings: used(
        settings,
        nodes.map(([node]) => node),
      ),
      config: adapter.config,
      tuned: Object.fromEntries(
        nodes.map(([node, parts]) => {
          const factors = { a: transposed(array(parts, "a")), b: transposed(array(parts, "b")) };
          return [node, settings.dora ? { ...factors, magnitude: array(parts, "magnitude") } : factors];
        }),
      ),
    })),
  );
};

/** `target_modules` for these kernels: a list of names, or a pattern. */
const targetModules = (kernels: Kernels, nodes: readonly string[]): string | string[] => {
  if (kernels === "all-linear") return lastNames(nodes);
  if (!("pattern" in kernels)) return moduleList(kernels, nodes);
  const whole = new RegExp(`^(?:${kernels.pattern})$`);
  const modules = modulesOf(nodes);
  return modules.every((module) => whole.test(module)) ? kernels.pattern : modules;
};

const toPeft = ({ settings, tuned: stored, config }: Content): PeftAdapter => {
  const tuned = unstackTree(stored);
  const nodes = Object.entries(tuned);
  const tensors = nodes.flatMap(([node, { a, b, magnitude }]): [string, HostArray][] => {
    const factors: [string, HostArray][] = [
      [tensorName(node, NAMES.a), transposed(a)],
      [tensorName(node, NAMES.b), transposed(b)],
    ];
    return magnitude === undefined ? factors : [...factors, [tensorName(node, NAMES.magnitude), magnitude]];
  });
  const own: JsonObject = {
    r: settings.rank,
    lora_alpha: settings.alpha,
    lora_dropout: settings.dropout,
    target_modules: targetModules(
      settings.kernels,
      nodes.map(([node]) => node),
    ),
    rank_pattern: settings.rankPattern,
    alpha_pattern: settings.alphaPattern,
    use_rslora: settings.rankStabilized,
    use_dora: settings.dora,
  };
  return { config: sortedConfig(COMMON, USUAL, config, own), tensors: new Map(tensors) };
};

/** LoRA in PEFT's form. */
export const LORA = peftForm(
  ["LORA"],
  RULES,
  (config, adapter, source) => treeOf(settingsOf(config), adapter, source),
  (content: Content) => E.right(toPeft(content)),
);
