/** @file What is planned of an archive before anything is asked: what it lacks, and two tasks of one file. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { planOf } from "../../lib/cli/predict-submission.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { taskOf } from "../../lib/tasks/registry.js";

const Plan = suite("cli/predict-submission");
const tasksOf = (names: string) => names.split(" ").map((name) => taskOf(name));

Plan("an archive lacks the files that are not there, whichever task writes them", () => {
  const some = "cola sst2 stsb qnli glue_rte mnli_matched mnli_mismatched ax";
  assert.equal(planOf(tasksOf(`${some} mrpc qqp`)).missing, ["wnli"]);
  assert.equal(planOf(tasksOf(`${some} mrpc_from_qqp`)).missing, ["qqp", "wnli"]);
});

Plan("two tasks of one file are refused before anything is asked", () => {
  let message = "no error";
  try {
    planOf(tasksOf("cola mrpc mrpc_from_qqp"));
  } catch (error) {
    assert.ok(isFluxionError(error, "ConfigError"), `${error}`);
    message = error.message;
  }
  assert.match(message, "mrpc and mrpc_from_qqp are both written as MRPC.tsv");
});

Plan.run();
