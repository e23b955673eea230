/** @file Where the runs of a sweep stand, as their folders say. */
import * as t from "io-ts";
import { CheckpointError } from "../../core/errors.js";
import { decodeAs, optional } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { parseJson } from "../../edge/json.js";
import type { Holder } from "../../store/lease.js";
import { writersIn } from "../../store/node.js";
import { readFrom, type Store } from "../../store/store.js";
import { FAILED_FILE, FILES } from "../folder.js";
import { isInterrupted } from "../parts.js";
import type { Recipe } from "../recipe.js";
import type { Outcome } from "../results.js";
import { folderOfRun, type PlannedRun } from "./plan.js";

/** Why a run has failed. */
export interface Failure {
  /** The exit code of its process, or the signal that ended it. */
  readonly exit: number | string;
  readonly error: string;
}

const FailureCodec = t.type({ exit: t.union([t.number, t.string]), error: t.string, host: optional(t.string) });

/** Where a run stands. */
export type RunState =
  | { readonly kind: "done"; readonly outcome: Outcome }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "running"; readonly holder: Pick<Holder, "host" | "pid">; readonly steps: number }
  | { readonly kind: "waiting"; readonly steps: number };

const caller = { where: "sweep", error: CheckpointError };

const jsonIn = async (store: Store, path: string): Promise<unknown> => {
  const bytes = await readFrom(store, path);
  return bytes && orThrow(parseJson(new TextDecoder().decode(bytes), caller, store.name(path)));
};

/** The folder of a run in that of its sweep. */
export const storeOfRun = (sweep: Store, id: string): Store => sweep.below(folderOfRun(id));

/** What a run has come to, if it has ended. Its steps are a part of its id, so that one that has ended has done all. */
export const endOfRun = async (store: Store): Promise<Outcome | undefined> => {
  const outcome = (await jsonIn(store, FILES.summary)) as Outcome | undefined;
  return outcome === undefined || isInterrupted(outcome) ? undefined : outcome;
};

/** Why a run has failed; undefined where it has not. */
export const failureOf = async (store: Store): Promise<Failure | undefined> => {
  const raw = await jsonIn(store, FAILED_FILE);
  return raw === undefined ? undefined : orThrow(decodeAs(FailureCodec, caller, store.name(FAILED_FILE))(raw));
};

/** The steps of all parts of a recipe. */
export const stepsInAll = ({ steps, seeds, each, train }: Recipe): number => steps * seeds * (each ? train.length : 1);

/** The last step in a text of metrics; a line that is being written is left out. */
const lastStep = (text: string): number => {
  const steps = [...text.matchAll(/^\{"step":(\d+)/gm)];
  return Number(steps.at(-1)?.[1] ?? 0);
};

/** The steps of a run so far, by all its parts. */
const stepsOf = async (store: Store): Promise<number> => {
  let steps = 0;
  for (const path of await store.list()) {
    if (path !== FILES.metrics && !path.endsWith(`/${FILES.metrics}`)) continue;
    steps += lastStep(new TextDecoder().decode(await readFrom(store, path)));
  }
  return steps;
};

/** Where a run of a sweep stands; `holders` are at work on the runs of these ids. */
export const stateOf = async (
  sweep: Store,
  holders: ReadonlyMap<string, Holder>,
  { id }: PlannedRun,
): Promise<RunState> => {
  const store = storeOfRun(sweep, id);
  const outcome = await endOfRun(store);
  if (outcome !== undefined) return { kind: "done", outcome };
  // Where a server is the queue there are no leases, but a run's process marks its folder.
  const holder = holders.get(id) ?? writersIn(store.name()).at(0);
  if (holder !== undefined) return { kind: "running", holder, steps: await stepsOf(store) };
  const failure = await failureOf(store);
  if (failure !== undefined) return { kind: "failed", failure };
  return { kind: "waiting", steps: await stepsOf(store) };
};
