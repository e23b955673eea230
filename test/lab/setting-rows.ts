/** @file Every setting of a recipe: its path, default and flag, and values that it takes and refuses. */
import { EXECUTOR_NAMES, SYNCHRONOUS_BACKENDS } from "../../lib/compile/executors.js";
import { SUPERGLUE_NAMES } from "../../lib/tasks/registry.js";

type Taken = readonly (readonly [given: unknown, becomes: unknown])[];

/** What a kind of setting takes, and what it refuses. */
interface Kind {
  readonly takes: Taken;
  readonly refuses: readonly unknown[];
}

/** `under` are the choices with which a setting is there: `method=prompt`. */
export interface SettingRow extends Kind {
  readonly path: string;
  readonly under: string;
  readonly fallback: unknown;
  readonly flag: string | undefined;
}

const same = (...values: readonly unknown[]): Taken => values.map((one) => [one, one]);
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const text: Kind = { takes: same("", "some text", "/a/b.c"), refuses: [1, null, true, "two\nlines", "a\rb", ["a"]] };
const names: Kind = {
  takes: [...same(["a", "b"], []), ["a", ["a"]], ["a, b", ["a", "b"]], ["", []], [" ", []]],
  refuses: [1, null, ["a", ""], "a,,b", [1], { a: 1 }, ["two\nlines"]],
};
const attentions: Kind = {
  takes: [...same(["encoder"], ["cross", "decoder"]), ["encoder, cross", ["encoder", "cross"]]],
  refuses: [[], "", "encode", ["encoder", "encoder"], 1, null, { encoder: true }],
};
const yesNo: Kind = { takes: same(true, false), refuses: [0, "true", null] };
const natural: Kind = { takes: same(0, 1, 2 ** 40), refuses: [-1, 0.5, "1", null, nan, 2 ** 60, [1]] };
const count: Kind = { takes: same(1, 7, 2 ** 40), refuses: [0, -1, 1.5, "1", null, nan, 2 ** 60] };
const above: Kind = { takes: same(1e-9, 3, 1e9), refuses: [0, -1, "1", null, nan, infinity] };
const from0: Kind = { takes: same(0, 1e-9, 1e9), refuses: [-1e-9, "0", null, nan, infinity] };
const rate: Kind = { takes: same(0, 0.5, 0.999), refuses: [1, -1e-9, "0.5", null, nan] };
const patterns: Kind = { takes: same({}, { q$: 4, v$: 0.5 }), refuses: [{ q: 0 }, { q: "4" }, 4, null, "q"] };
const oneOf = (...list: readonly string[]): Kind => ({
  takes: same(...list),
  refuses: ["other", "", 1, null, list],
});

const tasks: Kind = {
  takes: [
    ["rte", [{ task: "rte" }]],
    [
      "cb:2, rte:.5",
      [
        { task: "cb", weight: 2 },
        { task: "rte", weight: 0.5 },
      ],
    ],
    [
      [{ task: "cb", weight: 1.5 }, "rte:3"],
      [
        { task: "cb", weight: 1.5 },
        { task: "rte", weight: 3 },
      ],
    ],
    ["a:b", [{ task: "a:b" }]],
    ["all", SUPERGLUE_NAMES.map((task) => ({ task }))],
  ],
  refuses: ["", "cb,", "cb,cb", "cb:0,rte:1", ["cb", "cb"], [1], 1, null, { task: "cb" }, [{ task: "cb", wieght: 2 }]],
};
const normalize: Kind = {
  takes: same("none", "tokens", "all-tokens", "sequences", 0.5),
  refuses: ["all", 0, -1, null, infinity],
};
const kernels: Kind = {
  takes: [...same(["q"], "all-linear", { pattern: "q|v" }), ["q,v", ["q", "v"]]],
  refuses: [1, null, "q,,v", { pattern: 1 }, {}, { pattern: "q", other: 1 }],
};
const sees: Kind = {
  takes: same("all", [], ["prompt->prompt"], ["prompt->prompt;causal", "prompt->input"]),
  refuses: ["prompt->prompt", ["input->input"], 1, null],
};

