import { suite } from "uvu";
import * as assert from "uvu/assert";
import { diagnose, RULES } from "../../lib/lab/doctor-rules.js";
import { WORKING_RATES } from "../../lib/lab/learning-rates.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import type { RecordedEvaluation, RecordedStep, RunRecord } from "../../lib/lab/run-record.js";
import type { Start } from "../../lib/lab/start.js";

const Rules = suite("lab/doctor-rules");

type Answer = RunRecord["answers"][number];
const answer = (target: string, prediction: string, more: Partial<Answer> = {}): Answer => ({
  task: undefined,
  target,
  prediction,
  correct: target === prediction,
  valid: true,
  ...more,
});

const evaluation = (step: number, loss: number, accuracy = 70): RecordedEvaluation => ({
  step,
  score: accuracy,
  loss,
  metrics: { accuracy },
});

const step = (number: number, loss: number, gradientNorm: number | undefined = 0.5): RecordedStep => ({
  step: number,
  loss,
  gradientNorm,
});

const START: Start = {
  untuned: { accuracy: 20 },
  majority: { accuracy: 50 },
  sentinels: { answers: 0, of: 4 },
  cuts: {
    inputs: { rows: 100, cut: 5, longest: 700 },
    targets: { rows: 100, cut: 0, longest: 4 },
    validationInputs: { rows: 40, cut: 2 },
  },
  vocabulary: { pieces: 32_100, embeddings: 32_128, others: undefined },
  labels: ["yes", "no"],
};

/** Ten steps with an evaluation after every other, in which all goes well. */
const healthy: RunRecord = {
  recipe: recipe({ train: "boolq" }),
  start: START,
  steps: Array.from({ length: 10 }, (_, i) => step(i + 1, 2 / (i + 1))),
  evaluations: [2, 4, 6, 8, 10].map((at) => evaluation(at, 2 / at)),
  answers: [answer("yes", "yes"), answer("no", "yes"), answer("no", "no"), answer("yes", "no")],
};
const having = (more: Partial<RunRecord>): RunRecord => ({ ...healthy, ...more });
const starting = (more: Partial<Start>): RunRecord => having({ start: { ...START, ...more } });
const of = (input: RecipeInput, more: Partial<RunRecord> = {}): RunRecord =>
  having({ recipe: recipe({ train: "boolq", ...input }), ...more });
const rate = (learningRate: number, more: object = {}): RunRecord =>
  of({ optimizer: { name: "adafactor", learningRate, ...more } });

const RANGE = WORKING_RATES.prompt?.adafactor ?? { lowest: 0, highest: 0 };
const many = (count: number, made: (i: number) => Answer): Answer[] => Array.from({ length: count }, (_, i) => made(i));
const cuts = (more: Partial<NonNullable<Start["cuts"]>>): RunRecord =>
  starting({ cuts: { ...(START.cuts as NonNullable<Start["cuts"]>), ...more } });
const steps = (norms: readonly (number | undefined)[], loss = 1): RunRecord =>
  having({ steps: norms.map((norm, i) => ({ step: i + 1, loss, gradientNorm: norm })) });
const losses = (values: readonly number[], trained: (i: number) => number): RunRecord =>
  having({
    evaluations: values.map((loss, i) => evaluation(2 * i + 2, loss)),
    steps: values.flatMap((_, i) => [step(2 * i + 1, trained(i)), step(2 * i + 2, trained(i))]),
  });

/** For each rule runs in which it fires, with what it says, and runs in which it does not. */
const CASES: Readonly<
  Record<string, { readonly fires: readonly (readonly [RunRecord, string])[]; readonly quiet: readonly RunRecord[] }>
