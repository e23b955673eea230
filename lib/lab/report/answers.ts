/** @file What is computed from the answers of runs: intervals of differences between methods, and votes of seeds. */
import { mean } from "../../metrics/average.js";
import { nodeStore } from "../../store/node.js";
import { majorityVote } from "../../train/ensemble.js";
import { type IdentifiedAnswer, identifiedAnswers } from "../run-record.js";
import { type Block, type Interval, pairedBootstrap } from "./bootstrap.js";
import { bestOf, byColumn, type Cell, columnOf } from "./cells.js";
import type { Fault } from "./load.js";
import { groupBy } from "./variants.js";

/** The answers to one example: by how many runs they are right, and what most of them say. */
export interface Example {
  readonly id: string;
  readonly inputs: string;
  readonly group: string;
  /** The share of runs whose answer is right. */
  readonly right: number;
  /** Whether the answer that most runs give is right. */
  readonly voted: boolean;
}

/** What the runs of a cell answered. */
export interface CellAnswers {
  readonly cell: Cell;
  readonly examples: readonly Example[];
  /** The share of right answers of each run, in percent. */
  readonly right: readonly number[];
}

/** Two methods on a task: the second one's share of right answers less the first one's. */
export interface Comparison extends Interval {
  readonly column: string;
  readonly better: Cell;
  readonly other: Cell;
  readonly examples: number;
  readonly groups: number;
}

/** The vote of the seeds of a cell, of which there are three or more. Shares of right answers, in percent. */
export interface Vote {
  readonly cell: Cell;
  readonly average: number;
  readonly best: number;
  readonly vote: number;
}

/** The paragraph that a question of SQuAD is about: such questions are one group. */
const CONTEXT = /^question: [\s\S]* context: ([\s\S]*)$/;

const groupOf = ({ id, group, inputs }: IdentifiedAnswer): string => group ?? CONTEXT.exec(inputs)?.[1] ?? id;

/** One answer for each question: ReCoRD has copies of a query, one for each accepted answer. */
const once = (answers: readonly IdentifiedAnswer[]): readonly IdentifiedAnswer[] => {
  const seen = new Set<string>();
  return answers.filter(({ id, inputs }) => {
    const key = JSON.stringify([id, inputs]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};

const share = (answers: readonly { readonly correct: boolean }[]): number =>
  100 * mean(answers.map(({ correct }) => Number(correct)));

const TEXTS = { read: (text: string): string => text };

/** The answers of several runs to one example as one. */
const joined = (list: readonly IdentifiedAnswer[]): Example => {
  const [{ id, inputs, target: targets }] = list;
  const example = { id, inputs, targets, truth: targets };
  const winner = majorityVote(
    TEXTS,
    example,
    list.map(({ prediction: text }) => ({ text, score: 0 })),
  );
  const voted = list.some(({ prediction, correct }) => prediction === winner && correct);
  return { id, inputs, group: groupOf(list[0]), right: share(list) / 100, voted };
};

type Asked = Pick<Example, "id" | "inputs">;

const isSameList = (a: readonly Asked[], b: readonly Asked[]): boolean =>
  a.length === b.length && a.every(({ id, inputs }, i) => id === b[i].id && inputs === b[i].inputs);

/** Reads the answers of the runs of a cell. @throws when a file is damaged */
const answersOf = async (cell: Cell): Promise<CellAnswers> => {
  const lists: (readonly IdentifiedAnswer[])[] = [];
  for (const { run } of cell.scores) {
    const all = await identifiedAnswers(nodeStore(run.place));
    const own = once(all.filter(({ task = cell.task }) => task === cell.task));
    if (own.length > 0 && (lists.length === 0 || isSameList(own, lists[0]))) lists.push(own);
  }
  const [first = []] = lists;
  return { cell, examples: first.map((_, i) => joined(lists.map((list) => list[i]))), right: lists.map(share) };
};

/** The most cells of a task that are compared. */
const MOST = 8;

/** The cells of a task that are compared, the best first: the best one of each method; of one method alone its own ones. */
const contestants = (cells: readonly Cell[]): readonly Cell[] => {
  const methods = [...groupBy(cells, ({ variant }) => variant.method).values()];
  const chosen = methods.length === 1 ? cells : methods.map(bestOf);
  return [...chosen].sort((a, b) => b.mean - a.mean).slice(0, MOST);
};

/** The differences of two cells by group; undefined where they answered other examples. */
const blocksOf = (a: CellAnswers, b: CellAnswers): readonly Block[] | undefined => {
  if (a.examples.length === 0 || !isSameList(a.examples, b.examples)) return undefined;
  const pairs = a.examples.map(({ group, right }, i) => ({ group, difference: 100 * (right - b.examples[i].right) }));
  return [...groupBy(pairs, ({ group }) => group).values()].map((members) => ({
    sum: members.reduce((sum, { difference }) => sum + difference, 0),
    count: members.length,
  }));
};

const compare = (better: CellAnswers, other: CellAnswers): Comparison[] => {
  const blocks = blocksOf(better, other);
  if (blocks === undefined) return [];
  const counts = { examples: better.examples.length, groups: blocks.length };
  const cells = { column: columnOf(better.cell), better: better.cell, other: other.cell };
  return [{ ...cells, ...counts, ...pairedBootstrap(blocks) }];
};

/** Fewer runs have no majority. */
const FEWEST_VOTERS = 3;

const voteOf = ({ cell, examples, right }: CellAnswers): Vote[] => {
  if (right.length < FEWEST_VOTERS) return [];
  const vote = share(examples.map(({ voted }) => ({ correct: voted })));
  return [{ cell, average: mean(right), best: Math.max(...right), vote }];
};

/** What the answers of runs say. */
export interface FromAnswers {
  readonly comparisons: readonly Comparison[];
  readonly votes: readonly Vote[];
  readonly faults: readonly Fault[];
}

/** Reads the answers of the cells that are compared, one task after another, and compares the best one with the others. */
export const fromAnswers = async (cells: readonly Cell[]): Promise<FromAnswers> => {
  const comparisons: Comparison[] = [];
  const votes: Vote[] = [];
  const faults: Fault[] = [];
  for (const [, column] of byColumn(cells.filter((cell) => !cell.isTransfer))) {
    const answered: CellAnswers[] = [];
    for (const cell of contestants(column)) {
      try {
        answered.push(await answersOf(cell));
      } catch (error) {
        const said = `its answers cannot be read: ${(error as Error).message.split("\n")[0]}`;
        faults.push({ place: cell.scores[0].run.place, kind: "damaged", said });
      }
    }
    const [best, ...others] = answered;
    comparisons.push(...others.flatMap((other) => compare(best, other)));
    votes.push(...answered.flatMap(voteOf));
  }
  return { comparisons, votes, faults };
};
