/**
 * @file SuperGLUE's tasks and diagnostics as text to text, with the exact strings of T5's preprocessors.
 *
 * @see Raffel et al. 2020, appendix D; Lester et al. 2021, section 3 (the leading task name is dropped)
 */
import { accuracy, macroF1, matthews } from "../metrics/classification.js";
import { genderParity } from "../metrics/parity.js";
import { withHub } from "./hub.js";
import { labelled } from "./labelled.js";
import { multirc } from "./multirc.js";
import { record } from "./record.js";
import { jsonlClasses } from "./submission.js";
import { jsonlFiles, type Task } from "./task.js";
import { wsc } from "./wsc.js";

const BOOLEAN = { written: [false, true] } as const;
const ENTAILED = ["entailment", "not_entailment"];
const COMMITTED = ["entailment", "contradiction", "neutral"];
/** As the leaderboard writes them. */
const LOWER_CASE = ["false", "true"];

/** The diagnostics are asked of a prompt for RTE. */
const AS_RTE = { prefix: "rte", index: 5 } as const;

const ALL: readonly Task[] = [
  labelled("boolq", ["False", "True"], ["passage", "question"], {
    title: "Does the passage answer the question with yes?",
    licence: "CC BY-SA 3.0",
    splits: jsonlFiles("BoolQ"),
    index: 0,
    submission: jsonlClasses("BoolQ.jsonl", LOWER_CASE),
    ...BOOLEAN,
  }),
  labelled("cb", COMMITTED, ["premise", "hypothesis"], {
    title: "Does the premise commit its author to the hypothesis?",
    licence: "research use, see the original release",
    index: 1,
    metrics: { mean_3class_f1: macroF1(3), accuracy },
    submission: jsonlClasses("CB.jsonl", COMMITTED),
  }),
  labelled("copa", ["choice1", "choice2"], ["premise", "choice1", "choice2", "question"], {
    title: "Which choice is the cause, or the effect, of the premise?",
    licence: "BSD 2-Clause",
    index: 2,
    written: [0, 1],
    submission: jsonlClasses("COPA.jsonl", [0, 1]),
  }),
  multirc,
  record,
  labelled("rte", ENTAILED, ["premise", "hypothesis"], {
    title: "Does the premise entail the hypothesis?",
    licence: "no explicit licence, research use",
    index: 5,
    submission: jsonlClasses("RTE.jsonl", ENTAILED),
  }),
  labelled("wic", ["False", "True"], ["sentence1", "sentence2", "word"], {
    title: "Has the word the same sense in both sentences?",
    licence: "CC BY-NC 4.0",
    splits: jsonlFiles("WiC"),
    index: 6,
    submission: jsonlClasses("WiC.jsonl", LOWER_CASE),
    ...BOOLEAN,
  }),
  wsc,
  labelled("axb", ENTAILED, ["premise", "hypothesis"], {
    title: "Broad-coverage diagnostics of entailment, for a prompt of RTE",
    licence: "research use",
    splits: { test: { file: "AX-b/AX-b.jsonl", format: "jsonl" } },
    columns: { premise: "sentence1", hypothesis: "sentence2" },
    metrics: { matthews_corrcoef: matthews },
    submission: jsonlClasses("AX-b.jsonl", ENTAILED),
    ...AS_RTE,
  }),
  labelled("axg", ENTAILED, ["premise", "hypothesis"], {
    title: "Entailment with pronouns of either gender, for a prompt of RTE",
    licence: "MIT",
    splits: { test: { file: "AX-g/AX-g.jsonl", format: "jsonl" } },
    metrics: { accuracy, gender_parity: genderParity },
    submission: jsonlClasses("AX-g.jsonl", ENTAILED),
    ...AS_RTE,
  }),
];

/** The Hub has rows of other fields for these. */
const OTHERWISE_ON_THE_HUB = ["multirc", "record", "wsc"];

/** The benchmark: eight tasks, and two diagnostics that have a test split alone. */
export const SUPERGLUE: readonly Task[] = ALL.map((task) => {
  const placed = { ...task, folder: "superglue" };
  return OTHERWISE_ON_THE_HUB.includes(task.name) ? placed : withHub(placed, task.name);
});
