/** @file The rules by which a run that learned nothing is diagnosed: each is a pure function of what its folder records. */
import { takes } from "../core/composite.js";
import { brief } from "../edge/decode.js";
import { mean } from "../metrics/average.js";
import { WORKING_RATES } from "./learning-rates.js";
import { type MethodRecipe, partsOf } from "./method-settings.js";
import type { OptimizerRecipe } from "./optimizer-settings.js";
import { isPretraining } from "./pretraining/recipe.js";
import { bestOf, type RecordedEvaluation, type RunRecord } from "./run-record.js";

/** One rule of the table. */
export interface Rule {
  readonly name: string;
  /** When it fires, as a condition. */
  readonly fires: string;
  /** The advice where the rule fires. */
  readonly remedy: string;
  /** The finding, with the number that made the rule fire; undefined where it does not fire. */
  readonly found: (record: RunRecord) => string | undefined;
}

/** From this share on rows are reported that are cut, answers that are not allowed, and steps without a gradient. */
const [CUT, INVALID, NO_GRADIENT] = [0.05, 0.05, 0.1];
/** More than half of the bare model's answers. */
const SENTINELS = 0.5;
/** Scores are printed with one place. */
const SAME_SCORE = 0.05;
/** How much the validation loss has to rise: by a tenth, and by more than its noise, in nats. */
const [RISE, RISE_NATS] = [1.1, 0.02];
/** Embeddings are padded to multiples of 128 at most. */
const PADDING = 128;

const number = (n: number): string => n.toLocaleString("en");
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const some = (part: number, whole: number): string => `${number(part)} of ${number(whole)}`;
const plural = (values: readonly string[]): string | undefined => (values.length === 0 ? undefined : values.join("; "));

/** The highest learning rate of a run: T5's schedule divides by a root. */
const peakRate = ({ learningRate, schedule }: OptimizerRecipe): number =>
  schedule.name === "inverse-square-root" ? learningRate / Math.sqrt(schedule.warmup) : learningRate;

/** Rates relative to the size of what is trained are another scale. */
const isRelative = (optimizer: OptimizerRecipe): boolean => optimizer.name === "adafactor" && optimizer.parameterScale;

const rateOutside = (method: MethodRecipe, optimizer: OptimizerRecipe): string | undefined => {
  if (isRelative(optimizer)) return undefined;
  const rate = peakRate(optimizer);
  const outside = partsOf(method).flatMap(([, { name }]) => {
    const range = WORKING_RATES[name]?.[optimizer.name];
    if (range === undefined || (rate >= range.lowest && rate <= range.highest)) return [];
    return [`${range.lowest} to ${range.highest} worked for ${name} with ${optimizer.name}`];
  });
  return outside.length === 0
    ? undefined
    : `the learning rate is ${Number(rate.toPrecision(3))}; ${outside.join(", ")}`;
};

/** The most frequent of some texts. */
const commonest = (texts: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
};

const invalidAnswers = ({ answers }: RunRecord): string | undefined => {
  const invalid = answers.filter(({ valid }) => !valid);
  if (invalid.length <= INVALID * answers.length) return undefined;
  const usual = brief(commonest(invalid.map(({ prediction }) => prediction)), 30);
  return `${some(invalid.length, answers.length)} answers (${percent(invalid.length, answers.length)}) are not allowed, such as ${usual}`;
};

const oneClass = ({ answers, recipe }: RunRecord): string | undefined => {
  const tasks = [...new Set(answers.map(({ task }) => task))];
  const found = tasks.flatMap((task) => {
    const own = answers.filter((answer) => answer.task === task);
    const [given, wanted] = [new Set(own.map((a) => a.prediction)), new Set(own.map((a) => a.target))];
    if (given.size > 1 || wanted.size < 2) return [];
    const name = task ?? recipe.train.map((share) => share.task).join(", ");
    return [
      `all ${number(own.length)} answers to ${name} are ${brief(own[0].prediction, 30)}; there are ${wanted.size} targets`,
    ];
  });
  return plural(found);
};

