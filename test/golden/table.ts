/** @file Which test reads what of which golden file, and what is read by none, with the reason. coverage.test.ts compares it with the files. */
import { isIn, type Leaf, type Part } from "../helpers/golden-leaves.js";
import { isAbsent } from "../optim/optax/absent.js";
import { methodLines } from "./method-lines.js";

/**
 * What one test file reads: all keys, all but parts, parts, some of the keys that another test reads whole (so none is checked at its end), or the
 * file as one thing, by its loader.
 */
type Reads = "all" | { readonly but: readonly Part[] } | readonly Part[] | "some" | "loader";

export interface Line {
  /** Test files by their path below test/. */
  readonly tests: Readonly<Record<string, Reads>>;
  /** Parts that no test reads. */
  readonly except?: readonly (readonly [part: Part, why: string])[];
}

/** A file that tests read, or the subject that will bring its tests. */
export type Entry = Line | { readonly later: string };

/** Keys that tell about the numbers, wherever they are. */
const ABOUT: Readonly<Record<string, string>> = {
  what: "words",
  producer: "who made the numbers",
  producers: "who made the numbers",
  reading: "how to read the file, in words",
  dtype: "every float32 list is read as such",
  formula: "words; the function is written out in the test",
  note: "words",
  loss_float64: "a second implementation, which tells how far float32 is off",
  max_abs_deviation_from_independent_float64: "how far float32 is off",
  max_abs_deviation: "how far the producers are from each other",
};

const later = (subject: string): Entry => ({ later: subject });
const one = (test: string): Entry => ({ tests: { [test]: "all" } });

const MODEL: Entry = { tests: { "io/huggingface.test.ts": "loader", "io/save-huggingface.test.ts": "loader" } };
const T5: Readonly<Record<string, Reads>> = { "t5/golden.test.ts": "all", "t5/golden.long.ts": "all" };
const DECODING: Readonly<Record<string, Reads>> = { "t5/decoding.test.ts": "some", "t5/golden.long.ts": "all" };

const VERSIONS = ["versions", "who made the numbers"] as const;
/** Parts of objectives/pieces.json that make no examples yet. */
const PIECES = [
  "reduce_concat_tokens",
  "split_tokens",
  "split_to_length",
  "trim_tokens_at_front",
  "append_eos",
  "targets_for_prefix_lm_objective",
  "pack_prefix_lm_encoder_decoder",
  "pack_prefix_lm_decoder_only",
];
const UNRELIABLE = "after reliable_steps, where rounding has grown by itself";
const PADDED = "has padded targets in it, which are masked here and are not there";

/** The files of a model folder. */
const t5Folder = (folder: string, unreliable: Line["except"] = []): Readonly<Record<string, Entry>> => ({
  [`${folder}/config.json`]: MODEL,
  [`${folder}/model.safetensors`]: MODEL,
  [`${folder}/forward.json`]: { tests: T5 },
  [`${folder}/intermediate.json`]: { tests: T5 },
  [`${folder}/long.json`]: { tests: T5, except: [["outputs.logits_digest", PADDED]] },
  [`${folder}/prompt.json`]: { tests: T5, except: [["cross_check", "how a second producer agreed"]] },
  [`${folder}/prompt_lengths.json`]: { tests: T5, except: [["cases.logits_digest", PADDED]] },
  [`${folder}/prompt_train.json`]: {
    tests: T5,
    except: [
      ["runs.*.settings", "words; the settings are written out in the test"],
      ["runs.*.loss_before_float64", "a second implementation, which tells how far float32 is off"],
      ["runs.*.max_abs_prompt_deviation_from_float64", "how far float32 is off"],
      ...unreliable,
    ],
  },
  [`${folder}/generate.json`]: {
    tests: DECODING,
    except: [
      ["beam_score", "words"],
      ["cases.smallest_margin_top1_top2", "how sure the choices were"],
      ["cases.smallest_gap_between_returned_scores", "how sure the order was"],
    ],
  },
  [`${folder}/beam_t5x.json`]: {
    tests: DECODING,
    except: [
      ["score", "words"],
      ["cases.best_is", "words: the last one is"],
    ],
  },
});

/** Parts of one task's file that another test than tasks/golden.test.ts reads. */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  // Eleven million tokens.
  multirc: { "tasks/golden.long.ts": ["splits.train.tokens", "splits.train.tokens_sha256"] },
  wsc: { "tasks/tasks.test.ts": ["splits.*.spans_changed_by_fixed", "synthetic.splits.*.examples.fixed_spans"] },
};
const WITHOUT_EVALUATION = /^(ax|mrqa|glue-(?!mrpc|qqp))/;
const taskLine = (name: string): Line => {
  const evaluation = WITHOUT_EVALUATION.test(name) ? {} : { "tasks/evaluation.test.ts": ["evaluation"] };
  const others = { ...evaluation, ...ELSEWHERE[name] };
  return {
    tests: { "tasks/golden.test.ts": { but: Object.values(others).flat() }, ...others },
    except: [["reference", "names of the reference's tasks"]],
  };
};

