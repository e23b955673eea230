/**
 * @file IA3 as PEFT stores it: `ia3_l` of each module, `[out, 1]` for a scale of its results or `[1, in]` for one of its input (feed-forward).
 *
 * Source: https://github.com/huggingface/peft, `IA3Config` and `IA3Model`, version 0.21.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { HostArray } from "../../core/host.js";
import type { Wanted } from "../../edge/fit.js";
import { moduleName } from "../../t5/huggingface-names.js";
import { kernelMatcher } from "../kernel-names.js";
import {
  byNode,
  COMMON,
  checkTensors,
  type JsonObject,
  MERGE_HINT,
  type PeftAdapter,
  type PeftContent,
  type PeftForm,
  readConfig,
  sortedConfig,
  tensorName,
} from "./adapter.js";
import { kernelsOf, moduleList, moduleNames } from "./module-names.js";

/** The trained tree: by kernel the scale of its results, `out` `[out]`, or of its input, `in` `[in]`. */
export type Ia3Tree = Readonly<Record<string, { readonly out: HostArray } | { readonly in: HostArray }>>;
export type Ia3Settings = {
  readonly name: "ia3";
  readonly kernels: readonly string[];
  readonly feedForward: readonly string[];
};
type Content = PeftContent<Ia3Settings, Ia3Tree>;

const Config = t.type({ target_modules: moduleNames, feedforward_modules: moduleNames }, "adapter configuration");

const USUAL: JsonObject = {
  exclude_modules: null,
  fan_in_fan_out: false,
  init_ia3_weights: true,
  modules_to_save: null,
  peft_type: "IA3",
};

const RULES = {
  codec: Config,
  read: Object.keys(Config.props),
  free: ["init_ia3_weights"],
  usual: USUAL,
  hint: MERGE_HINT,
};

const vector = (x: HostArray): HostArray => ({ ...x, shape: [x.data.length] });

/** Which of the kernels scale their input, and which their results. */
const split = (tuned: Ia3Tree): { readonly kernels: string[]; readonly feedForward: string[] } => {
  const nodes = Object.keys(tuned);
  return {
    kernels: nodes.filter((node) => "out" in (tuned[node] as object)),
    feedForward: nodes.filter((node) => "in" in (tuned[node] as object)),
  };
};

/** The settings: the names of the configuration where they say just this, else the kernels one by one. */
const settingsOf = ({ target_modules, feedforward_modules }: t.TypeOf<typeof Config>, tuned: Ia3Tree): Ia3Settings => {
  const found = split(tuned);
  const exact: Ia3Settings = { name: "ia3", ...found };
  if (typeof target_modules === "string" || typeof feedforward_modules === "string") return exact;
  const kernels = target_modules.filter((name) => !feedforward_modules.includes(name));
  const fits = (list: readonly string[], nodes: readonly string[]): boolean => {
    const isNamed = kernelMatcher(list);
    return Object.keys(tuned).every((node) => isNamed(node) === nodes.includes(node));
  };
  return fits(kernels, found.kernels) && fits(feedforward_modules, found.feedForward)
    ? { name: "ia3", kernels, feedForward: feedforward_modules }
    : exact;
};

const PARTS = { scale: /\.ia3_l(\.default)?$/ } as const;

const isInput = ({ shape }: HostArray): boolean => shape[0] === 1;

const fromPeft = (config: t.TypeOf<typeof Config>, adapter: PeftAdapter, source: string) => {
  const fits = kernelMatcher(kernelsOf(config.target_modules));
  const nodes = [...byNode(adapter.tensors, PARTS)].flatMap(([node, { scale }]) =>
    scale !== undefined && fits(node) ? [[node, scale] as const] : [],
  );
  const wanted = nodes.map(([, { name, array }]): Wanted => {
    const size = array.data.length;
    return { names: [name], dtype: "float32", shape: isInput(array) ? [1, size] : [size, 1] };
  });
  return pipe(
    checkTensors(wanted, adapter, source, "ia3_l of the modules in target_modules"),
    E.map((): Content => {
      const tuned: Ia3Tree = Object.fromEntries(
        nodes.map(([node, { array }]) => [node, isInput(array) ? { in: vector(array) } : { out: vector(array) }]),
      );
      return { settings: settingsOf(config, tuned), tuned, config: adapter.config };
    }),
  );
};

const toPeft = ({ settings, tuned, config }: Content): PeftAdapter => {
  const tensors = Object.entries(tuned).map(([node, scale]): [string, HostArray] => {
    const name = tensorName(moduleName(node) as string, "ia3_l");
    return "in" in scale
      ? [name, { ...scale.in, shape: [1, scale.in.data.length] }]
      : [name, { ...scale.out, shape: [scale.out.data.length, 1] }];
  });
  const { kernels, feedForward } = split(tuned);
  const feedforward_modules = moduleList(settings.feedForward, feedForward);
  const target_modules = [...moduleList(settings.kernels, kernels), ...feedforward_modules];
  return {
    config: sortedConfig(COMMON, USUAL, config, { target_modules, feedforward_modules }),
    tensors: new Map(tensors),
  };
};

/** IA3 in PEFT's form. */
export const IA3: PeftForm<Ia3Settings, Ia3Tree> = {
  types: ["IA3"],
  fromPeft: (adapter, source) =>
    pipe(
      readConfig(adapter.config, source, RULES),
      E.chainW((config) => fromPeft(config, adapter, source)),
    ),
  toPeft: (content) => E.right(toPeft(content)),
};