const majorityScore = (record: RunRecord): string | undefined => {
  const best = bestOf(record);
  if (record.start === undefined || best === undefined) return undefined;
  const majority = Object.entries(record.start.majority);
  const tasks = new Set(majority.map(([name]) => name.split("/").slice(0, -1).join("/")));
  const found = [...tasks].flatMap((task) => {
    const own = majority.filter(([name]) => name.split("/").slice(0, -1).join("/") === task);
    if (own.some(([name, value]) => !(Math.abs(best.metrics[name] - value) < SAME_SCORE))) return [];
    const scores = own.map(([name, value]) => `${name.replace("/", " ")} ${value.toFixed(1)}`).join(", ");
    return [`${scores} is what the most frequent answer alone scores`];
  });
  return plural(found);
};

const cutTargets = ({ start, recipe }: RunRecord): string | undefined => {
  const { rows, cut, longest } = start?.cuts?.targets ?? { rows: 0, cut: 0, longest: 0 };
  if (cut === 0) return undefined;
  const to = isPretraining(recipe) ? "the length that targets of texts have" : `${recipe.lengths.target} tokens`;
  return `${some(cut, rows)} training targets are cut to ${to}; the longest has ${number(longest)}`;
};

const cutInputs = ({ start, recipe }: RunRecord): string | undefined => {
  if (start?.cuts === undefined) return undefined;
  const { inputs, validationInputs } = start.cuts;
  const found = [
    {
      ...inputs,
      what: `training inputs are cut to ${recipe.lengths.input} tokens; the longest has ${number(inputs.longest)}`,
    },
    { ...validationInputs, what: `dev inputs are cut to ${recipe.evaluation.inputLength} tokens` },
  ].filter(({ cut, rows }) => cut > CUT * rows);
  return plural(found.map(({ cut, rows, what }) => `${some(cut, rows)} (${percent(cut, rows)}) ${what}`));
};

const notAdapted = ({ start }: RunRecord): string | undefined => {
  const { answers, of } = start?.sentinels ?? { answers: 0, of: 0 };
  if (answers <= SENTINELS * of) return undefined;
  return `${some(answers, of)} answers of the bare model begin with a sentinel, such as <extra_id_0>`;
};

const badGradient = ({ steps }: RunRecord): string | undefined => {
  const broken = steps.find(({ loss, gradientNorm = 0 }) => !Number.isFinite(loss) || !Number.isFinite(gradientNorm));
  if (broken !== undefined) {
    const what = Number.isFinite(broken.loss) ? "gradient" : "loss";
    return `the ${what} of step ${number(broken.step)} is not a finite number`;
  }
  const zero = steps.filter(({ gradientNorm }) => gradientNorm === 0).length;
  if (zero <= NO_GRADIENT * steps.length) return undefined;
  // A loss is left, and nothing changes it: the steps before have gone where the norms of the layers hide what is trained.
  const first = steps.findIndex(({ gradientNorm }) => gradientNorm === 0);
  if (first > 0 && zero === steps.length - first && steps.slice(first).every(({ loss }) => loss > 0))
    return `the gradient is zero from step ${number(steps[first].step)} on, though the loss is not: the steps before were too large`;
  return `the gradient of ${some(zero, steps.length)} steps is zero`;
};

/** The mean training loss of the steps from one evaluation to the next. */
const lossUpTo = ({ steps }: RunRecord, evaluations: readonly RecordedEvaluation[], i: number): number => {
  const [after, last] = [evaluations[i - 1]?.step ?? 0, evaluations[i].step];
  return mean(steps.filter(({ step }) => step > after && step <= last).map(({ loss }) => loss));
};

const overfitted = (record: RunRecord): string | undefined => {
  const evaluations = record.evaluations.filter(({ loss }) => Number.isFinite(loss));
  if (evaluations.length < 3) return undefined;
  const losses = evaluations.map(({ loss }) => loss);
  const lowest = losses.indexOf(Math.min(...losses));
  const end = losses.length - 1;
  const [before, after] = [losses[lowest], losses[end]];
  const [trainedBefore, trainedAfter] = [lowest, end].map((i) => lossUpTo(record, evaluations, i));
  if (after < RISE * before || after - before < RISE_NATS || !(trainedAfter < trainedBefore)) return undefined;
  const [from, to] = [evaluations[lowest].step, evaluations[end].step];
  return `from step ${number(from)} to ${number(to)} the validation loss rises from ${before.toFixed(3)} to ${after.toFixed(3)}, and the training loss falls from ${trainedBefore.toFixed(3)} to ${trainedAfter.toFixed(3)}`;
};

