/** @file What models are called in a report. */
import { basename } from "node:path";
import type { EndedRun } from "./load.js";

type Read = Pick<EndedRun, "recipe" | "lock">;

/** The name of a model among others, and its digest where the name does not tell. */
export interface ModelName {
  readonly model: string;
  readonly digest: string | undefined;
}

const DIGITS = 12;

/** The digest of a file that was read, cut short. */
export const shortDigest = (digest: string): string => digest.slice(0, DIGITS);

const namesOf = (path: string): readonly string[] => path.split(/[\\/]/).filter((name) => name !== "");

/**
 * Names models by the ends of their paths: as many names as tell different models apart, so that a folder that was moved keeps its name.
 * Where one path had several models, as after training it anew, the digests tell.
 */
export const modelNames = (runs: readonly Read[]): ((run: Read) => ModelName) => {
  const idOf = ({ recipe, lock }: Read): string => lock?.model.digest ?? recipe.model;
  const paths = new Map<string, readonly string[]>();
  for (const run of runs) if (!paths.has(idOf(run))) paths.set(idOf(run), namesOf(run.recipe.model));
  const longest = Math.max(1, ...[...paths.values()].map(({ length }) => length));
  for (let n = 1; n <= longest; n++) {
    const names = new Map([...paths].map(([id, path]) => [id, path.slice(-n).join("/")]));
    if (new Set(names.values()).size === names.size)
      return (run) => ({ model: names.get(idOf(run)) as string, digest: undefined });
  }
  return ({ recipe, lock }) => ({ model: basename(recipe.model), digest: lock && shortDigest(lock.model.digest) });
};