const row = (path: string, fallback: unknown, { takes, refuses }: Kind, flag?: string, under = ""): SettingRow => ({
  path,
  under,
  fallback,
  flag,
  takes,
  refuses,
});

const prompt = "method=prompt";
const lora = "method=lora";
const pTuning = "method=p-tuning";
const residual = "method=residual";
const multitask = "method=multitask";
const mpt = "method=mpt";
const METHODS = [
  ...["prompt", "p-tuning", "residual", "prefix", "per-layer"],
  ...["lora", "ia3", "full", "norms", "weights", "multitask", "mpt"],
];
/** Where a prompt of a method starts. */
const inits = (method: string): readonly SettingRow[] => [
  row(
    "method.init",
    "class-label",
    oneOf("class-label", "sampled-vocabulary", "random-uniform"),
    "--init <name>",
    method,
  ),
  row("method.init.population", 5000, count, "--population <n>", `${method} method.init=class-label`),
  row("method.init.population", 5000, count, "--population <n>", `${method} method.init=sampled-vocabulary`),
  row("method.init.text", "", { ...text, takes: same("some text") }, undefined, `${method} method.init=text`),
  row("method.init.file", "", { ...text, takes: same("a.npy") }, "--init-file <file>", `${method} method.init=file`),
];
const optimizers = ["adafactor", "adamw", "sgd"].map((name) => `optimizer=${name}`);
const common = (optimizer: string): readonly SettingRow[] => [
  row("optimizer.learningRate", 0.1, above, "--learning-rate <x>", optimizer),
  row(
    "optimizer.schedule",
    "constant",
    oneOf("constant", "linear", "cosine", "inverse-square-root"),
    "--schedule <name>",
    optimizer,
  ),
  row("optimizer.schedule.warmup", 0, natural, undefined, `${optimizer} optimizer.schedule=constant`),
  ...["linear", "cosine"].flatMap((name) => [
    row(
      "optimizer.schedule.warmup",
      0,
      { ...natural, takes: same(0, 1, 599) },
      undefined,
      `${optimizer} optimizer.schedule=${name}`,
    ),
    row("optimizer.schedule.final", 0, from0, undefined, `${optimizer} optimizer.schedule=${name}`),
  ]),
  row("optimizer.schedule.warmup", 10_000, count, undefined, `${optimizer} optimizer.schedule=inverse-square-root`),
  row("optimizer.clip", 0, from0, "--clip <x>", optimizer),
];

const texts = "objective=pretraining";
const kinds = ["span-corruption", "iid-denoising", "prefix-lm", "lm", "text-infilling", "token-deletion"];
const density = (kind: string, fallback: number): SettingRow =>
  row(
    "objective.kind.noiseDensity",
    fallback,
    { ...rate, takes: same(0.01, 0.5) },
    "--noise-density <x>",
    `${texts} objective.kind=${kind}`,
  );
const meanSpan = (kind: string): SettingRow =>
  row(
    "objective.kind.meanNoiseSpanLength",
    3,
    { ...above, takes: same(1, 3.5) },
    "--mean-span <x>",
    `${texts} objective.kind=${kind}`,
  );
