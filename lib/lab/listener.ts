/** @file Whom a run tells what it does. */
import type { StepRecord } from "../train/progress.js";
import type { Finding } from "./doctor-rules.js";
import type { Recipe } from "./recipe.js";
import type { Outcome } from "./results.js";
import type { SuiteEvaluation } from "./suite.js";

/** A run that is about to start. */
export interface RunInfo {
  readonly recipe: Recipe;
  /** Where its files are: the name of its store. */
  readonly place: string;
  /** Its name among several runs, such as `rte` or `seed-1`. */
  readonly part: string | undefined;
  /** Model, method and tasks, in lines for people. */
  readonly lines: readonly string[];
  readonly executor: string;
  /** The steps that are done already. */
  readonly start: number;
  /** Names of the runs that are trained with it in one program, itself included; none where it is trained alone. */
  readonly together: readonly string[];
}

/** A run that has come to something. */
export interface EndInfo extends Pick<RunInfo, "recipe" | "place" | "part"> {
  /** What the doctor's rules find in a run of one seed that does not beat its baselines. */
  readonly findings?: readonly Finding[];
}

/**
 * Functions that a run calls, and waits for. None has to be there.
 *
 * @example const listener: Listener = { step: ({ step, loss }) => console.log(step, loss) };
 */
export interface Listener {
  /** Everything is loaded and checked. Of runs that are trained together each begins before the first step. */
  readonly begin?: (info: RunInfo) => void | Promise<void>;
  /** A step of a run, by its name among several, which may be trained together. Then its seconds are its share of those of the step. */
  readonly step?: (record: StepRecord, part?: string) => void | Promise<void>;
  readonly evaluation?: (
    step: number,
    evaluation: SuiteEvaluation,
    isBest: boolean,
    part?: string,
  ) => void | Promise<void>;
  /** The run was asked to stop, and does so after the step that it is in. */
  readonly stopping?: () => void;
  /** Training is over, or an error ended it. */
  readonly stopped?: () => void;
  /** What the run came to; of several runs, after those of each. `before` says that it had ended before. */
  readonly end?: (outcome: Outcome, info: EndInfo, before: boolean) => void | Promise<void>;
}

/** A listener that shows nothing. */
export const silent: Listener = {};

/** Several listeners as one, called in their order. */
export const together = (listeners: readonly Listener[]): Required<Listener> => {
  const each = async <K extends keyof Listener>(name: K, ...args: Parameters<Required<Listener>[K]>): Promise<void> => {
    for (const listener of listeners) await (listener[name] as ((...all: unknown[]) => unknown) | undefined)?.(...args);
  };
  return {
    begin: (info) => each("begin", info),
    step: (...args) => each("step", ...args),
    evaluation: (...args) => each("evaluation", ...args),
    stopping: () => void each("stopping"),
    stopped: () => void each("stopped"),
    end: (outcome, info, before) => each("end", outcome, info, before),
  };
};
