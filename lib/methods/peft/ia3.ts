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
import type { Ia3Options } from "../ia3.js";
import { kernelMatcher, kernelName } from "../kernel-names.js";
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
  WHERE,
} from "./adapter.js";
import { kernelsOf, moduleList, moduleNames, usedEntries } from "./module-names.js";

/** The trained tree: by kernel the scale of its results, `out` `[out]`, or of its input, `in` `[in]`. */
export type HostIa3 = Readonly<Record<string, { readonly out: HostArray } | { readonly in: HostArray }>>;
type Ia3Settings = { readonly name: "ia3" } & Required<Ia3Options>;
type Content = PeftContent<Ia3Settings, HostIa3>;

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

/** The kernels that scale their input. */
const feedForwardOf = (tuned: HostIa3): string[] => Object.keys(tuned).filter((node) => "in" in tuned[node]);

/** The settings: the names of the configuration where they say just this, else the kernels one by one. */
const settingsOf = ({ target_modules, feedforward_modules }: t.TypeOf<typeof Config>, tuned: HostIa3): Ia3Settings => {
  const nodes = Object.keys(tuned);
  const entering = feedForwardOf(tuned);
  const exact: Ia3Settings = { name: "ia3", kernels: nodes, feedForward: entering };
  if (typeof target_modules === "string" || typeof feedforward_modules === "string") return exact;
  const kernels = usedEntries(target_modules, nodes);
  const feedForward = usedEntries(feedforward_modules, entering);
  const isNamed = kernelMatcher(WHERE, feedForward);
  const same = nodes.every((node) => isNamed(kernelName(node)) === entering.includes(node));
  return same ? { name: "ia3", kernels, feedForward } : exact;
};

const SCALE = /\.ia3_l(\.default)?$/;

const isInput = ({ shape }: HostArray): boolean => shape[0] === 1;

const fromPeft = (config: t.TypeOf<typeof Config>, adapter: PeftAdapter, source: string) => {
  const nodes = selectTensors(adapter, SCALE, kernelsOf(config.target_modules));
  const wanted = nodes.map(([, { name, array }]): Wanted => {
    const size = array.data.length;
    return { names: [name], dtype: "float32", shape: isInput(array) ? [1, size] : [size, 1] };
  });
  return pipe(
    checkTensors(wanted, adapter, source, "ia3_l of the modules in target_modules"),
    E.map((): Content => {
      const tuned: HostIa3 = Object.fromEntries(
        nodes.map(([node, { array }]) => [node, isInput(array) ? { in: vector(array) } : { out: vector(array) }]),
      );
      return { settings: settingsOf(config, tuned), tuned, config: adapter.config };
    }),
  );
};

const toPeft = ({ settings, tuned: stored, config }: Content): PeftAdapter => {
  const tuned = unstackTree(stored);
  const tensors = Object.entries(tuned).map(([node, scale]): [string, HostArray] => {
    const name = tensorName(node, "ia3_l");
    return "in" in scale
      ? [name, { ...scale.in, shape: [1, scale.in.data.length] }]
      : [name, { ...scale.out, shape: [scale.out.data.length, 1] }];
  });
  const target_modules = moduleList(settings.kernels, Object.keys(tuned));
  const feedforward_modules = moduleList(settings.feedForward, feedForwardOf(tuned));
  return {
    config: sortedConfig(COMMON, USUAL, config, { target_modules, feedforward_modules }),
    tensors: new Map(tensors),
  };
};

/** IA3 in PEFT's form. */
export const IA3 = peftForm(["IA3"], RULES, fromPeft, (content: Content) => E.right(toPeft(content)));