const scratch = `${texts} objective.start=scratch`;
const corpus: Kind = {
  takes: [
    ["a.txt", [{ path: "a.txt" }]],
    ["", []],
    [
      "a.txt:2, dir:.5",
      [
        { path: "a.txt", weight: 2 },
        { path: "dir", weight: 0.5 },
      ],
    ],
    [
      ["a", { path: "b" }],
      [{ path: "a" }, { path: "b" }],
    ],
  ],
  refuses: [1, null, "a,,b", "a:0,b:1", [1], { path: "a" }, [{ path: "a", wieght: 2 }]],
};
const steps: Kind = {
  takes: [...same([1, 20], []), ["10,20", [10, 20]], [10, [10]], ["", []]],
  refuses: [0, null, "a", [0], [1.5], "10,,20"],
};
const pretraining: readonly SettingRow[] = [
  row("objective.kind", "span-corruption", oneOf(...kinds), "--objective <name>", texts),
  density("span-corruption", 0.15),
  meanSpan("span-corruption"),
  density("iid-denoising", 0.15),
  density("prefix-lm", 0.5),
  density("text-infilling", 0.15),
  meanSpan("text-infilling"),
  density("token-deletion", 0.15),
  row("objective.corpus", [], corpus, "--corpus <paths>", texts),
  row("objective.field", "text", text, undefined, texts),
  row("objective.validation", [], names, "--validation-corpus <paths>", texts),
  row("objective.heldOut", 0.01, { ...rate, takes: same(0.1, 0.999) }, "--held-out <x>", texts),
  row("objective.validationRows", 64, count, undefined, texts),
  row("objective.tasks.share", 0.5, rate, "--task-share <x>", texts),
  row("objective.tasks.sentinel", false, yesNo, undefined, texts),
  row("objective.start", "scratch", oneOf("scratch", "model"), "--start <name>", texts),
  row("objective.start.architecture", "t5-1.1-small", text, "--architecture <name>", scratch),
  ...["vocabSize", "dModel", "dKv", "dFf", "numHeads", "numLayers", "numDecoderLayers"].map((name) =>
    row(`objective.start.${name}`, 0, natural, undefined, scratch),
  ),
  row("objective.saveAt", [], steps, "--save-at <steps>", texts),
  row("objective.zLoss", 0, from0, "--z-loss <x>", texts),
  row("objective.labelSmoothing", 0, rate, "--label-smoothing <x>", texts),
  row("objective.normalize", "tokens", normalize, undefined, texts),
];