const UNUSED_FIELD = "a field of an example that its postprocessor does not look at";
/** Tasks of other benchmarks. */
const OTHER_TASKS = [
  ..."ax cola mnli mnli_matched mnli_mismatched mrpc qnli qqp rte sst2 stsb wnli"
    .split(" ")
    .map((name) => `glue-${name}`),
  ...["DuoRC", "NewsQA", "RACE", "RelationExtraction"].map((name) => `mrqa-${name}`),
  "squad",
];

const JAXS = "at a tie or a bound JAX has another derivative, which the test writes out";
const JAX_CONVENTION = (key: string): Part => ({
  path: `functions.${key}`,
  where: ({ name }) => ["reduce_max_ties_first", "clip_on_bound"].includes(name as string),
});

/** Golden files below shared/golden. A name that ends in / is a folder with all that it holds. */
export const TABLE: Readonly<Record<string, Entry>> = {
  ...t5Folder("t5-tiny"),
  ...t5Folder("t5-tiny-v1_0", [
    [{ path: "runs.adafactor_t5x_unfactored.steps", where: ({ step }) => (step as number) >= 7 }, UNRELIABLE],
    [{ path: "runs.adafactor_hf.steps", where: ({ step }) => (step as number) >= 8 }, UNRELIABLE],
  ]),
  "gin/": later("not planned yet: runs from gin files"),
  "tasks/sources.json": {
    tests: { "io/fetch/sources.test.ts": "all" },
    except: [["inside", "words: how archives are laid out"]],
  },
  "jax/": { tests: { "jax/jax.test.ts": "loader", "jax/jax.long.ts": "loader" } },
  ...methodLines("t5-tiny"),
  ...methodLines("t5-tiny-v1_0"),
  "methods/tokenizer/tokenizer.json": { tests: { "methods/starts.test.ts": "loader" } },
  "methods/tokenizer/tokenizer_config.json": {
    tests: { "methods/starts.test.ts": "all" },
    except: [
      ["backend", "which library reads the vocabulary"],
      ["tokenizer_class", "which class of transformers reads it"],
      ["model_max_length", "no bound"],
    ],
  },
  "objectives/mixtures.json": {
    tests: { "data/mixture.test.ts": "all" },
    except: [["versions", "who made the numbers"]],
  },
  "objectives/losses.json": {
    tests: { "t5/normalizing.test.ts": "all", "t5/choice-losses.test.ts": "some" },
    except: [
      ["versions", "who made the numbers"],
      ["normalizing.batch.decoder_positions", "positions play no part in weights"],
    ],
  },
  "objectives/spans.json": { tests: { "data/objectives/masks.test.ts": "all" }, except: [VERSIONS] },
  "objectives/noise.json": { tests: { "data/objectives/noise.test.ts": "all" }, except: [VERSIONS] },
  "objectives/random.json": { tests: { "data/objectives/random.test.ts": "all" }, except: [VERSIONS] },
  "objectives/pieces.json": {
    tests: {
      "data/objectives/pieces.test.ts": PIECES,
      "data/objectives/objectives.test.ts": { but: PIECES },
    },
    except: [VERSIONS],
  },
  "objectives/packing.json": {
    tests: { "data/packing.test.ts": "all" },
    except: [
      ["versions", "who made the numbers"],
      ["converters.error", "the name of TensorFlow's error"],
    ],
  },
  ...Object.fromEntries(
    ["t5-tiny", "t5-tiny-v1_0"].map((name) => [
      `objectives/packed_${name}.json`,
      {
        tests: { "t5/packed.test.ts": "all", "t5/packed.long.ts": "all" },
        except: [
          ["versions", "who made the numbers"],
          ["model", "the name of the file has it"],
          ["network_against_forward_json_logits", "how far two producers are from each other"],
          ["largest_difference_packed_unpacked", "how far the reference is off by rounding"],
        ],
      } satisfies Line,
    ]),
  ),
  "optax/trajectories.json": {
    tests: {
      "optim/optax.test.ts": ["problem", "check", "helpers"],
      "optim/optax.long.ts": { but: ["problem", "check", "helpers"] },
    },
    except: [
      ["versions", "who made the numbers"],
      [{ path: "cases", where: ({ name }) => isAbsent(name as string) }, "optax has it, this library has not"],
    ],
  },
  "optax/schedules.json": { tests: { "optim/optax.test.ts": "all" }, except: [["versions", "who made the numbers"]] },
  ...Object.fromEntries(
    ["boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc", "axb", "axg", ...OTHER_TASKS].map((name) => [
      `tasks/${name}.json`,
      taskLine(name),
    ]),
  ),
  "tasks/dpr.json": {
    tests: { "tasks/golden-others.test.ts": "all" },
    except: [["reference", "names of the reference's tasks"]],
  },
  "tasks/transfer.json": {
    tests: { "tasks/golden-others.test.ts": "all" },
    except: [["cases.inputs_and_targets_equal_the_plain_task", "words: the test compares them"]],
  },
  "tasks/tsv-qa.json": {
    tests: { "tasks/golden-others.test.ts": "all" },
    except: [
      ["cases.expected.question", "a field of the reference's rows that no model reads"],
      ["cases.expected.context", "a field of the reference's rows that no model reads"],
      ["cases.expected.answer", "the target"],
    ],
  },
  "tasks/metrics.json": {
    tests: {
      "metrics/golden-tasks.test.ts": ["classification", "multirc", "record", "wsc", "qa", "stsb"],
      "tasks/evaluation.test.ts": ["diagnostics"],
    },
  },
  "tasks/strings.json": {
    tests: {
      "metrics/python-text.test.ts": [
        ...["input", "normalize_squad", "normalize_trivia_qa", "python_strip", "python_split", "python_lower"].map(
          (key) => `functions.${key}`,
        ),
        "string_to_float",
      ],
      "tasks/text.test.ts": [
        ...["input", "pad_punctuation", "string_join_with_x", "remove_first_text_token"].map(
          (key) => `functions.${key}`,
        ),
        "stsb_targets",
      ],
    },
  },
  "tasks/superglue-average.json": one("metrics/average.test.ts"),
  "metrics.json": {
    tests: { "metrics/golden.test.ts": "all" },
    except: [
      ["cross_check", "how a second producer agreed"],
      ["tolerance", "words; written out in the test"],
      ["metrics.origin", "words: where a row is from"],
      ["rank_classification.target_fields", "words: what the lists in the targets are"],
      ["postprocessors.kwargs.example.idx/answer", UNUSED_FIELD],
      [
        {
          path: "postprocessors.kwargs.example.label",
          where: ({ kwargs }) => !(kwargs as { is_target?: boolean }).is_target,
        },
        UNUSED_FIELD,
      ],
    ],
  },
  "sentencepiece.jsonl": {
    tests: { "tokenizer/sentencepiece.test.ts": "all", "tokenizer/tokenizer-json.test.ts": ["text", "ids"] },
  },
  "sentencepiece_decode.jsonl": one("tokenizer/sentencepiece.test.ts"),
  "adafactor.json": {
    tests: { "optim/adafactor.test.ts": "all" },
    except: [
      ["differences", "words"],
      ["tolerance_float32", "words; written out in the test"],
      ["whole_tensors", "words: where they are"],
      ["cases.update_rms_before_clipping", "a value within the update, which nobody is given"],
    ],
  },
  "adafactor_params.safetensors": { tests: { "optim/adafactor.test.ts": "all" } },
  "autodiff.json": {
    tests: {
      "golden/autodiff.test.ts": "all",
      "transforms/jacobian.test.ts": [
        ...["name", "inputs", "hessian"].map((key) => `hessians.${key}`),
        ...["name", "x", "jacobian"].map((key) => `jacobians.${key}`),
      ],
    },
    except: [
      ["checked", "words: how the numbers were checked"],
      ["tolerance_float32", "words; written out in the test"],
      ["hessians.hessian_axes", "words"],
      ["jacobians.axes", "words"],
      ...["vjp", "jvp", "hvp", "third_directional"].map((key) => [JAX_CONVENTION(key), JAXS] as const),
    ],
  },
  "t5-tiny/buckets.json": {
    tests: { "t5/golden.test.ts": "all" },
    except: [
      ["t5x_differs_at", "words: what the lists of that name in the tables are"],
      ["float64_differs_at", "words: what the lists of that name in the tables are"],
      ["t5x_commit", "who made the numbers"],
    ],
  },
};

