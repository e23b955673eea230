/** @file Transformations as the golden files write them: optax's name and arguments, nested for chains and wrappers. */
import type { Tensor } from "../../../lib/core/tensor.js";
import * as optim from "../../../lib/optim/index.js";
import { camel, type ScheduleGolden } from "./schedules.js";

export interface TransformationGolden {
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly parts?: readonly TransformationGolden[];
  readonly inner?: TransformationGolden;
  readonly transforms?: Readonly<Record<string, TransformationGolden>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export type Opaque = optim.GradientTransformation<unknown>;
const opaque = <S>(tx: optim.GradientTransformation<S>): Opaque => tx as unknown as Opaque;

type Args = Readonly<Record<string, unknown>>;
/** Settings under the names that they have here. */
// biome-ignore lint/suspicious/noExplicitAny: the settings of every transformation, from a file
type Settings = any;

/** Settings whose name here is not optax's in camelCase. */
const NAMES: Readonly<Record<string, string>> = {
  b1: "beta1",
  b2: "beta2",
  eps: "epsilon",
  eps_root: "epsilonRoot",
  eps_in_sqrt: "epsilonInRoot",
  initial_accumulator_value: "initialAccumulator",
  trust_ratio_mask: "trustMask",
};
const ADAFACTOR: Readonly<Record<string, string>> = {
  ...NAMES,
  decay_offset: "stepOffset",
  momentum: "beta1",
  eps: "epsilon1",
};

const isSchedule = (x: unknown): x is ScheduleGolden => typeof x === "object" && x !== null && "name" in x;
const isMask = (x: unknown): x is { paths: string[] } => typeof x === "object" && x !== null && "paths" in x;

/** How schedules are read. */
export type Schedules = (golden: ScheduleGolden) => optim.Schedule;

const settings = (args: Args = {}, schedules: Schedules, names = NAMES): Settings => {
  const read = (x: unknown): unknown => (isSchedule(x) ? schedules(x) : isMask(x) ? [...x.paths] : x);
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [names[name] ?? camel(name), read(value)]));
};

/** What has optax's name in camelCase here, and takes its settings by name. */
const BY_NAME =
  "sgd adam adamw adan scaleByFactoredRms nadam nadamw amsgrad adamax adamaxw adabelief yogi radam adagrad adadelta rmsprop lamb lars lion novograd sm3 \
signSgd noisySgd identity setToZero centralize scaleByAdam scaleByAmsgrad scaleByAdamax scaleByBelief scaleByYogi scaleByRadam \
scaleByRms scaleByRss scaleByStddev scaleByAdadelta scaleByLion scaleByNovograd scaleBySm3 scaleBySign scaleByTrustRatio \
keepParamsNonnegative zeroNans".split(" ");

/** What takes its settings in another way. */
const OTHERS: Readonly<Record<string, (args: Settings, golden: TransformationGolden, schedules: Schedules) => Opaque>> =
  {
    clip: ({ maxDelta }) => opaque(optim.clip(maxDelta)),
    clip_by_global_norm: ({ maxNorm }) => opaque(optim.clipByGlobalNorm(maxNorm)),
    clip_by_block_rms: ({ threshold }) => opaque(optim.clipByBlockRms(threshold)),
    adaptive_grad_clip: ({ clipping }) => opaque(optim.adaptiveGradClip(clipping)),
    scale: ({ stepSize }) => opaque(optim.scale(stepSize)),
    trace: ({ decay, ...rest }) => opaque(optim.trace(decay, rest)),
    ema: ({ decay, ...rest }) => opaque(optim.ema(decay, rest)),
    add_decayed_weights: ({ weightDecay, mask }) => opaque(optim.addDecayedWeights(weightDecay, { mask })),
    scale_by_param_block_norm: () => opaque(optim.scaleByParamBlockNorm()),
    scale_by_param_block_rms: ({ minScale }) => opaque(optim.scaleByParamBlockRms(minScale)),
    scale_by_learning_rate: ({ learningRate }) => opaque(optim.scaleByLearningRate(learningRate)),
    scale_by_schedule: ({ stepSizeFn }) => opaque(optim.scaleBySchedule(stepSizeFn)),
    adafactor: (_, { args }, schedules) => opaque(optim.adafactor(settings(args, schedules, ADAFACTOR))),
    "contrib.muon": (args) => opaque(optim.muon(args)),
    "contrib.prodigy": (args) => opaque(optim.prodigy(args)),
    "contrib.schedule_free_adamw": (args) => opaque(optim.scheduleFreeAdamw(args)),
    apply_every: ({ k }) => opaque(optim.applyEvery(k)),
    chain: (_, { parts = [] }, schedules) =>
      opaque(optim.chain(...parts.map((part) => transformationOf(part, schedules)))),
    masked: ({ mask }, golden, schedules) => opaque(optim.masked(innerOf(golden, schedules), mask)),
    multi_transform: (_, { transforms = {}, labels = {} }, schedules) =>
      opaque(
        optim.multiTransform(
          Object.fromEntries(
            Object.entries(transforms).map(([name, inner]) => [name, transformationOf(inner, schedules)]),
          ),
          (path) => labels[path],
        ),
      ),
    MultiSteps: ({ everyKSchedule }, golden, schedules) =>
      opaque(optim.multiSteps(innerOf(golden, schedules), everyKSchedule)),
    apply_if_finite: ({ maxConsecutiveErrors }, golden, schedules) =>
      opaque(optim.applyIfFinite(innerOf(golden, schedules), maxConsecutiveErrors)),
    lookahead: ({ syncPeriod, slowStepSize }, golden, schedules) =>
      opaque(optim.lookahead(innerOf(golden, schedules), syncPeriod, slowStepSize)),
    inject_hyperparams: (args, { inner }) => {
      const make = transformations[camel((inner as TransformationGolden).name)];
      return opaque(optim.injectHyperparams((h: Readonly<Record<string, Tensor>>) => make(h), args));
    },
  };

const transformations = optim as unknown as Readonly<Record<string, (args: Settings) => Opaque>>;

const innerOf = ({ inner }: TransformationGolden, schedules: Schedules): Opaque =>
  transformationOf(inner as TransformationGolden, schedules);

/** @throws {Error} for a name that nothing here has */
export const transformationOf = (golden: TransformationGolden, schedules: Schedules): Opaque => {
  const args = settings(golden.args, schedules);
  if (Object.hasOwn(OTHERS, golden.name)) return OTHERS[golden.name](args, golden, schedules);
  const name = camel(golden.name);
  if (!BY_NAME.includes(name)) throw new Error(`there is no ${golden.name}`);
  // Some take nothing, and say so.
  const given = (Object.keys(args).length === 0 ? [] : [args]) as [typeof args];
  return transformations[name](...given);
};
