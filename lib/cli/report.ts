/** @file What a run shows: a progress bar, the evaluations, and a table at the end. */
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { brief } from "../edge/decode.js";
import type { RunConfig } from "../train/config.js";
import type { Evaluation, StepRecord } from "../train/loop.js";

/** Scores by name, as the table shows them. */
export type Scores = Readonly<Record<string, number>>;

/** `f1 60.2, accuracy 71.0`. */
export const printScores = (metrics: Scores): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(1)}`)
    .join(", ");

/** Shows the progress of `total` steps: a bar on a terminal, a line an evaluation elsewhere. */
export class Reporter {
  readonly #bar: SingleBar | undefined;
  #last: StepRecord | undefined;
  #tokensPerSecond = 0;

  constructor(total: number, start: number) {
    if (!process.stdout.isTTY || total === 0) return;
    this.#bar = new SingleBar({
      format: "{bar} {value}/{total} | loss {loss} | {rate} tokens/s | {eta_formatted} left",
      hideCursor: true,
      etaBuffer: 20,
    });
    this.#bar.start(total, start, { loss: "-", rate: "-" });
  }
  step(record: StepRecord): void {
    const rate = record.tokens / record.seconds;
    this.#tokensPerSecond = this.#tokensPerSecond === 0 ? rate : 0.9 * this.#tokensPerSecond + 0.1 * rate;
    this.#last = record;
    this.#bar?.update(record.step, { loss: record.loss.toFixed(3), rate: Math.round(this.#tokensPerSecond) });
  }
  evaluation(step: number, evaluation: Evaluation, isBest: boolean): void {
    const example = evaluation.predictions.find(({ valid }) => !valid)?.prediction;
    const invalid =
      example === undefined ? "" : `, ${evaluation.invalid} answers not allowed, such as ${brief(example, 30)}`;
    const loss = this.#last === undefined ? "" : `loss ${this.#last.loss.toFixed(3)}, `;
    const rate = this.#last === undefined ? "" : `, ${Math.round(this.#tokensPerSecond)} tokens/s`;
    const best = isBest ? "  (best so far)" : "";
    this.line(
      `step ${String(step).padStart(5)}  ${loss}dev ${printScores(evaluation.metrics)}, loss ${evaluation.loss.toFixed(3)}${invalid}${rate}${best}`,
    );
  }
  /** A line above the bar. */
  line(text: string): void {
    if (this.#bar === undefined) {
      console.log(text);
      return;
    }
    process.stdout.write(`\r\u001b[K${text}\n`);
    this.#bar.render();
  }
  stop(): void {
    this.#bar?.stop();
  }
}

/** The words that a report uses for a run. */
export interface Words {
  /** The tuned model and the bare one, as tables call them. */
  readonly contestants: readonly [tuned: string, untuned: string];
  /** What is best, and the file that holds it. */
  readonly best: readonly [name: string, file: string];
}

/** Selects the words for the method of a run. */
export const wordsOf = ({ method }: RunConfig): Words =>
  method === "prompt"
    ? { contestants: ["tuned prompt", "no prompt"], best: ["the best prompt", "prompt.npy"] }
    : { contestants: [`tuned (${method})`, "not tuned"], best: ["the best", "tuned.safetensors"] };

/** A table with a row for each contestant. */
export const scoreTable = (rows: Readonly<Record<string, Scores>>): string => {
  const names = Object.keys(Object.values(rows)[0] ?? {});
  const table = new Table({
    head: ["dev set", ...names],
    style: { head: [], border: [] },
    colAligns: ["left", ...names.map(() => "right" as const)],
  });
  for (const [who, values] of Object.entries(rows)) table.push([who, ...names.map((n) => values[n].toFixed(1))]);
  return table.toString();
};