export const ROWS: readonly SettingRow[] = [
  row("model", "t5-nano", text, "--model <path>"),
  row("tokenizer", "", text, "--tokenizer <file>"),
  row("data", "superglue-mini", text, "--data <dir>"),
  row("train", [{ task: "cb" }], tasks, "--task <names>"),
  row("each", false, yesNo, "--each"),
  row("rates.temperature", 1, above),
  row("rates.maximum", 0, natural),
  row("evaluate", [], names),
  row("table.name", "table", text),
  row("table.train", "", { ...text, takes: same("") }, "--train <file>"),
  row("table.validation", "", { ...text, takes: same("") }, "--validation <file>"),
  row("table.input", "", { ...text, takes: same("") }, "--input <column>"),
  row("table.target", "", { ...text, takes: same("") }, "--target <column>"),
  row("table.labels", [], names, "--labels <names>"),
  row("taskFiles", [], names, "--task-file <files>"),
  row("prefix", "none", oneOf("none", "name", "index"), "--prefix <what>"),
  row("lengths.input", 512, count, "--max-input-length <n>"),
  row("lengths.target", 0, natural),
  row("lengths.buckets", 3, count, "--buckets <n>"),
  row("method", "prompt", oneOf(...METHODS), "--method <name>"),
  row("method.length", 20, count, "--prompt-length <n>", prompt),
  ...inits(prompt),
  row("method.position", "before", oneOf("before", "after", "before-eos", "decoder"), undefined, prompt),
  row("method.sees", "all", sees, undefined, prompt),
  row("method.length", 20, count, "--prompt-length <n>", pTuning),
  row("method.encoder", "mlp", oneOf("mlp", "lstm"), "--prompt-encoder <name>", pTuning),
  row("method.encoder.hidden", 0, natural, undefined, `${pTuning} method.encoder=mlp`),
  row("method.encoder.hidden", 0, natural, undefined, `${pTuning} method.encoder=lstm`),
  row("method.encoder.layers", 2, count, undefined, `${pTuning} method.encoder=lstm`),
  row("method.length", 10, count, "--prompt-length <n>", residual),
  row("method.bottleneck", 800, count, "--bottleneck <n>", residual),
  row("method.shared", true, yesNo, undefined, residual),
  row("method.layerNorm", true, yesNo, undefined, residual),
  ...inits(residual),
  row("method.length", 20, count, "--prompt-length <n>", "method=prefix"),
  row("method.attentions", ["encoder", "decoder", "cross"], attentions, "--attentions <names>", "method=prefix"),
  row("method.projection", 0, natural, undefined, "method=prefix"),
  row("method.length", 10, count, "--prompt-length <n>", "method=per-layer"),
  row("method.combine", "replace", oneOf("replace", "add"), undefined, "method=per-layer"),
  row("method.rank", 8, count, "--rank <n>", lora),
  row("method.alpha", 8, above, "--alpha <x>", lora),
  row("method.kernels", ["query", "value"], kernels, "--kernels <names>", lora),
  row("method.rankPattern", {}, patterns, undefined, lora),
  row("method.alphaPattern", {}, patterns, undefined, lora),
  row("method.dropout", 0, rate, undefined, lora),
  row("method.rankStabilized", false, yesNo, undefined, lora),
  row("method.dora", false, yesNo, "--dora", lora),
  row("method.kernels", ["key", "value", "wo"], names, undefined, "method=ia3"),
  row("method.feedForward", ["wo"], names, undefined, "method=ia3"),
  row("method.where", ["**"], names, "--where <globs>", "method=weights"),
  row("method.length", 20, count, "--prompt-length <n>", multitask),
  row("method.kind", "add", oneOf("add", "concat", "features", "project"), "--kind <name>", multitask),
  row("method.kind.taskLength", 0, natural, undefined, `${multitask} method.kind=concat`),
  row("method.kind.features", 0, natural, undefined, `${multitask} method.kind=features`),
  row("method.kind.features", 0, natural, undefined, `${multitask} method.kind=project`),
  row("method.length", 20, count, "--prompt-length <n>", mpt),
  row("method.rank", 1, count, "--rank <n>", mpt),
  ...inits(mpt),
  row("method.source", "", text, "--source <path>", mpt),
  row(
    "method.factors",
    "average",
    { takes: same("average", "fresh", "cb", 0, 2), refuses: ["", -1, 0.5, null, { task: 1 }] },
    undefined,
    mpt,
  ),
  row("objective", "task", oneOf("task", "pretraining")),
  row("objective.loss", "tokens", oneOf("tokens", "labels", "hinge"), "--loss <name>", "objective=task"),
  row("objective.loss.lengthNormalize", true, yesNo, undefined, "objective=task objective.loss=labels"),
  row("objective.loss.lengthNormalize", true, yesNo, undefined, "objective=task objective.loss=hinge"),
  row("objective.loss.margin", 0.2, above, undefined, "objective=task objective.loss=hinge"),
  row("objective.zLoss", 0, from0, "--z-loss <x>", "objective=task"),
  row("objective.labelSmoothing", 0, rate, "--label-smoothing <x>", "objective=task"),
  row("objective.normalize", "tokens", normalize, undefined, "objective=task"),
  row("objective.sentinel", false, yesNo, "--sentinel", "objective=task"),
  row("objective.wayward.text", "", text, undefined, "objective=task"),
  row("objective.wayward.gamma", 0.01, above, undefined, "objective=task"),
  ...pretraining,
  row("optimizer", "adafactor", oneOf("adafactor", "adamw", "sgd"), "--optimizer <name>"),
  ...common(optimizers[0]),
  row("optimizer.weightDecay", 1e-5, rate, "--weight-decay <x>", optimizers[0]),
  row("optimizer.decayRate", 0.8, above, "--decay-rate <x>", optimizers[0]),
  row("optimizer.startStep", 0, natural, "--optimizer-start-step <n>", optimizers[0]),
  row("optimizer.parameterScale", false, yesNo, undefined, optimizers[0]),
  ...common(optimizers[1]),
  row("optimizer.weightDecay", 1e-5, rate, "--weight-decay <x>", optimizers[1]),
  row("optimizer.beta1", 0.9, rate, undefined, optimizers[1]),
  row("optimizer.beta2", 0.999, rate, undefined, optimizers[1]),
  ...common(optimizers[2]),
  row("optimizer.momentum", 0, rate, undefined, optimizers[2]),
  row("steps", 600, natural, "--steps <n>"),
  row("batch.examples", 32, count, "--batch-size <n>"),
  row("batch.tokens", undefined, count, "--batch-tokens <n>"),
  row("batch.packed", undefined, count, "--batch-packed <n>"),
  row("microbatches", 1, { takes: same(1, 2, 4, 32), refuses: [...count.refuses, 3] }, "--microbatches <n>"),
  row("dropout", 0, rate, "--dropout <x>"),
  row("ema", 0, rate, "--ema <x>"),
  row("evaluation.decoding", "greedy", oneOf("greedy", "beam", "rank"), "--evaluation <name>"),
  row("evaluation.every", 10, count, "--evaluate-every <n>"),
  row("evaluation.tokens", 4096, count, "--evaluation-tokens <n>"),
  row("evaluation.inputLength", 0, natural, "--max-evaluation-length <n>"),
  row("stop.patience", 40, natural, "--patience <n>"),
  row("keep", "best", { takes: same("best", "all", 1, 12), refuses: ["last", 0, 1.5, null] }, "--keep <what>"),
  row("seed", 0, natural, "--seed <n>"),
  row("seeds", 1, count, "--seeds <n>"),
  row("backend", "wasm", oneOf(...SYNCHRONOUS_BACKENDS), "--backend <name>"),
  row("executor", "auto", oneOf(...EXECUTOR_NAMES), "--executor <name>"),
];

