/** @file `fluxion evaluate --vote`: the adapters of a folder as one ensemble, the table 3 of Lester et al. */

import { dispose } from "../core/tensor.js";
import { counted } from "../edge/counted.js";
import { orThrow } from "../edge/either.js";
import { noteSynthetic } from "../lab/assets.js";
import { dataAt } from "../lab/inputs.js";
import { byName, deviationOf } from "../lab/results.js";
import { scoreTable } from "../lab/terminal.js";
import { mean } from "../metrics/average.js";
import * as np from "../np/index.js";
import { ensureDir } from "../store/files.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { ReadyModel } from "../train/answer.js";
import { type EnsembleEvaluation, type EnsembleScores, ensembleEvaluator } from "../train/ensemble-evaluator.js";
import { Bar } from "./bar.js";
import { type EvaluateFlags, notes, save, WRITING } from "./evaluate.js";
import { type FoundMember, membersOf } from "./members.js";
import { usageError } from "./parse.js";
import { askedBy, modelFor, type Question, questionsOf, tokenizerOf } from "./questions.js";
import type { Terminal } from "./terminal.js";

const WHERE = "fluxion evaluate --vote";

/** A task to ask, and the adapters that answer it. */
interface Poll extends Question {
  readonly voters: readonly FoundMember[];
}

interface Voted extends Poll, EnsembleEvaluation {
  /** Inputs that were cut. */
  readonly cut: number;
}

const answer = async (
  model: ReadyModel,
  tokenizer: Tokenizer,
  poll: Poll,
  flags: EvaluateFlags,
  terminal: Terminal,
): Promise<Voted> => {
  const { task, examples, voters } = poll;
  const members = voters.map(({ method, tuned }) => ({ method, tuned: np.devicePut(tuned) as object }));
  const ensemble = ensembleEvaluator(model, tokenizer, task, examples, members, askedBy({ adapter: undefined }, flags));
  if (!ensemble.together) terminal.note("the adapters cannot share a batch, so that each answers by itself");
  const bar = new Bar(terminal, "{label} {bar} {value}/{total} | {eta_formatted} left");
  const show = (done: number): void => bar.show(task.name, done, examples.length);
  try {
    show(0);
    return { ...poll, ...(await ensemble.evaluate(show)), cut: ensemble.cut };
  } finally {
    bar.stop();
    ensemble.dispose();
    dispose(members.map(({ tuned }) => tuned));
  }
};

/** The place of the member with the highest score; of equal ones the first. */
const bestOf = ({ members }: EnsembleEvaluation): number => {
  const scores = members.map(({ score }) => score);
  return Math.max(0, scores.indexOf(Math.max(...scores)));
};

/** Mean and deviation of the members' metrics. */
const spreadOf = ({ members }: EnsembleEvaluation) => {
  const all = members.map(({ metrics }) => metrics);
  return { average: byName(all, mean), deviation: all.length < 2 ? {} : byName(all, deviationOf) };
};

const tableOf = (voted: Voted): string => {
  const { task, split, examples, voters, vote, likelihood } = voted;
  const { average, deviation } = spreadOf(voted);
  const best = bestOf(voted);
  const rows = {
    [`average of ${voters.length}`]: average,
    [`best (${voters[best].name})`]: voted.members[best].metrics,
    "ensemble by vote": vote.metrics,
    ...(likelihood && { "ensemble by likelihood": likelihood.metrics }),
  };
  return `${task.name}, ${split}, ${counted(examples.length, "example")}\n${scoreTable(rows, deviation)}\n`;
};

const jsonOf = (list: readonly Voted[]): string => {
  const plain = ({ predictions: _, ...scores }: EnsembleScores) => scores;
  const tasks = list.map((voted) => {
    const { task, split, examples, voters, vote, likelihood, cut } = voted;
    const each = voted.members.map((member, i) => ({ adapter: voters[i].path, ...plain(member) }));
    return [
      task.name,
      {
        split,
        examples: examples.length,
        ...spreadOf(voted),
        best: each[bestOf(voted)],
        vote: plain(vote),
        likelihood: likelihood === undefined ? null : plain(likelihood),
        members: each,
        cut,
      },
    ];
  });
  return `${JSON.stringify({ tasks: Object.fromEntries(tasks) }, null, 2)}\n`;
};

/** The folder of the members, and the flags of what they are asked. @throws {ConfigError} where one of them is missing */
const ensembleFlags = ({ adapters, prompts, vote: _, ...asked }: EvaluateFlags) => {
  const dir = adapters ?? prompts;
  const fail = (what: string, expected: string): never => {
    throw usageError(WHERE, what, { expected });
  };
  if (dir === undefined) return fail("an ensemble is a folder of adapters", "--prompts DIR");
  if (asked.task === undefined) return fail("it is not said what the ensemble answers", "--task NAME");
  return { dir, asked };
};

/**
 * Evaluates the adapters of a folder on tasks, and what they answer together.
 *
 * @throws {ConfigError} for options that contradict each other, and for a folder without adapters; the typed errors of files that are missing or damaged
 */
export const evaluateVote = async (flags: EvaluateFlags, terminal: Terminal): Promise<void> => {
  const { out, json } = flags;
  const { dir, asked } = ensembleFlags(flags);
  const polls: Poll[] = [];
  for (const question of await questionsOf(WHERE, asked)) {
    polls.push({ ...question, voters: await membersOf(dir, question.task.name) });
  }
  const tokenizer = await tokenizerOf(flags);
  const voters = polls.flatMap((poll) => poll.voters.map((adapter) => ({ adapter })));
  const model = await modelFor(voters, tokenizer, asked, terminal);
  try {
    if (out !== undefined) await orThrow(ensureDir(out, WRITING));
    const list: Voted[] = [];
    for (const poll of polls) {
      const voted = await answer(model, tokenizer, poll, flags, terminal);
      const said = { ...voted, found: voted.vote };
      if (out !== undefined) await save(out, said);
      notes(said, terminal);
      list.push(voted);
    }
    terminal.write(json ? jsonOf(list) : list.map(tableOf).join("\n"));
    noteSynthetic(dataAt(flags.data), terminal);
  } finally {
    model.dispose();
  }
};