> = {
  "learning-rate": {
    fires: [
      [
        rate(RANGE.lowest / 2),
        `the learning rate is ${RANGE.lowest / 2}; ${RANGE.lowest} to ${RANGE.highest} worked for prompt with adafactor`,
      ],
      [
        rate(10 * RANGE.highest),
        `the learning rate is ${10 * RANGE.highest}; ${RANGE.lowest} to ${RANGE.highest} worked for prompt with adafactor`,
      ],
      // A hundredth in the first 10,000 steps.
      [
        rate(RANGE.lowest, { schedule: "inverse-square-root" }),
        `the learning rate is ${RANGE.lowest / 100}; ${RANGE.lowest} to ${RANGE.highest} worked for prompt with adafactor`,
      ],
    ],
    quiet: [
      rate(RANGE.lowest),
      rate(RANGE.highest),
      rate(RANGE.lowest * 100, { schedule: "inverse-square-root" }),
      rate(100, { parameterScale: true }),
      of({ optimizer: { name: "sgd", learningRate: 100 } }),
      of({ method: { name: "weights", where: ["**"] }, optimizer: { name: "adafactor", learningRate: 100 } }),
    ],
  },
  "invalid-answers": {
    fires: [
      [
        having({ answers: many(20, (i) => answer(i % 2 ? "yes" : "no", i < 2 ? "maybe" : "no", { valid: i > 1 })) }),
        '2 of 20 answers (10.0 %) are not allowed, such as "maybe"',
      ],
      // The most frequent one, and of several the first.
      ...[
        ["a", "b", "b"],
        ["b", "a", "b", "a"],
      ].map((given): readonly [RunRecord, string] => [
        having({ answers: given.map((text) => answer("yes", text, { valid: false })) }),
        `${given.length} of ${given.length} answers (100.0 %) are not allowed, such as "b"`,
      ]),
    ],
    quiet: [
      having({ answers: many(20, (i) => answer(i % 2 ? "yes" : "no", i < 1 ? "maybe" : "no", { valid: i > 0 })) }),
      having({ answers: [] }),
    ],
  },
  "one-class": {
    fires: [
      [
        having({ answers: [answer("yes", "yes"), answer("no", "yes")] }),
        'all 2 answers to boolq are "yes"; there are 2 targets',
      ],
      [
        having({
          answers: [
            ...["a", "b"].map((text) => answer(text, text, { task: "rte" })),
            ...["a", "b", "c"].map((text) => answer(text, "a", { task: "cb" })),
          ],
        }),
        'all 3 answers to cb are "a"; there are 3 targets',
      ],
    ],
    quiet: [having({ answers: [answer("yes", "yes"), answer("yes", "yes")] }), having({ answers: [] })],
  },
  "majority-score": {
    fires: [
      [
        having({ evaluations: [evaluation(2, 1, 50.01), evaluation(4, 1, 48)] }),
        "accuracy 50.0 is what the most frequent answer alone scores",
      ],
      [
        having({
          start: { ...START, majority: { "cb/f1": 16.7, "cb/accuracy": 33.3, "rte/accuracy": 50 } },
          evaluations: [
            { step: 2, score: 40, loss: 1, metrics: { "cb/f1": 16.7, "cb/accuracy": 33.3, "rte/accuracy": 60 } },
          ],
        }),
        "cb f1 16.7, cb accuracy 33.3 is what the most frequent answer alone scores",
      ],
    ],
    quiet: [
      having({ evaluations: [evaluation(2, 1, 50), evaluation(4, 1, 51)] }),
      having({ evaluations: [] }),
      having({ start: undefined }),
      having({
        start: { ...START, majority: { f1: 16.7, accuracy: 33.3 } },
        evaluations: [{ step: 2, score: 40, loss: 1, metrics: { f1: 18, accuracy: 33.3 } }],
      }),
    ],
  },
  "cut-targets": {
    fires: [
      [
        of(
          { lengths: { target: 2 } },
          { start: cuts({ targets: { rows: 250, cut: 1, longest: 1234 } }).start as Start },
        ),
        "1 of 250 training targets are cut to 2 tokens; the longest has 1,234",
      ],
    ],
    quiet: [cuts({ targets: { rows: 250, cut: 0, longest: 9 } }), starting({ cuts: undefined })],
  },
  "cut-inputs": {
    fires: [
      [
        cuts({ inputs: { rows: 1000, cut: 51, longest: 700 } }),
        "51 of 1,000 (5.1 %) training inputs are cut to 512 tokens; the longest has 700",
      ],
      [
        of(
          { evaluation: { inputLength: 64 } },
          { start: cuts({ validationInputs: { rows: 4, cut: 1 } }).start as Start },
        ),
        "1 of 4 (25.0 %) dev inputs are cut to 64 tokens",
      ],
    ],
    quiet: [cuts({ inputs: { rows: 1000, cut: 50, longest: 700 } }), starting({ cuts: undefined })],
  },
  "not-lm-adapted": {
    fires: [
      [
        starting({ sentinels: { answers: 3, of: 4 } }),
        "3 of 4 answers of the bare model begin with a sentinel, such as <extra_id_0>",
      ],
    ],
    quiet: [starting({ sentinels: { answers: 2, of: 4 } }), starting({ sentinels: undefined })],
  },
  gradient: {
    fires: [
      [steps([0.5, Number.NaN, 0.5]), "the gradient of step 2 is not a finite number"],
      [steps([0.5], Number.NaN), "the loss of step 1 is not a finite number"],
      [steps([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]), "the gradient of 2 of 10 steps is zero"],
      [
        steps([1, 0, 0]),
        "the gradient is zero from step 2 on, though the loss is not: the steps before were too large",
      ],
      [steps([1, 0, 1, 0]), "the gradient of 2 of 4 steps is zero"],
      [steps([0, 0]), "the gradient of 2 of 2 steps is zero"],
      [steps([1, 0, 0], 0), "the gradient of 2 of 3 steps is zero"],
    ],
    quiet: [
      steps([0, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
      having({ steps: healthy.steps.map((one) => ({ ...one, gradientNorm: undefined })) }),
      having({ steps: [] }),
    ],
  },
  overfitting: {
    fires: [
      [
        losses([0.9, 0.5, 0.6, 0.8], (i) => 1 / (i + 1)),
        "from step 4 to 8 the validation loss rises from 0.500 to 0.800, and the training loss falls from 0.500 to 0.250",
      ],
    ],
    quiet: [
      // The training loss rises too: the rate is too high.
      losses([0.9, 0.5, 0.6, 0.8], (i) => i + 1),
      losses([0.9, 0.5, 0.52, 0.54], (i) => 1 / (i + 1)),
      losses([0.01, 0.005, 0.01, 0.02], (i) => 1 / (i + 1)),
      losses([0.5, 0.8], (i) => 1 / (i + 1)),
      losses([Number.NaN, Number.NaN, Number.NaN], (i) => 1 / (i + 1)),
    ],
  },
  tokenizer: {
    fires: [
      [
        starting({ vocabulary: { pieces: 4096, embeddings: 4096, others: 3000 } }),
        "3,000 of 4,096 pieces differ from those of the model's own tokenizer",
      ],
      [
        starting({ vocabulary: { pieces: 4096, embeddings: 32_128, others: undefined } }),
        "the tokenizer has 4,096 pieces, and the model 32,128 embeddings",
      ],
    ],
    quiet: [
      starting({ vocabulary: { pieces: 32_000, embeddings: 32_127, others: 0 } }),
      starting({ vocabulary: undefined }),
    ],
  },
};

Rules("there are ten rules, and in a healthy run none fires", () => {
  assert.equal(
    RULES.map(({ name }) => name),
    Object.keys(CASES),
  );
  assert.is(RULES.length, 10);
  assert.equal(diagnose(healthy), []);
});

for (const { name, found, remedy } of RULES) {
  Rules(`${name}: it fires with its number, and not where there is nothing`, () => {
    const { fires, quiet } = CASES[name];
    assert.equal(
      fires.map(([record]) => found(record)),
      fires.map(([, want]) => want),
    );
    for (const [record, want] of fires) {
      assert.equal(
        diagnose(record).find(({ rule }) => rule === name),
        { rule: name, found: want, remedy },
      );
    }
    assert.equal(
      quiet.map((record) => found(record)),
      quiet.map(() => undefined),
    );
  });
}

Rules("several methods have a range each", () => {
  const both = of({
    method: "prompt+lora",
    optimizer: { name: "adafactor", learningRate: 1e6 },
  });
  const said = diagnose(both).find(({ rule }) => rule === "learning-rate")?.found ?? "";
  assert.match(said, /worked for prompt with adafactor, .* worked for lora with adafactor$/);
});

Rules("the bounds that the table of rules names are those of the cases", () => {
  const fires = Object.fromEntries(RULES.map((rule) => [rule.name, rule.fires]));
  assert.match(fires["invalid-answers"], /more than 5 %/);
  assert.match(fires["cut-inputs"], /more than 5 %/);
  assert.match(fires.gradient, /more than 10 %/);
  assert.match(fires.tokenizer, /128 embeddings/);
});

Rules.run();