/** A value at a path, in the groups around it. */
export const nested = (path: string, value: unknown): Record<string, unknown> =>
  path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;

/** What groups have at a path. */
export const valueAt = (groups: unknown, path: string): unknown =>
  path.split(".").reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], groups);

/** Deep union of two groups. */
const union = (a: unknown, b: unknown): unknown =>
  typeof a === "object" && typeof b === "object" && a !== null && b !== null
    ? Object.fromEntries(
        Object.keys({ ...a, ...b }).map((key) => [
          key,
          key in a && key in b ? union(valueAt(a, key), valueAt(b, key)) : valueAt(key in a ? a : b, key),
        ]),
      )
    : b;

/** The choice that a setting needs where it contradicts the default. */
const NEEDS: Readonly<Record<string, string>> = { "batch.packed": "method=full", objective: "method=full" };

/** The choices that a setting belongs to, or cannot do without: `method=lora`, with spaces between. */
export const neededBy = ({ under, path }: SettingRow): string =>
  under.startsWith(texts) ? `method=full ${under}` : (NEEDS[path] ?? under);

/** The settings that choose what a setting belongs to. */
export const chosen = (row: SettingRow): Record<string, unknown> =>
  neededBy(row)
    .split(" ")
    .filter((one) => one !== "")
    .map((one) => nested(`${one.split("=")[0]}.name`, one.split("=")[1]))
    .reduce((a, b) => union(a, b) as Record<string, unknown>, {});

/** A value for a setting, with what it belongs to. */
export const inputFor = (one: SettingRow, value: unknown): Record<string, unknown> =>
  union(chosen(one), nested(one.path, value)) as Record<string, unknown>;

/** Whether a setting is the name of a choice. */
export const isChoice = ({ path }: SettingRow): boolean =>
  [
    "method",
    "method.init",
    "method.encoder",
    "method.kind",
    "objective",
    "objective.loss",
    "objective.kind",
    "objective.start",
    "optimizer",
    "optimizer.schedule",
  ].includes(path);