const otherTokenizer = ({ start }: RunRecord): string | undefined => {
  const { pieces, embeddings, others = 0 } = start?.vocabulary ?? { pieces: 0, embeddings: 0 };
  if (others > 0) return `${some(others, pieces)} pieces differ from those of the model's own tokenizer`;
  if (embeddings - pieces < PADDING) return undefined;
  return `the tokenizer has ${number(pieces)} pieces, and the model ${number(embeddings)} embeddings`;
};

/** The rules, in the order in which they are shown. */
export const RULES: readonly Rule[] = [
  {
    name: "learning-rate",
    fires: "the learning rate is outside of the range that worked for the method and the optimizer (the table below)",
    remedy: "train with a rate inside that range, such as its middle: --learning-rate",
    found: ({ recipe }) => (isPretraining(recipe) ? undefined : rateOutside(recipe.method, recipe.optimizer)),
  },
  {
    name: "invalid-answers",
    fires: `more than ${100 * INVALID} % of the answers at the best step are not allowed by the task`,
    remedy: "train for more steps, or rank the labels: --evaluation rank; look at predictions.jsonl",
    found: invalidAnswers,
  },
  {
    name: "one-class",
    fires: "all answers to a task are the same, though its targets differ",
    remedy:
      "try another learning rate, more steps, or a loss over the labels: --loss labels; compare the shares of the labels",
    found: oneClass,
  },
  {
    name: "majority-score",
    fires: "every metric of a task is that of always giving the most frequent answer",
    remedy:
      "the inputs play no part in the answers: look at the examples by `fluxion tasks show`, and at the other findings",
    found: majorityScore,
  },
  {
    name: "cut-targets",
    fires: "training targets are cut to lengths.target",
    remedy:
      "set lengths.target to 0, or to the length of the longest target (beside texts it follows from --max-input-length): what is cut is never learned",
    found: cutTargets,
  },
  {
    name: "cut-inputs",
    fires: `more than ${100 * CUT} % of the training inputs or of the dev inputs are cut`,
    remedy: "allow longer inputs: --max-input-length, --max-evaluation-length; or put what matters first",
    found: cutInputs,
  },
  {
    name: "not-lm-adapted",
    fires: "more than half of the bare model's answers begin with a sentinel: it only knows span corruption",
    remedy: "use an LM-adapted model, such as t5-base-lm-adapt: a frozen model answers as it was trained to",
    found: notAdapted,
  },
  {
    name: "gradient",
    fires: `a loss or a gradient is not a finite number, or the gradient of more than ${100 * NO_GRADIENT} % of the steps is zero`,
    remedy:
      "not finite, or zero after steps that were too large: lower the learning rate, or --clip 1; zero otherwise: the method does not reach the loss, or a hinge loss is already satisfied",
    found: badGradient,
  },
  {
    name: "overfitting",
    fires: "the validation loss ends a tenth above its lowest value, while the training loss falls",
    remedy:
      "train fewer numbers (a shorter prompt, a lower rank), stop earlier, use --dropout 0.1, or get more examples",
    found: overfitted,
  },
  {
    name: "tokenizer",
    fires: `pieces differ from those of the model's own tokenizer, or the model has ${PADDING} embeddings or more without a piece`,
    remedy: "leave --tokenizer out, or name the one that belongs to the model",
    found: otherTokenizer,
  },
];

/** The finding of a rule, and the remedy. */
export interface Finding {
  readonly rule: string;
  readonly found: string;
  readonly remedy: string;
}

/**
 * The findings of all rules in a run, in the order of the rules.
 *
 * @example const [first] = diagnose(await runRecord(nodeStore("runs/cb")));
 */
export const diagnose = takes("diagnose(record)", (record: RunRecord): readonly Finding[] =>
  RULES.flatMap(({ name, remedy, found }) => {
    const said = found(record);
    return said === undefined ? [] : [{ rule: name, found: said, remedy }];
  }),
);
