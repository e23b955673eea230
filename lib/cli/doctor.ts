/** @file `fluxion doctor RUN`: why a run learned nothing, by the rules of the doctor. */
import { diagnose, type Finding, RULES } from "../lab/doctor-rules.js";
import { overallScore } from "../lab/results.js";
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
      untuned: overallScore(record.start.untuned),
      majority: overallScore(record.start.majority),
    }),
  };
};

const headOf = (path: string, record: RunRecord): string => {
  const { tuned, bestStep, untuned, majority } = scoresOf(record);
  const own = tuned === undefined ? "no evaluation yet" : `tuned ${tuned.toFixed(1)} at step ${bestStep}`;
  const others =
    untuned === undefined || majority === undefined
      ? ""
      : `, not tuned ${untuned.toFixed(1)}, majority class ${majority.toFixed(1)}`;
  return `${path}: ${own}${others}`;
};

const textOf = (findings: readonly Finding[]): string[] =>
  findings.length === 0
    ? [`none of the ${RULES.length} rules fires`]
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
  const texts = found.map(({ path: at, record, findings }) => [headOf(at, record), ...textOf(findings)].join("\n"));
  terminal.write(`${texts.join("\n\n")}\n`);
};
