/** @file `fluxion doctor RUN`: why a run learned nothing, by the rules of the doctor. */
import { diagnose, type Finding, RULES } from "../lab/doctor-rules.js";
import { baselinesOf, isPretraining, subjectOf } from "../lab/pretraining/recipe.js";
import { beatsBaselines, overallScore } from "../lab/results.js";
import { bestOf, type RunRecord, runRecord } from "../lab/run-record.js";
import { runsIn } from "../lab/runs-in.js";
import { nodeStore } from "../store/node.js";
import type { Terminal } from "./terminal.js";

export interface DoctorFlags {
  readonly json?: boolean;
}

/** The scores that a run is judged by, as far as it has them. */
const scoresOf = (record: RunRecord) => {
  const best = bestOf(record);
  return {
    ...(best !== undefined && { tuned: best.score, bestStep: best.step }),
    ...(record.start !== undefined && {
      untuned: overallScore(record.start.untuned, subjectOf(record.recipe)),
      majority: overallScore(record.start.majority, subjectOf(record.recipe)),
    }),
  };
};

const headOf = (path: string, record: RunRecord): string => {
  const { tuned, bestStep, untuned, majority } = scoresOf(record);
  // The score of texts is the mean probability of a token.
  const trained = isPretraining(record.recipe) ? "likelihood" : "tuned";
  const own = tuned === undefined ? "no evaluation yet" : `${trained} ${tuned.toFixed(1)} at step ${bestStep}`;
  const [bare, usual] = baselinesOf(record.recipe);
  const others =
    untuned === undefined || majority === undefined
      ? ""
      : `, ${bare} ${untuned.toFixed(1)}, ${usual} ${majority.toFixed(1)}`;
  return `${path}: ${own}${others}`;
};

/** Advice for a run that does not beat its baselines. */
const furtherOf = (path: string, { recipe }: RunRecord): string => {
  const longer = `to try next: more steps (npx fluxion train --resume ${path} --steps N)`;
  return isPretraining(recipe)
    ? `${longer}, with which the loss of texts falls for long; a higher learning rate, which a schedule of roots divides by that of its warm-up (optimizer.schedule.warmup); more text`
    : `${longer}, another learning rate of the range that worked, other seeds (--seeds 3); and look at ${path}/predictions.jsonl`;
};

/** The next thing to try when no rule fires. */
const nextOf = (path: string, record: RunRecord): string => {
  const best = bestOf(record);
  if (best === undefined) return `nothing is evaluated yet; to go on: npx fluxion train --resume ${path}`;
  const learned =
    record.start !== undefined && beatsBaselines({ score: best.score, ...record.start }, subjectOf(record.recipe));
  return learned ? "the run beats its baselines" : furtherOf(path, record);
};

const textOf = (path: string, record: RunRecord, findings: readonly Finding[]): string[] =>
  findings.length === 0
    ? [`none of the ${RULES.length} rules fires`, nextOf(path, record)]
    : findings.flatMap(({ rule, found, remedy }) => [`- ${rule}: ${found}`, `  remedy: ${remedy}`]);

/**
 * Diagnoses the runs in a folder.
 *
 * @throws {CheckpointError} for a folder without a run, or with a damaged one
 */
export const doctor = async (path: string, { json = false }: DoctorFlags, terminal: Terminal): Promise<void> => {
  const found = [];
  for (const store of await runsIn(nodeStore(path))) {
    const record = await runRecord(store);
    found.push({ path: store.name(), record, findings: diagnose(record) });
  }
  if (json) {
    const runs = found.map(({ path: at, record, findings }) => ({ path: at, ...scoresOf(record), findings }));
    terminal.write(`${JSON.stringify({ runs })}\n`);
    return;
  }
  const texts = found.map(({ path: at, record, findings }) =>
    [headOf(at, record), ...textOf(at, record, findings)].join("\n"),
  );
  terminal.write(`${texts.join("\n\n")}\n`);
};