/** The entry of a file: its own, or that of the deepest folder around it. */
export const entryOf = (file: string): readonly [name: string, entry: Entry] | undefined =>
  Object.entries(TABLE)
    .filter(([name]) => name === file || (name.endsWith("/") && file.startsWith(name)))
    .sort(([a], [b]) => b.length - a.length)[0];

const readsOf = (test: string, file: string): Reads | undefined => {
  const entry = TABLE[file];
  return entry !== undefined && "tests" in entry ? entry.tests[test] : undefined;
};

/** The files of which a test reads keys. */
export const linesOf = (test: string): string[] =>
  Object.keys(TABLE).filter((file) => ![undefined, "loader"].includes(readsOf(test, file) as string | undefined));

/** The parts that the table names for a test: what it reads, or what it leaves to others. */
export const partsOf = (test: string, file: string): readonly Part[] => {
  const reads = readsOf(test, file);
  if (reads === undefined || typeof reads === "string") return [];
  return "but" in reads ? reads.but : reads;
};

/** Whether a test must have read a leaf at its end. */
export const isPromised = (test: string, file: string, leaf: Leaf): boolean => {
  const reads = readsOf(test, file);
  const named = partsOf(test, file).some((part) => isIn(part, leaf));
  return reads === "all" || (typeof reads === "object" && "but" in reads ? !named : named);
};

/** Whether a leaf is one that no test reads, for a reason that the table gives. */
export const isExcepted = (file: string, leaf: Leaf): boolean => {
  const entry = TABLE[file];
  const except = entry !== undefined && "tests" in entry ? (entry.except ?? []) : [];
  return leaf.keys.some((key) => Object.hasOwn(ABOUT, key)) || except.some(([part]) => isIn(part, leaf));
};
